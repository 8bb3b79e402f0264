"use strict";
// The class that is chosen and what follows it; the order of the table; the name of the run.
(() => {
  const { data, measured, draw } = charts;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const choice = one("#class-choice");
  let chosen = null;

  function choose(label) {
    chosen = label;
    choice.value = label ?? "";
    for (const row of all("#class-table tbody tr")) row.classList.toggle("chosen", label !== null && Number(row.dataset.class) === label);
    let shown = 0;
    for (const tile of all(".tile")) {
      tile.hidden = label !== null && !tile.dataset.classes.split(" ").includes(String(label));
      shown += !tile.hidden;
    }
    const nothing = one("#no-pictures");
    if (nothing) nothing.hidden = shown > 0;
    draw(chosen);
  }

  for (const { label, name } of measured) choice.add(new Option(name, label));
  choice.addEventListener("change", () => choose(choice.value === "" ? null : Number(choice.value)));
  for (const button of all("#class-table .pick")) {
    button.addEventListener("click", () => {
      const label = Number(button.closest("tr").dataset.class);
      choose(label === chosen || !measured.some((known) => known.label === label) ? null : label);
    });
  }

  // Sorting: by the text of the first column, by the numbers of the others; what has none comes last.

  function sort(head, order) {
    const sign = order === "ascending" ? 1 : -1;
    const body = one("#class-table tbody");
    const place = head.cellIndex;
    const number = (row) => parseFloat(row.cells[place].textContent.replaceAll(",", ""));
    const rows = all("tr[data-class]", body).map((row, now) => ({ row, now, key: place ? number(row) : row.cells[0].textContent }));
    rows.sort((a, b) => {
      if (!place) return sign * a.key.localeCompare(b.key, "en", { numeric: true }) || a.now - b.now;
      return Number.isNaN(a.key) - Number.isNaN(b.key) || sign * (a.key - b.key) || a.now - b.now;
    });
    body.append(...rows.map(({ row }) => row));
    for (const other of all("#class-table th[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
  }

  for (const button of all("#class-table .sort")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const first = head.cellIndex < 2 ? "ascending" : "descending";
      const other = first === "ascending" ? "descending" : "ascending";
      sort(head, head.getAttribute("aria-sort") === first ? other : first);
    });
  }

  // Names that are cut are told in full where the pointer rests on them.

  document.addEventListener("pointerover", ({ target }) => {
    if (target.matches?.(".chip bdi, .upright bdi, .path, .path bdi") && !target.title
      && (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight)) {
      target.title = target.textContent;
    }
  });

  // The page lies in the folder of the run: RUN/evaluation/SPLIT/index.html.

  function runName() {
    try {
      return decodeURIComponent(location.pathname.match(/([^/]+)\/evaluation\/[^/]+\/index\.html$/)?.[1] ?? "");
    } catch {
      return "";
    }
  }

  const run = runName();
  if (run) {
    one("#run").textContent = run;
    one("#run").hidden = false;
    document.title = `${run} – ${document.title}`;
  }
  one("#charts").hidden = false;
  makeThemeSwitch(() => draw(chosen));
  choose(null);
})();
