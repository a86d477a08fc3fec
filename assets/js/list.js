// The list: J and K walk, Enter opens, X ticks, Escape closes the ticket. A click opens the ticket beside the list when
// there is room for it, else it is an ordinary link.
//   [data-list]                    around the rows; data-pane="#id" names the pane beside it
//   [data-bulk-spam]               what the key ! does to the ticked rows, or to the one at hand
//   [data-row-check]               the box of a row; [data-bulk-count], [data-bulk-clear] of form#v-bulk that acts on them
//   [data-bulk-all], [data-bulk-every] what makes the bar speak of the whole list, and the field that says so
//   [data-row] > a[data-row-link]  a row and its link; data-number on the row goes into the address as ?open=
import { htmx, sayFailure } from "./requests.js";
import { whenPresent } from "./ready.js";
import { say } from "./say.js";
import { toast } from "./toast.js";

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-list] [data-row]")].filter((row) => /** @type {HTMLElement} */ (row).checkVisibility()));

/** @param {Element | null | undefined} row */
const link = (row) => /** @type {HTMLAnchorElement | null} */ (row?.querySelector("[data-row-link]") ?? null);

function current() {
  return document.activeElement?.closest("[data-row]") ?? document.querySelector("[data-row].is-open");
}

/** @param {number} step */
function walk(step) {
  const all = rows();
  const at = all.indexOf(/** @type {HTMLElement} */ (current()));
  const next = at < 0 ? all.at(step > 0 ? 0 : -1) : all[Math.min(Math.max(at + step, 0), all.length - 1)];
  link(next)?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** @param {Element} row */
function paneOf(row) {
  const name = /** @type {HTMLElement | null} */ (row.closest("[data-list]"))?.dataset.pane;
  const pane = name ? /** @type {HTMLElement | null} */ (document.querySelector(name)) : null;
  return pane?.checkVisibility() ? pane : null;
}

/** @param {Element | null} row */
function mark(row) {
  for (const open of document.querySelectorAll("[data-row].is-open")) {
    open.classList.remove("is-open");
    link(open)?.removeAttribute("aria-current");
  }
  row?.classList.add("is-open");
  row?.classList.remove("is-unread");
  link(row)?.setAttribute("aria-current", "true");
  const here = new URL(location.href);
  const number = /** @type {HTMLElement | null} */ (row)?.dataset.number;
  if (number) here.searchParams.set("open", number);
  else here.searchParams.delete("open");
  history.replaceState(history.state, "", here);
}

// A row that is read again while its ticket is open stays the open one. (Focus stays by the id of its link.)
whenPresent("[data-list] [data-row]", (row) => {
  if (row.dataset.number !== new URLSearchParams(location.search).get("open")) return;
  row.classList.add("is-open");
  link(row)?.setAttribute("aria-current", "true");
});

document.addEventListener(
  "click",
  (event) => {
    const anchor = /** @type {Element} */ (event.target).closest("[data-row-link]");
    const row = anchor?.closest("[data-row]");
    if (!row || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const pane = paneOf(row);
    if (!pane) return;
    event.preventDefault();
    mark(row);
    htmx
      .ajax("GET", /** @type {HTMLAnchorElement} */ (anchor).href, { target: pane, swap: "innerHTML", source: pane })
      .catch(() => sayFailure(0));
  },
  true,
);

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-pane-close]");
  if (!button) return;
  const row = document.querySelector("[data-row].is-open");
  const pane = button.closest("[data-pane-content]") ?? button.closest(".v-pane");
  const none = /** @type {HTMLTemplateElement | null} */ (document.getElementById("v-pane-none"));
  pane?.replaceChildren(...(none ? [none.content.cloneNode(true)] : []));
  mark(null);
  link(row)?.focus();
});

document.addEventListener("row:next", () => walk(1));
document.addEventListener("row:previous", () => walk(-1));
document.addEventListener("row:open", () => link(current())?.click());

