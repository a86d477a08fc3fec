// Rows put into order by dragging, and lists of rows that grow.
//   data-order            around the rows; with the value "send" a new order sends the form around it
//   data-order-row        a row; data-order-grip: the place where it is taken hold of
//   data-grows            typing into the last row adds an empty one
import { whenPresent } from "./ready.js";

whenPresent("[data-order]", (element) => draggable(/** @type {HTMLElement} */ (element)));
whenPresent("[data-grows]", (element) => growing(/** @type {HTMLElement} */ (element)));

/** @param {HTMLElement} list */
function draggable(list) {
  /** @type {HTMLElement | null} */
  let held = null;
  let moved = false;
  const rows = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll(":scope > [data-order-row]")]);

  list.addEventListener("pointerdown", (event) => {
    const grip = /** @type {Element} */ (event.target).closest("[data-order-grip]");
    const row = /** @type {HTMLElement | null} */ (grip?.closest("[data-order-row]") ?? null);
    if (!grip || !row || event.button !== 0) return;
    event.preventDefault();
    held = row;
    moved = false;
    row.classList.add("is-held");
    list.setPointerCapture(event.pointerId);
  });

  list.addEventListener("pointermove", (event) => {
    if (!held) return;
    for (const row of rows()) {
      if (row === held) continue;
      const edge = row.getBoundingClientRect();
      if (event.clientY < edge.top || event.clientY > edge.bottom) continue;
      const after = event.clientY > edge.top + edge.height / 2;
      const next = after ? row.nextElementSibling : row;
      if (next !== held && held.nextElementSibling !== next) {
        list.insertBefore(held, next);
        moved = true;
      }
      break;
    }
  });

  const release = (/** @type {boolean} */ keep) => {
    if (!held) return;
    held.classList.remove("is-held");
    held = null;
    if (keep && moved && list.dataset.order === "send") list.closest("form")?.requestSubmit();
  };
  list.addEventListener("pointerup", () => release(true));
  list.addEventListener("pointercancel", () => release(false));
}

/** @param {HTMLElement} list */
function growing(list) {
  list.addEventListener("input", (event) => {
    const last = list.lastElementChild;
    if (!last?.contains(/** @type {Node} */ (event.target))) return;
    const fresh = /** @type {HTMLElement} */ (last.cloneNode(true));
    const number = list.children.length + 1;
    for (const input of fresh.querySelectorAll("input")) {
      input.value = input.name === "key" || input.name.endsWith("_id") ? String(number) : "";
      input.checked = false;
      const label = input.getAttribute("aria-label");
      if (label) input.setAttribute("aria-label", label.replace(/\d+/, String(number)));
    }
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (fresh.querySelectorAll("[name=up], [name=down]"))) {
      button.value = String(number);
      button.removeAttribute("autofocus");
      button.setAttribute("aria-label", button.getAttribute("aria-label")?.replace(/\d+/, String(number)) ?? "");
    }
    last.querySelector("[name=down]")?.removeAttribute("aria-disabled");
    fresh.querySelector("[name=up]")?.removeAttribute("aria-disabled");
    list.append(fresh);
  });
}
