// A theme chosen in the profile is seen at once; the server keeps it and writes it into the next page.

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLElement) || !input.matches("[data-theme-choice]")) return;
  const theme = /** @type {HTMLInputElement} */ (input).value;
  if (theme === "light" || theme === "dark") document.documentElement.dataset.bsTheme = theme;
  else delete document.documentElement.dataset.bsTheme;
});
