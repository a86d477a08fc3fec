// One way to meet elements: those on the page now and those htmx brings later.

/**
 * Call `meet` once for every element that matches, now and after every swap.
 * @param {string} selector
 * @param {(element: HTMLElement) => void} meet
 */
export function whenPresent(selector, meet) {
  /** @type {WeakSet<Element>} */
  const met = new WeakSet();
  const look = (/** @type {ParentNode & Node} */ root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.unshift(root);
    for (const element of found) {
      if (met.has(element)) continue;
      met.add(element);
      meet(/** @type {HTMLElement} */ (element));
    }
  };
  const start = () => {
    look(document.body);
    document.body.addEventListener("htmx:load", (event) => look(/** @type {Element} */ (event.target)));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
}

/**
 * Call once the page's own elements exist.
 * @param {() => void} start
 */
export function whenReady(start) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
}
