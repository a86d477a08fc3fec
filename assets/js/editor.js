// The rich editor over textarea[data-editor]. The textarea stays the field that is sent: HTML is written into it and the
// hidden field "format" of its form says so. Buttons with data-editor-command in the same form are its tools.
import { Editor } from "@tiptap/core";
import { Placeholder } from "@tiptap/extensions";
import StarterKit from "@tiptap/starter-kit";
import { cannedReplies, mentions } from "./offered.js";
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

/** @type {Record<string, (editor: Editor) => unknown>} */
const COMMANDS = {
  bold: (editor) => editor.chain().focus().toggleBold().run(),
  italic: (editor) => editor.chain().focus().toggleItalic().run(),
  bulletList: (editor) => editor.chain().focus().toggleBulletList().run(),
  orderedList: (editor) => editor.chain().focus().toggleOrderedList().run(),
  blockquote: (editor) => editor.chain().focus().toggleBlockquote().run(),
  codeBlock: (editor) => editor.chain().focus().toggleCodeBlock().run(),
  link: (editor) => (editor.isActive("link") ? editor.chain().focus().unsetLink().run() : askLink(editor)),
};

/** @param {string} text */
function paragraphs(text) {
  const place = document.createElement("div");
  for (const block of text.split(/\n{2,}/)) {
    const paragraph = document.createElement("p");
    block.split("\n").forEach((line, index) => {
      if (index) paragraph.append(document.createElement("br"));
      paragraph.append(line);
    });
    place.append(paragraph);
  }
  return place.innerHTML;
}

/** @param {Editor} editor */
function askLink(editor) {
  const dialog = document.createElement("dialog");
  dialog.className = "v-dialog";
  dialog.setAttribute("aria-label", say("link"));
  dialog.innerHTML =
    '<form method="dialog"><div class="v-dialog-body v-field"><label for="v-link"></label><input id="v-link" type="url" required placeholder="https://"></div>' +
    '<div class="v-dialog-foot"><button class="v-btn" type="button" data-dialog-close></button><button class="v-btn v-btn--main" value="yes"></button></div></form>';
  const input = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
  const [cancel, confirm] = dialog.querySelectorAll("button");
  /** @type {HTMLElement} */ (dialog.querySelector("label")).textContent = say("link-address");
  cancel.textContent = say("cancel");
  confirm.textContent = say("link");
  dialog.addEventListener("close", () => {
    const href = input.value.trim();
    dialog.remove();
    if (dialog.returnValue !== "yes" || !/^(https?|mailto|tel):/i.test(href)) return editor.commands.focus();
    if (editor.state.selection.empty) editor.chain().focus().insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
    else editor.chain().focus().setLink({ href }).run();
  });
  document.body.append(dialog);
  dialog.showModal();
}

whenPresent("textarea[data-editor]", (element) => {
  const textarea = /** @type {HTMLTextAreaElement} */ (element);
  const form = textarea.form;
  const format = /** @type {HTMLInputElement | null} */ (form?.elements.namedItem("format"));
  // Asked before the textarea moves: what moves loses the focus.
  const hadFocus = document.activeElement === textarea;
  const place = document.createElement("div");
  place.className = "v-editing";
  textarea.before(place);
  place.append(textarea);
  const tools = /** @type {HTMLElement[]} */ ([...(form?.querySelectorAll("[data-editor-command]") ?? [])]);
  /** @type {Record<string, string>} */
  const attributes = { class: "v-draft v-prose", role: "textbox", "aria-multiline": "true" };
  for (const name of ["aria-label", "aria-labelledby", "aria-describedby"]) {
    const value = textarea.getAttribute(name);
    if (value) attributes[name] = value;
  }
  if (textarea.labels?.[0]) attributes["aria-label"] ??= textarea.labels[0].textContent?.trim() ?? "";

  const editor = new Editor({
    element: place,
    injectCSS: false,
    content: format?.value === "html" || textarea.dataset.editor === "html" ? textarea.value : textarea.value && paragraphs(textarea.value),
    extensions: [
      StarterKit.configure({ heading: false, underline: false, link: { openOnClick: false, autolink: true, protocols: ["mailto", "tel"] } }),
      Placeholder.configure({ placeholder: textarea.placeholder }),
      ...(textarea.dataset.cannedUrl ? [cannedReplies(textarea.dataset.cannedUrl)] : []),
      ...(textarea.dataset.mentionsUrl ? [mentions(textarea.dataset.mentionsUrl, textarea.hasAttribute("data-mentions-marked"))] : []),
    ],
    editorProps: {
      attributes,
      // Ctrl+Enter sends the form and Escape leaves the text: the editor, which would keep both, does not get to see them.
      // With the list of canned replies open, Escape closes that.
      handleDOMEvents: {
        keydown: (view, event) =>
          (event.key === "Enter" && (event.ctrlKey || event.metaKey)) || (event.key === "Escape" && !view.dom.hasAttribute("aria-activedescendant")),
      },
    },
    onUpdate: () => {
      textarea.value = editor.isEmpty ? "" : editor.getHTML();
      textarea.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onTransaction: () => {
      for (const tool of tools) tool.setAttribute("aria-pressed", String(editor.isActive(tool.dataset.editorCommand ?? "")));
    },
  });
  if (format) format.value = "html";
  if (!editor.isEmpty) textarea.value = editor.getHTML();
  if (hadFocus) editor.commands.focus("end");
  for (const tool of tools) {
    tool.hidden = false;
    tool.addEventListener("mousedown", (event) => event.preventDefault());
    tool.addEventListener("click", () => COMMANDS[tool.dataset.editorCommand ?? ""]?.(editor));
  }
  form?.querySelector("[data-editor-tools]")?.removeAttribute("hidden");

  // Text chosen elsewhere (a canned reply, a quotation) goes to where the cursor is.
  textarea.addEventListener("editor:insert", (event) => editor.chain().focus().insertContent(/** @type {CustomEvent} */ (event).detail.html).run());

  const watcher = new MutationObserver(() => {
    if (textarea.isConnected) return;
    watcher.disconnect();
    editor.destroy();
  });
  watcher.observe(document.body, { childList: true, subtree: true });
});
