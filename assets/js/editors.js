// The rich editor is fetched only when a page has something to edit; until then, and without it, a textarea is there.
import { whenPresent } from "./ready.js";

let asked = false;

whenPresent("textarea[data-editor]", () => {
  const source = document.body.dataset.editorSrc;
  if (asked || !source) return;
  asked = true;
  const script = document.createElement("script");
  script.src = source;
  document.head.append(script);
});
