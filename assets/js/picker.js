// The type-ahead picker: a <select> stays the value and the fallback; over it lies an ARIA combobox.
//   <select data-picker>                    filters its own options
//   data-options-url="…"                    asks the server: GET ?q= answers {"items": [{"value", "label", "hint"?}]}
//   data-create="email" | "any"             what is typed may become a new value
//   multiple                                the chosen ones stand as chips before the field
//   data-picker-bare                        without an edge of its own (To and CC of the composer)
import { request } from "./requests.js";
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

const WAIT_MS = 150;
const SHOWN = 50;

/** @typedef {{value: string, label: string, hint?: string, fresh?: boolean}} Choice */

/** @param {string} text */
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

whenPresent("select[data-picker]", (element) => enhance(/** @type {HTMLSelectElement} */ (element)));

/** @param {HTMLSelectElement} select */
function enhance(select) {
  const id = select.id || `v-picker-${Math.random().toString(36).slice(2)}`;
  const url = select.dataset.optionsUrl;
  const create = select.dataset.create;
  const box = document.createElement("div");
  box.className = select.hasAttribute("data-picker-bare") ? "v-combo v-combo--bare" : "v-combo";
  const input = document.createElement("input");
  const list = document.createElement("div");
  list.className = "v-combo-list";
  list.id = `${id}-list`;
  list.setAttribute("role", "listbox");
  list.setAttribute("popover", "manual");
  if (select.multiple) list.setAttribute("aria-multiselectable", "true");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.disabled = select.disabled;
  input.placeholder = select.dataset.placeholder ?? "";
  const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  for (const name of ["aria-label", "aria-labelledby", "aria-describedby", "aria-invalid", "title"]) {
    const value = select.getAttribute(name);
    if (value) input.setAttribute(name, value);
  }
  if (select.required) input.setAttribute("aria-required", "true");
  if (select.dataset.key) {
    input.dataset.key = select.dataset.key;
    input.dataset.keyLabel = select.dataset.keyLabel ?? "";
    delete select.dataset.key;
  }
  const name = select.getAttribute("aria-label") ?? document.querySelector(`label[for="${CSS.escape(id)}"]`)?.textContent?.trim();
  if (name) list.setAttribute("aria-label", name);
  select.id = `${id}-value`;
  input.id = id;
  // The browser cannot show its own message on a hidden field; the server says it.
  select.required = false;
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.before(box);
  box.append(select, input);
  if (!select.multiple) box.insertAdjacentHTML("beforeend", '<svg class="v-icon v-icon--sm" viewBox="0 0 16 16" aria-hidden="true"><path d="M4.25 6.25L8 10l3.75-3.75"/></svg>');
  box.append(list);

  /** @type {Choice[]} */
  let choices = [];
  let active = -1;
  let open = false;
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const own = () => [...select.options].filter((option) => !option.disabled && option.value !== "").map((option) => ({ value: option.value, label: option.label.trim(), hint: option.dataset.hint }));
  const chosenLabel = () => (select.multiple || !select.value ? "" : (select.selectedOptions[0]?.label.trim() ?? ""));
  const rest = () => {
    if (!select.multiple) input.value = chosenLabel();
  };

  const place = () => {
    const edge = box.getBoundingClientRect();
    list.style.minWidth = `${edge.width}px`;
    const height = list.offsetHeight;
    const below = innerHeight - edge.bottom;
    list.style.left = `${Math.max(8, Math.min(edge.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = below < height + 12 && edge.top > below ? `${edge.top - height - 4}px` : `${edge.bottom + 4}px`;
  };

  const show = (/** @type {boolean} */ yes) => {
    if (open !== yes) {
      open = yes;
      if (yes) list.showPopover();
      else list.hidePopover();
      input.setAttribute("aria-expanded", String(yes));
    }
    if (yes) place();
    else {
      active = -1;
      input.removeAttribute("aria-activedescendant");
    }
  };

  const point = (/** @type {number} */ index) => {
    active = index;
    [...list.querySelectorAll("[role=option]")].forEach((option, at) => {
      option.classList.toggle("is-active", at === index);
      if (at === index) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
    if (index < 0) input.removeAttribute("aria-activedescendant");
  };

  const draw = () => {
    const text = input.value.trim();
    const shown = choices.slice(0, SHOWN);
    const exact = shown.some((choice) => fold(choice.label) === fold(text) || choice.value === text);
    const fits = create === "any" ? text.length > 0 : create === "email" && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
    if (fits && !exact) shown.push({ value: text, label: say("add", { text }), fresh: true });
    choices = shown;
    list.replaceChildren(
      ...shown.map((choice, index) => {
        const option = document.createElement("div");
        option.id = `${id}-option-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", String([...select.selectedOptions].some((chosen) => chosen.value === choice.value && chosen.value !== "")));
        const words = document.createElement("span");
        words.textContent = choice.label;
        if (choice.hint) {
          const hint = document.createElement("small");
          hint.textContent = choice.hint;
          words.append(hint);
        }
        option.append(words);
        return option;
      }),
    );
    if (!shown.length) {
      const none = document.createElement("div");
      none.className = "v-combo-none";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.setAttribute("aria-selected", "false");
      none.textContent = say("nothing-found");
      list.append(none);
    }
    show(true);
    const chosen = shown.findIndex((choice) => choice.value === select.value);
    point(!shown.length ? -1 : select.multiple || text !== chosenLabel() ? 0 : Math.max(chosen, 0));
  };

  const look = async (/** @type {string} */ text) => {
    if (!url) {
      const words = fold(text).split(/\s+/).filter(Boolean);
      choices = own().filter((choice) => words.every((word) => fold(`${choice.label} ${choice.hint ?? ""}`).includes(word)));
      draw();
      return;
    }
    asking?.abort();
    asking = new AbortController();
    const address = new URL(url, location.href);
    address.searchParams.set("q", text);
    try {
      const answer = await request(address.href, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      choices = (await answer.json()).items ?? [];
      if (document.activeElement === input) draw();
    } catch (problem) {
      if (!(problem instanceof DOMException && problem.name === "AbortError")) show(false);
    }
  };

  const drawChips = () => {
    if (!select.multiple) return;
    for (const chip of box.querySelectorAll(".v-chip")) chip.remove();
    for (const option of select.selectedOptions) {
      const chip = document.createElement("span");
      chip.className = "v-chip";
      const words = document.createElement("span");
      words.className = "v-cut";
      words.textContent = option.label;
      words.title = option.label;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.setAttribute("aria-label", say("remove", { text: option.label }));
      remove.textContent = "×";
      remove.addEventListener("click", () => {
        option.selected = false;
        changed();
        input.focus();
      });
      chip.append(words, remove);
      input.before(chip);
    }
  };

  const changed = () => {
    drawChips();
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const take = (/** @type {Choice | undefined} */ choice) => {
    if (!choice) return;
    let option = [...select.options].find((other) => other.value === choice.value);
    if (!option) {
      option = new Option(choice.fresh ? choice.value : choice.label, choice.value);
      select.add(option);
    }
    const same = !select.multiple && select.value === choice.value;
    option.selected = select.multiple ? !option.selected : true;
    if (select.multiple) input.value = "";
    show(false);
    rest();
    if (!same) changed();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => look(input.value.trim()), url ? WAIT_MS : 0);
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open || look(""));
  input.addEventListener("keydown", (event) => {
    const count = choices.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) look(select.multiple ? input.value.trim() : "");
      else if (count) point((active + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      take(choices[active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      rest();
      show(false);
    } else if (event.key === "Backspace" && select.multiple && !input.value) {
      const last = [...select.selectedOptions].at(-1);
      if (last) {
        last.selected = false;
        changed();
      }
    } else if ((event.key === "," || event.key === ";") && create && input.value.trim()) {
      event.preventDefault();
      take(choices.find((choice) => choice.fresh) ?? choices[active]);
    }
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    asking?.abort();
    const text = input.value.trim();
    const empty = [...select.options].find((option) => option.value === "");
    if (!select.multiple && text === "" && select.value && empty) {
      empty.selected = true;
      changed();
    } else if (select.multiple && create === "email" && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) take({ value: text, label: text, fresh: true });
    rest();
    show(false);
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) take(choices[[...list.children].indexOf(option)]);
  });
  box.addEventListener("click", (event) => event.target === box && input.focus());
  addEventListener("scroll", () => open && place(), { capture: true, passive: true });
  select.form?.addEventListener("reset", () => setTimeout(() => (rest(), drawChips())));
  rest();
  drawChips();
}
