// Writing in a ticket: two tabs that change the composer as a whole, a draft kept on the server, a word to the others
// that one is typing, and "send anyway" after the guard against answering over an unseen reply.
//   [data-composer][data-mode]              around both; data-typing-url is told every few seconds while one types
//   [data-composer-tab="reply"|"note"]      the tabs; [data-composer-panel="…"] what holds the form of each
//   form[data-draft-url]                    takes the form's fields by POST; [data-saved] says when
//   input[name=seen] of each form           the newest message its author has seen; #v-talk is what shows them
//   [data-send-anyway="form-id"]            in the guard's dialog: sends the same once more with force=1
import { request } from "./requests.js";
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

const DRAFT_MS = 1200;
const TYPING_MS = 8000;

/** @type {WeakMap<HTMLFormElement, HTMLElement | null>} */
const lastSubmitter = new WeakMap();

/** @param {Element | null} panel */
function write(panel) {
  // With the editor over it the textarea itself is hidden and takes no focus.
  const draft = panel?.querySelector("[contenteditable=true]") ?? panel?.querySelector("textarea");
  /** @type {HTMLElement | null | undefined} */ (draft)?.focus();
}

/** @param {Element} composer */
const tabsOf = (composer) => /** @type {HTMLElement[]} */ ([...composer.querySelectorAll("[data-composer-tab]")]);

/**
 * @param {HTMLElement} composer
 * @param {string | undefined} mode
 * @param {boolean} writing
 */
function turn(composer, mode, writing) {
  if (!mode) return;
  composer.dataset.mode = mode;
  for (const tab of tabsOf(composer)) {
    const chosen = tab.dataset.composerTab === mode;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of /** @type {NodeListOf<HTMLElement>} */ (composer.querySelectorAll("[data-composer-panel]"))) {
    panel.hidden = panel.dataset.composerPanel !== mode;
    if (!panel.hidden && writing) write(panel);
  }
}

/**
 * The tab and the composer of an event. Heard on the document: a key pressed while a pane arrives finds it at work.
 * @param {Event} event
 */
function tabOf(event) {
  const tab = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-composer-tab]"));
  const composer = /** @type {HTMLElement | null | undefined} */ (tab?.closest("[data-composer]"));
  return tab && composer ? { tab, composer } : null;
}

document.addEventListener("click", (event) => {
  const met = tabOf(event);
  if (met) turn(met.composer, met.tab.dataset.composerTab, true);
});

document.addEventListener("keydown", (event) => {
  const met = tabOf(event);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!met || !step) return;
  event.preventDefault();
  const tabs = tabsOf(met.composer);
  const next = tabs.at((tabs.indexOf(met.tab) + step) % tabs.length);
  turn(met.composer, next?.dataset.composerTab, false);
  next?.focus();
});

// Escape leaves the text for its tab: the keys of the page work again, and what was typed stays.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  const text = /** @type {HTMLElement} */ (event.target);
  const composer = text.closest?.("[data-composer]");
  if (!composer || !(text.isContentEditable || text.matches("textarea"))) return;
  event.preventDefault();
  tabsOf(composer).find((tab) => tab.getAttribute("aria-selected") === "true")?.focus();
});

/** @type {WeakMap<Element, number>} */
const told = new WeakMap();
document.addEventListener("input", (event) => {
  const composer = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-composer]"));
  const url = composer?.dataset.typingUrl;
  if (!composer || !url || Date.now() - (told.get(composer) ?? 0) < TYPING_MS) return;
  told.set(composer, Date.now());
  request(url, { method: "POST", body: new URLSearchParams({ mode: composer.dataset.mode ?? "" }) }).catch(() => undefined);
});

whenPresent("[data-composer]", (composer) => {
  turn(composer, composer.dataset.mode ?? "reply", false);
  window.addEventListener("pagehide", () => {
    const url = composer.isConnected && composer.dataset.typingUrl;
    if (url) request(url, { method: "POST", body: new URLSearchParams({ left: "1" }), keepalive: true }).catch(() => undefined);
  });
});

whenPresent("form[data-draft-url]", (element) => {
  const form = /** @type {HTMLFormElement} */ (element);
  const saved = form.querySelector("[data-saved]");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let dirty = false;

  async function save() {
    clearTimeout(timer);
    if (!dirty || form.hasAttribute("data-busy")) return;
    dirty = false;
    try {
      const answer = await request(form.dataset.draftUrl ?? "", { method: "POST", body: new FormData(form), keepalive: true });
      if (!answer.ok) throw new Error(String(answer.status));
      const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      if (saved) saved.textContent = say("saved", { time });
    } catch {
      dirty = true;
      if (saved) saved.textContent = say("not-saved");
    }
  }

  // What stands on the screen when one begins to write has been seen; over what comes later the guard watches.
  const seen = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("seen"));
  const body = /** @type {HTMLTextAreaElement | null} */ (form.elements.namedItem("body"));
  let begun = Boolean(body?.value.trim());
  form.addEventListener("input", () => {
    if (!begun && seen) {
      const shown = [...document.querySelectorAll("#v-talk article")].map((article) => Number(article.id.replace("message-", "")) || 0);
      seen.value = String(Math.max(Number(seen.value), ...shown));
    }
    begun = Boolean(body?.value.trim());
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, DRAFT_MS);
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    dirty = false;
    lastSubmitter.set(form, /** @type {HTMLElement | null} */ (event.submitter));
  });
  document.addEventListener("visibilitychange", () => document.hidden && save());
  window.addEventListener("pagehide", save);
});

// What came back unsent no longer stands in the conversation as on its way; where the composer has it, that says enough.
// Closed, it waits for the next page.
/** @type {Set<string>} */
const shown = new Set();
whenPresent("[data-unsent]", (box) => {
  const key = box.dataset.unsent ?? "";
  document.getElementById(`message-draft-${key}`)?.remove();
  const once = `${key} ${box.dataset.version}`;
  if (shown.has(once) || document.querySelector(`[data-composer] input[name=returned][value="${key}"]`)) box.remove();
  shown.add(once);
});

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-send-anyway]");
  const form = button && document.getElementById(button.getAttribute("data-send-anyway") ?? "");
  if (!(form instanceof HTMLFormElement)) return;
  const force = document.createElement("input");
  force.type = "hidden";
  force.name = "force";
  force.value = "1";
  form.append(force);
  button?.closest("dialog")?.close();
  form.requestSubmit(lastSubmitter.get(form) ?? undefined);
  force.remove();
});
