// Dark, light, or as the system: set before the page is painted, kept by this browser.
(() => {
  const THEMES = ["dark", "light", "system"], KEPT = "theme";
  const root = document.documentElement;
  const read = () => { try { return localStorage.getItem(KEPT); } catch { return null; } };
  const put = (theme) => { root.dataset.theme = THEMES.includes(theme) ? theme : THEMES[0]; };
  put(read());
  addEventListener("storage", (event) => { if (event.key === KEPT) put(event.newValue); }); // his other windows
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-next]")) return;
    put(THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length]);
    try { localStorage.setItem(KEPT, root.dataset.theme); } catch { /* for this page only, then */ }
  });
})();
