// hx-swap="merge": of a list that is read again only what is new or has changed is drawn. Entries are known by their id,
// and are the same as long as their data-version is. What stays keeps its frames, open folds, selection and place on the
// screen. A frame reloads when it is moved, so nothing that stays is taken out.
import { htmx } from "./requests.js";

/** @param {Element} entry */
const version = (entry) => entry.getAttribute("data-version") ?? "";

/** @param {Element} entry */
const folds = (entry) => /** @type {HTMLDetailsElement[]} */ ([entry, ...entry.querySelectorAll("details")].filter((found) => found.matches("details:not(.v-menu)")));

/**
 * @param {Element} list
 * @param {Element} fresh the same list as it is now
 */
function merge(list, fresh) {
  const known = new Map([...list.children].map((entry) => [entry.id, entry]));
  const wanted = [...fresh.children].map((entry) => {
    const before = entry.id ? known.get(entry.id) : undefined;
    if (before && version(before) === version(entry)) return before;
    if (before) folds(before).forEach((fold, place) => folds(entry)[place]?.toggleAttribute("open", fold.open));
    if (!entry.matches(".is-due")) entry.classList.add("is-changed");
    return entry;
  });
  const stays = new Set(wanted);
  for (const entry of [...list.children]) if (!stays.has(entry)) entry.remove();
  let place = list.firstElementChild;
  for (const entry of wanted) {
    if (entry === place) place = place.nextElementSibling;
    else list.insertBefore(entry, place);
  }
  for (const { name, value } of fresh.attributes) if (name !== "class") list.setAttribute(name, value);
}

/**
 * Do something to a list and leave what one reads where it is, unless one is at the end, where new things appear.
 * @param {Element} list
 * @param {() => void} change
 */
function holding(list, change) {
  const scroller = list.parentElement;
  const edge = scroller?.getBoundingClientRect().top ?? 0;
  const read = [...list.children].map((entry) => ({ entry, top: entry.getBoundingClientRect().top, bottom: entry.getBoundingClientRect().bottom })).filter(({ bottom }) => bottom > edge);
  const scrolled = scroller && Math.abs(scroller.scrollTop) > 1;
  change();
  const stayed = read.find(({ entry }) => entry.isConnected);
  if (scrolled && stayed) scroller.scrollTop += stayed.entry.getBoundingClientRect().top - stayed.top;
}

htmx.defineExtension("merge", {
  isInlineSwap: (/** @type {string} */ style) => style === "merge",
  handleSwap: (/** @type {string} */ style, /** @type {Element} */ target, /** @type {DocumentFragment} */ fragment) => {
    if (style !== "merge") return false;
    const fresh = fragment.querySelector(`#${CSS.escape(target.id)}`);
    if (!fresh) return false;
    holding(target, () => merge(target, fresh));
    return [target];
  },
});
