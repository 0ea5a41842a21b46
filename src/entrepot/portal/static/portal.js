// Makes pages quicker to use; every job works without it. No page depends on what is here.
"use strict";
(() => {
  const OFF = "entrepot-keys-off";
  const keysAreOn = () => { try { return localStorage.getItem(OFF) === null; } catch { return true; } };
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("main tbody tr a.row, main .cards a.row")];

  const step = (by) => {
    const all = rows();
    if (all.length === 0) return;
    const now = all.indexOf(document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, now + (now < 0 && by < 0 ? 0 : by)))].focus();
  };

  const showKeys = () => {
    const dialog = document.getElementById("keys");
    document.getElementById("keys-on").checked = keysAreOn();
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") { event.preventDefault(); showKeys(); return; }
    if (!keysAreOn()) return;
    if (event.key === "/") { event.preventDefault(); document.getElementById("search")?.select(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") {
      try {
        if (event.target.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
      } catch { /* where nothing may be kept, the keys stay on */ }
    }
    if (event.target.matches("select[data-sends]")) event.target.form.requestSubmit();
  });

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.ask;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    // A second press would be answered like the first; a button that waits says so.
    if (event.target.method === "post") {
      for (const button of event.target.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copies]");
    if (button === null) return;
    const field = document.getElementById(button.dataset.copies);
    await navigator.clipboard.writeText(field.value ?? field.textContent);
    button.textContent = button.dataset.copied;
  });

  // Whoever opens one menu closes it by going on.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.who[open]")) {
      if (!open.contains(event.target)) open.removeAttribute("open");
    }
  });

  // What only works with scripts is not shown without them.
  for (const button of document.querySelectorAll("button[data-copies]")) button.hidden = false;

  // On a phone the places stand in a row that is wider than the screen.
  const here = document.querySelector(".places [aria-current]");
  const row = here?.closest(".places");
  if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - row.clientWidth / 3;

  document.querySelector(".faults")?.focus();
})();
