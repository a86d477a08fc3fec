// Passkeys: a form with data-passkey ("create" or "get") asks the server what to ask the device (data-options), the
// browser asks the device, and the form is sent with the answer in its field "credential".
import { request } from "./requests.js";
import { say } from "./say.js";

/** @param {string} text base64url @returns {Uint8Array} */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

/** @param {ArrayBuffer} buffer @returns {string} base64url */
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/** @param {any} options of the server, with base64url for bytes @returns {any} the same as the browser wants it */
function decoded(options) {
  const known = (/** @type {any[] | undefined} */ list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  const key = options.publicKey;
  return {
    publicKey: {
      ...key,
      challenge: bytes(key.challenge),
      ...(key.user && { user: { ...key.user, id: bytes(key.user.id) } }),
      ...(key.excludeCredentials && { excludeCredentials: known(key.excludeCredentials) }),
      ...(key.allowCredentials && { allowCredentials: known(key.allowCredentials) }),
    },
  };
}

/** @param {any} made PublicKeyCredential @returns {string} what the server reads */
function encoded(made) {
  const response = /** @type {Record<string, string>} */ ({});
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  return JSON.stringify({
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    response,
    clientExtensionResults: made.getClientExtensionResults(),
  });
}

/** @param {HTMLFormElement} form @param {string} key of the sentence */
function complain(form, key) {
  const place = form.querySelector("[data-passkey-problem]");
  if (place) place.textContent = say(key);
}

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const what = form.dataset.passkey;
  const field = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=credential]"));
  if (!what || !field) return;
  event.preventDefault();
  if (!form.reportValidity()) return;
  complain(form, "");
  if (!window.PublicKeyCredential || !window.isSecureContext) return complain(form, "passkey-impossible");
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector("button[type=submit]"));
  if (button) button.disabled = true;
  try {
    const answer = await request(form.dataset.options ?? "", { method: "POST" });
    if (!answer.ok) return complain(form, answer.status === 429 ? "too-many" : "passkey-failed");
    const options = decoded(await answer.json());
    const made = await (what === "create" ? navigator.credentials.create(options) : navigator.credentials.get(options));
    field.value = encoded(made);
    form.submit();
  } catch (problem) {
    const name = problem instanceof DOMException ? problem.name : "";
    complain(form, { NotAllowedError: "passkey-cancelled", InvalidStateError: "passkey-known", SecurityError: "passkey-impossible" }[name] ?? "passkey-failed");
  } finally {
    if (button) button.disabled = false;
  }
});
