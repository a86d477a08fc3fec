// Native dialogs: opened by a button, brought by the server, or asking before something that cannot be undone.
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.querySelector(opener.getAttribute("data-dialog-open") ?? "");
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  }
  if (target.closest("[data-dialog-close]")) target.closest("dialog")?.close();
  // A click on the veil is a click on the dialog itself.
  if (target instanceof HTMLDialogElement && target.open && target.hasAttribute("data-light")) target.close();
});

// A dialog that came with a response opens at once and goes when it is closed.
whenPresent("dialog[data-open]", (dialog) => {
  if (!(dialog instanceof HTMLDialogElement)) return;
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
});

/**
 * Ask in our own dialog.
 * @param {string} question
 * @param {string} [yes] the words on the button that does it
 * @returns {Promise<boolean>}
 */
export function ask(question, yes = say("confirm")) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "v-dialog";
    dialog.setAttribute("aria-label", question);
    const body = document.createElement("div");
    body.className = "v-dialog-body";
    const words = document.createElement("p");
    words.textContent = question;
    body.append(words);
    const foot = document.createElement("div");
    foot.className = "v-dialog-foot";
    const button = (/** @type {string} */ text, /** @type {string} */ css, /** @type {string} */ value) => {
      const element = document.createElement("button");
      element.type = "button";
      element.className = css;
      element.textContent = text;
      element.addEventListener("click", () => dialog.close(value));
      foot.append(element);
    };
    button(say("cancel"), "v-btn", "no");
    button(yes, "v-btn v-btn--main", "yes");
    dialog.append(body, foot);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// hx-confirm="…" for htmx, data-confirm="…" for plain forms.
document.addEventListener("htmx:confirm", (event) => {
  const { question, issueRequest, elt } = /** @type {CustomEvent} */ (event).detail;
  if (!question) return;
  event.preventDefault();
  ask(question, elt.getAttribute("data-confirm-yes") ?? undefined).then((yes) => yes && issueRequest(true));
});

const confirmed = new WeakSet();
document.addEventListener(
  "submit",
  (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const submitter = event.submitter;
    const asking = submitter?.hasAttribute("data-confirm") ? submitter : form.hasAttribute("data-confirm") ? form : null;
    if (!asking || confirmed.has(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(asking.getAttribute("data-confirm") ?? "", asking.getAttribute("data-confirm-yes") ?? undefined).then((yes) => {
      if (!yes) return;
      confirmed.add(form);
      form.requestSubmit(submitter);
      confirmed.delete(form);
    });
  },
  true,
);

// A closed dialog keeps no focus: the next key belongs to the page.
document.addEventListener(
  "close",
  (event) => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && /** @type {Element} */ (event.target).contains(active)) active.blur();
  },
  true,
);
