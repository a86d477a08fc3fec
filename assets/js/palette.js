// Ctrl+K: go, act, search. First the actions of this page (its shortcuts), then what the server finds.
//   <dialog id="v-palette" data-url="…"> with an input[role=combobox] and a [role=listbox]
//   the server answers ?q= with [role=option][data-href] elements (ui/components/palette_results.html)
import { available, caps, perform } from "./keys.js";
import { request } from "./requests.js";
import { say } from "./say.js";

const WAIT_MS = 120;
const ACTIONS_SHOWN = 6;

/** @type {HTMLDialogElement | null} */
let dialog = null;
/** @type {import("./keys.js").Shortcut[]} */
let actions = [];
/** @type {AbortController | null} */
let asking = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const input = () => /** @type {HTMLInputElement} */ (dialog?.querySelector("input"));
const list = () => /** @type {HTMLElement} */ (dialog?.querySelector("[role=listbox]"));
const options = () => /** @type {HTMLElement[]} */ ([...list().querySelectorAll("[role=option]")]);

/** @param {string} text */
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** @param {HTMLElement | undefined} option */
function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) {
    option.id ||= `v-palette-option-${options().indexOf(option)}`;
    input().setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input().removeAttribute("aria-activedescendant");
}

function drawActions() {
  const words = fold(input().value.trim()).split(/\s+/).filter(Boolean);
  const found = actions.filter(({ label }) => label && words.every((word) => fold(label).includes(word)));
  const shown = found.slice(0, words.length ? ACTIONS_SHOWN : ACTIONS_SHOWN + 2);
  const place = document.createElement("div");
  place.setAttribute("role", "group");
  place.setAttribute("data-palette-actions", "");
  place.setAttribute("aria-label", say("actions"));
  if (shown.length) {
    const head = document.createElement("div");
    head.setAttribute("role", "presentation");
    head.textContent = say("actions");
    place.append(head);
  }
  shown.forEach(({ label, keys, element }, index) => {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.id = `v-palette-action-${index}`;
    option.append(label);
    const hint = document.createElement("span");
    hint.className = "v-hint";
    for (const cap of caps(keys).flat()) {
      const key = document.createElement("kbd");
      key.textContent = cap;
      hint.append(key, " ");
    }
    option.append(hint);
    option.addEventListener("click", () => {
      dialog?.close();
      perform(element);
    });
    place.append(option);
  });
  list().querySelector("[data-palette-actions]")?.remove();
  list().prepend(place);
}

async function search() {
  const url = dialog?.dataset.url;
  if (!url || !dialog) return;
  asking?.abort();
  asking = new AbortController();
  const address = new URL(url, location.href);
  address.searchParams.set("q", input().value.trim());
  try {
    const answer = await request(address.href, { signal: asking.signal });
    if (!answer.ok) return;
    const html = await answer.text();
    const page = new DOMParser().parseFromString(html, "text/html");
    list().querySelector("[data-palette-found]")?.remove();
    const found = document.createElement("div");
    found.setAttribute("data-palette-found", "");
    found.append(...page.body.childNodes);
    list().append(found);
    finish();
  } catch (problem) {
    if (!(problem instanceof DOMException && problem.name === "AbortError")) throw problem;
  }
}

function finish() {
  const none = dialog?.querySelector("[data-palette-none]");
  if (none) /** @type {HTMLElement} */ (none).hidden = options().length > 0;
  if (!options().some((option) => option.getAttribute("aria-selected") === "true")) choose(options()[0]);
}

document.addEventListener("palette", () => {
  const element = document.getElementById("v-palette");
  if (!(element instanceof HTMLDialogElement) || element.open) return;
  dialog = element;
  actions = available().filter(({ element: own }) => !own.matches("[data-key-quiet], [data-key-event^='row:'], [data-key-event=palette]"));
  input().value = "";
  list().replaceChildren();
  dialog.showModal();
  drawActions();
  finish();
  search();
});

document.addEventListener("input", (event) => {
  if (!dialog?.contains(/** @type {Node} */ (event.target))) return;
  drawActions();
  choose(options()[0]);
  clearTimeout(timer);
  timer = setTimeout(search, WAIT_MS);
});

document.addEventListener("keydown", (event) => {
  if (!dialog?.open) return;
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all.at((at - 1) % all.length));
  else if (event.key === "Enter") all[at]?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const option = /** @type {Element} */ (event.target).closest("#v-palette [role=option][data-href]");
  if (!option) return;
  const href = option.getAttribute("data-href") ?? "";
  if (event.ctrlKey || event.metaKey) window.open(href, "_blank", "noopener");
  else location.assign(href);
});
