// What is typed stays on this device until the server has it: through a lost connection, a closed tab, a mistake.
//   form[data-keep="KEY"]  the key names form and person; the form bears a mark of its own (input[name=once]), which is
//                          kept with the text, so that sending it twice does it once
//   form[data-push-end]    signing out forgets what was kept: somebody else may sit down at this device
import { request, sayFailure } from "./requests.js";
import { say } from "./say.js";
import { toast } from "./toast.js";
import { whenPresent } from "./ready.js";

const BEGINNING = "v-keep:";
const DAYS = 14;
const WAIT_MS = 400;
const NOT_KEPT = ["hidden", "password", "file", "submit", "button", "checkbox", "radio"];

/** @typedef {{at: number, once: string, values: Record<string, string>}} Kept */

/** @param {string} key @returns {Kept | null} */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(BEGINNING + key) ?? "null");
    return kept && Date.now() - kept.at < DAYS * 864e5 ? kept : null;
  } catch {
    return null; // Unreadable or no storage: the form starts as the server drew it.
  }
}

/** @param {string} key @param {Kept | null} kept @returns {boolean} whether it worked */
function write(key, kept) {
  try {
    if (kept) localStorage.setItem(BEGINNING + key, JSON.stringify(kept));
    else localStorage.removeItem(BEGINNING + key);
    return true;
  } catch {
    return false; // No storage: nothing is claimed to be kept.
  }
}

/** @param {(key: string) => boolean} which */
function forget(which) {
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(BEGINNING) && which(name.slice(BEGINNING.length))) localStorage.removeItem(name);
    }
  } catch {
    // No storage, nothing kept.
  }
}

/** @param {HTMLFormElement} form */
function fields(form) {
  const all = /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */ ([...form.elements]);
  return all.filter((field) => field.name && !NOT_KEPT.includes(field.type));
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement | null} */
const mark = (form) => form.querySelector("input[name=once]");

/** @param {HTMLFormElement} form */
function keep(form) {
  const values = Object.fromEntries(fields(form).map((field) => [field.name, field.value]));
  const typed = Object.values(values).some((value) => value.trim());
  const kept = write(form.dataset.keep ?? "", typed ? { at: Date.now(), once: mark(form)?.value ?? "", values } : null);
  const words = form.querySelector("[data-kept]");
  if (words && kept) words.textContent = typed ? say("kept") : "";
}

/** @type {WeakMap<HTMLFormElement, ReturnType<typeof setTimeout>>} */
const timers = new WeakMap();

whenPresent("form[data-keep]", (element) => {
  const form = /** @type {HTMLFormElement} */ (element);
  const kept = read(form.dataset.keep ?? "");
  if (kept) {
    const once = mark(form);
    if (once && kept.once) once.value = kept.once;
    for (const field of fields(form)) if (!field.value && kept.values[field.name]) field.value = kept.values[field.name];
  }
  form.addEventListener("input", () => {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), WAIT_MS));
  });
});
// A tab that is closed or put aside on a phone does not wait.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return;
  for (const form of document.querySelectorAll("form[data-keep]")) {
    if (timers.has(/** @type {HTMLFormElement} */ (form)) && !form.hasAttribute("data-arrived")) keep(/** @type {HTMLFormElement} */ (form));
  }
});
forget((key) => !read(key));

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.hasAttribute("data-push-end")) forget(() => true);
  if (!form.dataset.keep || event.defaultPrevented) return;
  event.preventDefault();
  if (form.hasAttribute("data-busy")) return;
  form.setAttribute("data-busy", "");
  clearTimeout(timers.get(form));
  keep(form);
  const again = () => form.requestSubmit(event.submitter);
  /** @type {Response} */
  let answer;
  try {
    const body = new FormData(form, event.submitter);
    answer = await request(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    form.removeAttribute("data-busy");
    return toast(say("offline"), { tone: "error", seconds: 60, action: { text: say("send-again"), run: again } });
  }
  if (answer.status === 201) {
    const { address } = await answer.json();
    form.setAttribute("data-arrived", "");
    write(form.dataset.keep, null);
    form.reset(); // some browsers fill a form again when its page is read anew
    const there = new URL(address, location.href);
    if (there.pathname !== location.pathname) return location.assign(there);
    history.replaceState(null, "", there);
    return location.reload();
  }
  form.removeAttribute("data-busy");
  if (answer.status === 401 || answer.status >= 500) return sayFailure(answer.status);
  // The server has something to say about it: let it, as if there were no script. Nothing was written.
  if (event.submitter instanceof HTMLButtonElement && event.submitter.name) {
    const chosen = document.createElement("input");
    [chosen.type, chosen.name, chosen.value] = ["hidden", event.submitter.name, event.submitter.value];
    form.append(chosen);
  }
  form.submit();
});
