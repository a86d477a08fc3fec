// The sentences that scripts show. They are translated on the server and stand in <template id="v-strings">.

/** @type {Map<string, string> | null} */
let strings = null;

/**
 * A sentence in the reader's language.
 * @param {string} key the data-string of an element in the template
 * @param {Record<string, string | number>} [values] what replaces {name} in it
 * @returns {string} the sentence, or "" when the page has none
 */
export function say(key, values = {}) {
  if (!strings) {
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("v-strings"));
    strings = new Map(
      [...(template?.content.querySelectorAll("[data-string]") ?? [])].map((element) => [
        element.getAttribute("data-string") ?? "",
        element.textContent?.trim() ?? "",
      ]),
    );
  }
  return (strings.get(key) ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
