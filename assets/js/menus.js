// <details class="v-menu">: closes on Escape, on a click elsewhere and when focus leaves; arrows walk through it.

const OPEN = "details.v-menu[open]";

/** @param {Element} menu */
const items = (menu) =>
  /** @type {HTMLElement[]} */ ([...menu.querySelectorAll(".v-menu-list :is(a, button, input, select)")].filter((item) => item.checkVisibility()));

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  for (const menu of document.querySelectorAll(OPEN)) {
    const inside = menu.contains(target);
    const chosen = inside && target.closest(".v-menu-list :is(a, button):not([data-stay])");
    if (!inside || chosen) menu.removeAttribute("open");
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  }
});

document.addEventListener(
  "keydown",
  (event) => {
    const menu = /** @type {Element} */ (event.target).closest?.("details.v-menu") ?? document.querySelector(OPEN);
    if (!menu) return;
    const open = menu.hasAttribute("open");
    if (event.key === "Escape" && open) {
      menu.removeAttribute("open");
      menu.querySelector("summary")?.focus();
      event.stopPropagation();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && menu.contains(document.activeElement)) {
      if (/** @type {Element} */ (event.target).matches("input, select, textarea")) return;
      menu.setAttribute("open", "");
      const all = items(menu);
      const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      const step = event.key === "ArrowDown" ? 1 : -1;
      all.at((at + step + all.length) % all.length)?.focus();
      event.preventDefault();
    }
  },
  true,
);
