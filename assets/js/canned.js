// Canned replies in the editor: after "/" a list of those whose name fits; the one chosen takes the place of what was
// typed. The server fills in what they say of this ticket (GET ?q= answers {"items": [{label, hint, html}]}).
// The editor is a bundle of its own: whatever listens on the document (requests.js) must not come along a second time.
import { Extension } from "@tiptap/core";
import Suggestion from "@tiptap/suggestion";
import { say } from "./say.js";

/** @typedef {{label: string, hint: string, html: string}} Reply */

/** @param {string} url */
export const cannedReplies = (url) =>
  Extension.create({
    name: "cannedReplies",
    addProseMirrorPlugins() {
      return [
        Suggestion({
          editor: this.editor,
          char: "/",
          items: async ({ query }) => {
            const answer = await fetch(`${url}?${new URLSearchParams({ q: query })}`, { headers: { Accept: "application/json", "X-Requested-With": "fetch" } });
            return answer.ok ? (await answer.json()).items : [];
          },
          command: ({ editor, range, props }) => editor.chain().focus().insertContentAt(range, /** @type {Reply} */ (props).html).run(),
          render: list,
        }),
      ];
    },
  });

/** The list under the cursor. The text keeps the focus; the list says by aria-activedescendant which one is meant. */
function list() {
  const box = document.createElement("div");
  box.className = "v-combo-list";
  box.id = `v-canned-${Math.random().toString(36).slice(2)}`;
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", say("canned-replies"));
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
      ...props.items.map((/** @type {Reply} */ reply, /** @type {number} */ index) => {
        const option = document.createElement("div");
        option.id = `${box.id}-${index}`;
        option.setAttribute("role", "option");
        const words = document.createElement("span");
        words.textContent = reply.label;
        const hint = document.createElement("small");
        hint.textContent = reply.hint;
        words.append(hint);
        option.append(words);
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => last.command(reply));
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
