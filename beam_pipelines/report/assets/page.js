"use strict";
// The filter and all that follows it.
(() => {
  const { data, grouped, share, total, className } = numbers;
  const selection = { split: null, cls: null };
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // Filter.

  function choose(changes) {
    Object.assign(selection, changes);
    const state = new URLSearchParams();
    if (selection.split !== null) state.set("split", data.splits[selection.split]);
    if (selection.cls !== null) state.set("class", data.classes[selection.cls].name);
    const hash = `#${state}`;
    if (location.hash !== hash && (location.hash.includes("=") || hash !== "#")) {
      history.replaceState(null, "", hash === "#" ? location.pathname : hash);
    }
    apply();
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    const place = (names, name) => (name === null || !names.includes(name) ? null : names.indexOf(name));
    selection.split = place(data.splits, state.get("split"));
    selection.cls = place(data.classes.map(({ name }) => name), state.get("class"));
    apply();
  }

  function apply() {
    one(`input[name=split][value="${selection.split ?? ""}"]`).checked = true;
    one("#class-filter").value = selection.cls === null ? "" : className(selection.cls);
    one("#reset").disabled = selection.split === null && selection.cls === null;
    tellMatches();
    filterSplits();
    filterClasses();
    filterPictures();
    filterSmall();
    all("#legend li").forEach((item, place) => { item.hidden = selection.split !== null && selection.split !== place; });
    draw();
  }

  function draw() {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const chart of Object.values({ ...bars, ...heatMaps })) chart(selection);
  }

  function where() {
    const parts = [];
    if (selection.cls !== null) parts.push(`“${className(selection.cls)}”`);
    if (selection.split !== null) parts.push(`${parts.length ? "in " : ""}split “${data.splits[selection.split]}”`);
    return parts.join(" ");
  }

  function tellMatches() {
    const images = total("images", selection);
    const boxes = total("boxes", selection);
    const found = data.unit === "boxes" ? `${numbers.boxes(boxes)} in ${numbers.images(images)}` : numbers.images(images);
    one("#matches").textContent = images || !where() ? found : `Nothing matches ${where()}.`;
  }

  function write(row, what, text) {
    const cell = one(`[data-value=${what}]`, row);
    if (cell) (one("span", cell) ?? cell).textContent = text;
  }

  function filterSplits() {
    const { cls } = selection;
    const of = cls === null ? data : data.classes[cls];
    const images = total("images", { split: null, cls });
    all(".shares span").forEach((part, split) => {
      part.style.flexGrow = of.images[split];
      part.style.opacity = selection.split === null || selection.split === split ? 1 : 0.25;
    });
    for (const row of all("#split-table tbody tr")) {
      const split = Number(row.dataset.split);
      row.hidden = selection.split !== null && selection.split !== split;
      write(row, "images", grouped.format(of.images[split]));
      write(row, "share", share(of.images[split] / images || 0));
      write(row, "boxes", grouped.format(of.boxes[split]));
      write(row, "per_image", of.images[split] ? (of.boxes[split] / of.images[split]).toFixed(1) : "–");
      write(row, "asked", cls === null ? one("[data-value=asked]", row)?.dataset.all : "–");
      write(row, "negatives", cls === null ? grouped.format(data.negatives[split]) : "–");
    }
  }

  function filterClasses() {
    const { split } = selection;
    const whole = total(data.unit, { split, cls: null });
    let shown = 0;
    for (const row of all("#class-table tbody tr[data-class]")) {
      const cls = Number(row.dataset.class);
      const [boxes, images] = ["boxes", "images"].map((what) => total(what, { split, cls }));
      const part = (data.unit === "boxes" ? boxes : images) / whole || 0;
      row.hidden = (selection.cls !== null && selection.cls !== cls) || (split !== null && !images);
      shown += !row.hidden;
      write(row, "boxes", grouped.format(boxes));
      write(row, "images", grouped.format(images));
      write(row, "share", share(part));
      one(".meter", row).style.setProperty("--share", part);
    }
    for (const cell of all("#class-table [data-split]")) {
      cell.hidden = split !== null && Number(cell.dataset.split) !== split;
    }
    const nothing = one("#no-classes");
    nothing.hidden = shown > 0 || !data.classes.length;
    nothing.textContent = `Nothing matches ${where()}.`;
    one("#classes .scroll").hidden = !nothing.hidden;
    const sorted = one("#class-table th[aria-sort]");
    sort(sorted, sorted.getAttribute("aria-sort"));
  }

  function filterPictures() {
    for (const gallery of all(".gallery")) {
      let shown = 0;
      for (const tile of all(".tile", gallery)) {
        const classes = tile.dataset.classes.split(" ").filter(Boolean).map(Number);
        tile.hidden = (selection.split !== null && Number(tile.dataset.split) !== selection.split)
          || (selection.cls !== null && !classes.includes(selection.cls));
        shown += !tile.hidden;
      }
      one(":scope > .nothing", gallery.parentElement).hidden = shown > 0;
    }
  }

  function filterSmall() {
    if (!one("#small-table")) return;
    const rows = numbers.chosen(selection).map((split) => numbers.histogram("under_32", split, selection.cls));
    const number = total("boxes", selection);
    const known = number > 0 && !rows.includes(null);
    one("#small-of").textContent = where() && `Of ${where()}${known ? "" : ": not known"}.`;
    all("#small-table tbody tr").forEach((row, place) => {
      const part = known ? numbers.added(rows)[place] / number : 0;
      row.cells[1].textContent = known ? share(part) : "–";
      one(".meter", row).style.setProperty("--share", part);
    });
  }

  // Sorting.

  /** What the rows of the table are sorted by: a text or a number for each class. */
  function sortKey({ key, split }) {
    if (split !== undefined) return (cls) => data.classes[cls][data.unit][split];
    if (key === "name") return (cls) => className(cls);
    if (key === "id") return (cls) => Number(one(`#class-table tr[data-class="${cls}"]`).cells[1].textContent) || 0;
    return (cls) => total(key === "share" ? data.unit : key, { split: selection.split, cls });
  }

  function sort(head, order) {
    const sign = order === "ascending" ? 1 : -1;
    const body = one("#class-table tbody");
    const of = sortKey(head.dataset);
    const rows = all("tr[data-class]", body).map((row) => ({ row, cls: Number(row.dataset.class), key: of(row.dataset.class) }));
    const compare = (a, b) => (typeof a.key === "string" ? a.key.localeCompare(b.key, "en", { numeric: true }) : a.key - b.key);
    rows.sort((a, b) => sign * compare(a, b) || a.cls - b.cls);
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

  makeClassList(selection, choose);
  for (const radio of all("input[name=split]")) {
    radio.addEventListener("change", () => choose({ split: radio.value === "" ? null : Number(radio.value) }));
  }
  one("#reset").addEventListener("click", () => choose({ split: null, cls: null }));
  for (const button of all(".pick")) {
    button.addEventListener("click", () => {
      const cls = Number(button.closest("tr").dataset.class);
      choose({ cls: selection.cls === cls ? null : cls });
    });
  }
  addEventListener("hashchange", () => { if (location.hash.includes("=") || location.hash === "") restore(); });

  // Links inside the page leave the address to the filter.

  for (const link of all("a[href^='#']")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = one(link.getAttribute("href"));
      target.tabIndex = -1;
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    });
  }

  // Pictures.

  for (const again of all("img[data-same]")) again.src = document.getElementById(again.dataset.same).src;

  // Copying.

  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = one("code", button.parentElement);
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // Names that are cut are told in full where the pointer rests on them.

  document.addEventListener("pointerover", ({ target }) => {
    if (target.matches?.(".chip bdi, .path, .path bdi, .combobox b") && !target.title && target.scrollWidth > target.clientWidth) {
      target.title = target.textContent;
    }
  });

  // The page of a dataset lies in its folder, whose name it is called by.

  function folderName() {
    try {
      return decodeURIComponent(location.pathname.match(/([^/]+)\/report\/index\.html$/)?.[1] ?? "");
    } catch {
      return "";
    }
  }

  const folder = folderName();
  if (folder) {
    one("#title").textContent = folder;
    one("#kind").hidden = false;
    document.title = `${folder} – dataset report`;
  }

  // Start.

  for (const part of all(".filters, #charts")) part.hidden = false;
  data.splits.forEach((name, split) => {
    const [item, chip, text] = ["li", "i", "bdi"].map((tag) => document.createElement(tag));
    chip.className = `split-${split % 6}`;
    text.textContent = name;
    item.append(chip, text);
    one("#legend").append(item);
  });
  one("#legend").hidden = data.splits.length < 2;
  makeThemeSwitch(draw);
  restore();
})();
