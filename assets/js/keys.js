// Keyboard shortcuts, declared where their action stands:
//   data-key="r"              one key (not while typing), "shift+x", "g b" (one after the other), "ctrl+k" (⌘ on a Mac)
//   data-key-label="Reply"    its words in the list that "?" shows; else aria-label, else the text
//   data-key-quiet            a second key for the same thing, left out of that list
//   data-key-event="next"     dispatches this event (bubbling) instead of a click; such elements may be hidden
// body[data-keys="off"] switches off every shortcut without Ctrl (WCAG 2.1.4).

const SEQUENCE_MS = 900;
const MAC = /mac|iphone|ipad/i.test(navigator.platform);

let pending = "";
let pendingSince = 0;

/**
 * @typedef {{keys: string, label: string, element: HTMLElement}} Shortcut
 */

/** @param {KeyboardEvent} event */
function name(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  // On every layout shift + the key of the point and of the comma, whatever they print with it.
  const physical = { Period: ".", Comma: "," }[event.code];
  const key = physical ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key.toLowerCase());
  const shifts = physical || /^[a-z]$/.test(key) || key.length > 1;
  if (event.shiftKey && shifts) parts.push("shift");
  return [...parts, key].join("+");
}

/** @param {EventTarget | null} target */
function typing(target) {
  if (target instanceof HTMLElement && !target.checkVisibility()) return false;
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [role=combobox], [role=listbox]"));
}

function singleKeysOff() {
  return document.body.dataset.keys === "off";
}

/** @returns {Shortcut[]} every shortcut that would do something now, in page order, without repetition */
export function available() {
  const modal = document.querySelector("dialog:modal");
  /** @type {Map<string, Shortcut>} */
  const shortcuts = new Map();
  for (const element of /** @type {NodeListOf<HTMLElement>} */ ((modal ?? document).querySelectorAll("[data-key]"))) {
    const keys = (element.dataset.key ?? "").toLowerCase();
    // Of several the first counts, but of what toasts offer the newest, which stands last.
    const taken = shortcuts.get(keys);
    if (!keys || (taken && !(taken.element.closest("[data-toast]") && element.closest("[data-toast]"))) || element.matches(":disabled, [aria-disabled=true]")) continue;
    if (!element.dataset.keyEvent && !element.checkVisibility() && !element.closest("details.v-menu")) continue;
    if (singleKeysOff() && !keys.startsWith("ctrl+")) continue;
    const label = element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent?.replace(/\s+/g, " ").trim() || "";
    shortcuts.set(keys, { keys, label, element });
  }
  return [...shortcuts.values()];
}

/**
 * Do what an element's shortcut does.
 * @param {HTMLElement} element
 */
export function perform(element) {
  if (element.dataset.keyEvent) element.dispatchEvent(new CustomEvent(element.dataset.keyEvent, { bubbles: true }));
  else if (element.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select")) element.focus();
  else if (element.matches("summary")) {
    element.click();
    element.focus();
  } else element.click();
}

/**
 * The caps of a shortcut, as people know them.
 * @param {string} keys
 * @returns {string[][]} one list of caps for each key pressed in turn
 */
export function caps(keys) {
  const words = { ctrl: MAC ? "⌘" : "Ctrl", shift: MAC ? "⇧" : "Shift", alt: MAC ? "⌥" : "Alt", enter: "⏎", escape: "Esc" };
  return keys.split(" ").map((press) =>
    (press.endsWith("++") ? [...press.slice(0, -2).split("+"), "+"] : press.split("+")).map((part) => words[/** @type {keyof typeof words} */ (part)] ?? part.toUpperCase()),
  );
}

/**
 * @param {string} keys
 * @param {EventTarget | null} from
 */
function find(keys, from) {
  const matches = available().filter((shortcut) => shortcut.keys === keys);
  if (matches.length === 0) return null;
  // Ctrl+Enter belongs to the form one is writing in.
  const form = from instanceof Element ? from.closest("form") : null;
  const own = form && [...form.querySelectorAll("[data-key]")].find((element) => /** @type {HTMLElement} */ (element).dataset.key?.toLowerCase() === keys);
  return own ? /** @type {HTMLElement} */ (own) : matches[0].element;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = name(event);
  const modified = pressed.startsWith("ctrl+");
  if (pressed.startsWith("alt+") || (!modified && (typing(event.target) || singleKeysOff()))) return;
  // Enter and space on a button or link do what they always do.
  if (["enter", " "].includes(pressed) && event.target instanceof Element && event.target.closest("a, button, summary")) return;
  const now = Date.now();
  const sequence = pending && now - pendingSince < SEQUENCE_MS ? `${pending} ${pressed}` : "";
  pending = "";
  const element = (sequence && find(sequence, event.target)) || find(pressed, event.target);
  if (element) {
    event.preventDefault();
    perform(element);
  } else if (!modified && available().some((shortcut) => shortcut.keys.startsWith(`${pressed} `))) {
    pending = pressed;
    pendingSince = now;
  }
});

// ---- "?" lists exactly what this page has
document.addEventListener("shortcuts", () => {
  const dialog = document.getElementById("v-shortcuts");
  const list = dialog?.querySelector("[data-shortcuts]");
  if (!(dialog instanceof HTMLDialogElement) || !list || dialog.open) return;
  list.replaceChildren(
    ...available()
      .filter(({ element }) => !element.hasAttribute("data-key-quiet"))
      .map(({ keys, label }) => {
      const item = document.createElement("li");
      const words = document.createElement("span");
      words.textContent = label;
      const presses = document.createElement("b");
      for (const press of caps(keys)) {
        for (const cap of press) {
          const key = document.createElement("kbd");
          key.textContent = cap;
          presses.append(key, " ");
        }
      }
      item.append(words, presses);
      return item;
    }),
  );
  dialog.showModal();
});

// A button with data-clicks does by click what its key does.
document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-clicks][data-key-event]"));
  if (button) perform(button);
});