// On a ticket's own page one goes on through the list one came from, and is told where it ends.
for (const [step, end] of [["next", "end"], ["previous", "start"]]) {
  document.addEventListener(`view:${step}`, () => {
    const link = /** @type {HTMLElement | null} */ (document.querySelector(`[data-view-${step}]`));
    if (link) link.click();
    else toast(/** @type {HTMLElement | null} */ (document.querySelector(`[data-view-${end}]`))?.dataset.says ?? "");
  });
}

// Ticking. What is ticked is known by number, so that a row which is read again stays ticked.
/** @type {Set<string>} */
const ticked = new Set();
let lastTicked = "";

/** @param {Element | null | undefined} row */
const box = (row) => /** @type {HTMLInputElement | null} */ (row?.querySelector("[data-row-check]") ?? null);
const boxes = () => /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[data-row-check]"));

// The whole list, beyond this page: until a row is ticked or unticked.
/** @param {HTMLElement} bar @param {boolean} yes */
function everyTicket(bar, yes) {
  const field = /** @type {HTMLInputElement | null} */ (bar.querySelector("[data-bulk-every]"));
  const button = /** @type {HTMLElement | null} */ (bar.querySelector("[data-bulk-all]"));
  const count = bar.querySelector("[data-bulk-count]");
  if (!field || !button) return;
  field.disabled = !yes;
  button.hidden = yes;
  if (yes && count) count.textContent = button.dataset.bulkAll ?? "";
}

function showTicked() {
  const bar = document.getElementById("v-bulk");
  if (!bar) return;
  bar.hidden = !ticked.size;
  const count = bar.querySelector("[data-bulk-count]");
  everyTicket(bar, false);
  if (count) count.textContent = say(ticked.size === 1 ? "ticked-one" : "ticked", { count: String(ticked.size) });
}

/** @param {HTMLInputElement} one @param {boolean} yes */
function tick(one, yes) {
  one.checked = yes;
  ticked[yes ? "add" : "delete"](one.value);
  lastTicked = one.value;
}

function tickNothing() {
  for (const one of boxes()) one.checked = false;
  ticked.clear();
  lastTicked = "";
  showTicked();
}

document.addEventListener("change", (event) => {
  const one = /** @type {HTMLInputElement} */ (event.target);
  if (!one.matches?.("[data-row-check]")) return;
  tick(one, one.checked);
  showTicked();
});
document.addEventListener("row:check", () => {
  const one = box(current());
  if (one) tick(one, !one.checked);
  showTicked();
});
document.addEventListener("row:check-range", () => {
  const all = rows();
  const here = all.indexOf(/** @type {HTMLElement} */ (current()));
  const from = all.findIndex((row) => row.dataset.number === lastTicked);
  if (here < 0) return;
  const [first, last] = from < 0 ? [here, here] : [Math.min(from, here), Math.max(from, here)];
  for (const row of all.slice(first, last + 1)) {
    const one = box(row);
    if (one) tick(one, true);
  }
  showTicked();
});
// Put the row at hand off: its own dialog asks until when.
document.addEventListener("row:snooze", () => {
  const ticket = link(current());
  if (!ticket) return;
  const url = new URL("snooze/", ticket.href.split("?")[0]);
  htmx.ajax("GET", url.pathname, { target: "#v-dialogs", swap: "innerHTML" }).catch(() => sayFailure(0));
});

// The ticked rows, or the one at hand, become spam (in the view of spam: no spam any more).
document.addEventListener("row:spam", () => {
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-bulk-spam]"));
  const number = /** @type {HTMLElement | null} */ (current())?.dataset.number;
  if (!button) return;
  if (ticked.size) button.click();
  else if (number) htmx.ajax("POST", button.getAttribute("hx-post") ?? "", { source: button, values: { number }, swap: "none" }).catch(() => sayFailure(0));
});
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-bulk-clear], [data-bulk-all]");
  const bar = document.getElementById("v-bulk");
  if (button?.matches("[data-bulk-all]") && bar) everyTicket(bar, true);
  else if (button) tickNothing();
});
// The list is about to read itself again: what was done to the ticked ones is done.
document.addEventListener("list:again", tickNothing);
document.addEventListener("bulk:began", tickNothing);
whenPresent("[data-row-check]", (element) => {
  const one = /** @type {HTMLInputElement} */ (element);
  one.checked = ticked.has(one.value);
});
