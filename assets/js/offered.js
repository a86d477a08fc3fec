// What the editor offers under the cursor while one types: after "/" the canned replies whose name fits, after "@" the
// colleagues and teams who may be mentioned. The one chosen takes the place of what was typed. The server says what there
// is (GET ?q= answers {"items": [{label, hint, …}]}).
// The editor is a bundle of its own: whatever listens on the document (requests.js) must not come along a second time.
import { Extension, Node } from "@tiptap/core";
import { PluginKey } from "@tiptap/pm/state";
import Suggestion from "@tiptap/suggestion";
import { say } from "./say.js";

/** @typedef {{label: string, hint: string, html?: string, value?: string}} Item */

/** @param {string} url */
const asked = (url) => async (/** @type {{query: string}} */ { query }) => {
  const answer = await fetch(`${url}?${new URLSearchParams({ q: query })}`, { headers: { Accept: "application/json", "X-Requested-With": "fetch" } });
  return answer.ok ? (await answer.json()).items : [];
};

/** @param {string} url */
export const cannedReplies = (url) =>
  Extension.create({
    name: "cannedReplies",
    addProseMirrorPlugins() {
      return [
        Suggestion({
          editor: this.editor,
          pluginKey: new PluginKey("cannedReplies"),
          char: "/",
          items: asked(url),
          command: ({ editor, range, props }) => editor.chain().focus().insertContentAt(range, /** @type {Item} */ (props).html ?? "").run(),
          render: () => list("canned-replies"),
        }),
      ];
    },
  });

/**
 * A mention is one piece of text with whom it means. In a note it stands out; the requester reads a mere name.
 * @param {string} url
 * @param {boolean} marked
 */
export const mentions = (url, marked) =>
  Node.create({
    name: "mention",
    group: "inline",
    inline: true,
    atom: true,
    addAttributes: () => ({ whom: { default: "" }, label: { default: "" } }),
    parseHTML: () => [
      {
        tag: "[data-mention]",
        priority: 60,
        getAttrs: (/** @type {HTMLElement} */ element) => ({ whom: element.dataset.mention ?? "", label: (element.textContent ?? "").replace(/^@/, "") }),
      },
    ],
    renderHTML: ({ node }) => [marked ? "strong" : "span", { "data-mention": node.attrs.whom }, `@${node.attrs.label}`],
    renderText: ({ node }) => `@${node.attrs.label}`,
    addProseMirrorPlugins() {
      return [
        Suggestion({
          editor: this.editor,
          pluginKey: new PluginKey("mentions"),
          char: "@",
          items: asked(url),
          command: ({ editor, range, props }) =>
            editor
              .chain()
              .focus()
              .insertContentAt(range, [
                { type: "mention", attrs: { whom: /** @type {Item} */ (props).value, label: /** @type {Item} */ (props).label } },
                { type: "text", text: " " },
              ])
              .run(),
          render: () => list("mentions"),
        }),
      ];
    },
  });

/**
 * The list under the cursor. The text keeps the focus; the list says by aria-activedescendant which one is meant.
 * @param {string} name the sentence that names the list
 */
function list(name) {
  const box = document.createElement("div");
  box.className = "v-combo-list";
  box.id = `v-offered-${Math.random().toString(36).slice(2)}`;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", say(name));
  box.setAttribute("popover", "manual");
  let active = 0;
  /** @type {any} */
  let last;

  const text = () => last.editor.view.dom;
  function point(/** @type {number} */ index) {
    active = index;
    [...box.querySelectorAll("[role=option]")].forEach((option, at) => {
      option.classList.toggle("is-active", at === index);
      option.setAttribute("aria-selected", String(at === index));
      if (at !== index) return;
      text().setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  }
  function place() {
    const edge = last.clientRect?.();
    if (!edge) return;
    box.style.left = `${Math.max(8, Math.min(edge.left, innerWidth - box.offsetWidth - 8))}px`;
    const room = innerHeight - edge.bottom;
    box.style.top = room < box.offsetHeight + 12 && edge.top > room ? `${edge.top - box.offsetHeight - 4}px` : `${edge.bottom + 4}px`;
  }
  function draw(/** @type {any} */ props) {
    last = props;
    box.replaceChildren(
      ...props.items.map((/** @type {Item} */ item, /** @type {number} */ index) => {
        const option = document.createElement("div");
        option.id = `${box.id}-${index}`;
        option.setAttribute("role", "option");
        const words = document.createElement("span");
        words.textContent = item.label;
        const hint = document.createElement("small");
        hint.textContent = item.hint;
        words.append(hint);
        option.append(words);
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => last.command(item));
        return option;
      }),
    );
    if (!props.items.length) return close();
    if (!box.isConnected) document.body.append(box);
    if (!box.matches(":popover-open")) box.showPopover();
    text().setAttribute("aria-controls", box.id);
    point(0);
    place();
  }
  function close() {
    if (box.isConnected && box.matches(":popover-open")) box.hidePopover();
    text().removeAttribute("aria-activedescendant");
    text().removeAttribute("aria-controls");
  }
  return {
    onStart: draw,
    onUpdate: draw,
    onExit: () => {
      if (last) close();
      box.remove();
    },
    onKeyDown: (/** @type {{event: KeyboardEvent}} */ { event }) => {
      const count = last?.items.length ?? 0;
      if (!count || !box.matches(":popover-open")) return false;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        point((active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
        return true;
      }
      if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
        last.command(last.items[active]);
        return true;
      }
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
        return true;
      }
      return false;
    },
  };
}
