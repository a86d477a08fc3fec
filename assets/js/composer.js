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

whenPresent("[data-composer]", (composer) => {
  const tabs = /** @type {HTMLElement[]} */ ([...composer.querySelectorAll("[data-composer-tab]")]);

  /**
   * @param {string | undefined} mode
   * @param {boolean} writing
   */
  function turn(mode, writing) {
    if (!mode) return;
    composer.dataset.mode = mode;
    for (const tab of tabs) {
      const chosen = tab.dataset.composerTab === mode;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const panel of /** @type {NodeListOf<HTMLElement>} */ (composer.querySelectorAll("[data-composer-panel]"))) {
      panel.hidden = panel.dataset.composerPanel !== mode;
      if (!panel.hidden && writing) write(panel);
    }
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => turn(tab.dataset.composerTab, true));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tabs.at((tabs.indexOf(tab) + step) % tabs.length);
      turn(next?.dataset.composerTab, false);
      next?.focus();
    });
  }
  turn(composer.dataset.mode ?? "reply", false);

  let told = 0;
  composer.addEventListener("input", () => {
    const url = composer.dataset.typingUrl;
    if (!url || Date.now() - told < TYPING_MS) return;
    told = Date.now();
    request(url, { method: "POST", body: new URLSearchParams({ mode: composer.dataset.mode ?? "" }) }).catch(() => undefined);
  });
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
whenPresent("[data-unsent]", (box) => {
  document.getElementById(`message-draft-${box.dataset.unsent}`)?.remove();
  if (document.querySelector(`[data-composer] input[name=returned][value="${box.dataset.unsent}"]`)) box.remove();
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
