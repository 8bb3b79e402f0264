"use strict";
// The numbers of the page, and how they are written: `numbers.total("boxes", {split, cls})` and the like. Splits and
// classes are places in the data's lists, or null for all.
const numbers = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const cells = new Map();
  const grouped = new Intl.NumberFormat("en");
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const count = (number, one, more) => `${grouped.format(number)} ${number === 1 ? one : more}`;
  const boxes = (number) => count(number, "box", "boxes");
  const images = (number) => count(number, "image", "images");
  const charted = Math.max(0, (data.cells[0]?.length ?? 0) - 1);

  function share(value) {
    if (value <= 0) return "0%";
    if (value < 0.001) return "< 0.1%";
    return `${(value * 100).toFixed(value >= 0.0995 ? 0 : 1)}%`;
  }

  /** Counts of which a run of n zeros is written as -n. */
  const unpacked = (counts) => counts.flatMap((value) => (value < 0 ? Array(-value).fill(0) : [value]));

  /** The counts of a field in one split, or null if the page does not hold them. */
  function histogram(field, split, cls) {
    const cell = data.cells[split][cls === null ? 0 : cls + 1];
    if (!cell) return null;
    const key = `${field} ${split} ${cls}`;
    if (!cells.has(key)) {
      cells.set(key, unpacked(cell[field]));
    }
    return cells.get(key);
  }

  const chosen = ({ split }) => (split === null ? data.splits.map((_, place) => place) : [split]);
  const bySplit = (field, selection) => chosen(selection).map((split) => histogram(field, split, selection.cls));
  const added = (rows) => (rows[0] ?? []).map((_, place) => sum(rows.map((row) => row[place])));

  /** The images of a split by size: [width bin, height bin, how many] of the bins that hold any. */
  function imageSizes(split) {
    const bins = data.edges.image_sizes.length + 1;
    return unpacked(data.image_sizes[split])
      .map((count, place) => [Math.floor(place / bins), place % bins, count])
      .filter(([, , count]) => count);
  }

  function total(what, selection) {
    const of = selection.cls === null ? data : data.classes[selection.cls];
    return sum(chosen(selection).map((split) => of[what][split]));
  }

  /** The bin that holds the middle one. */
  function median(counts) {
    const half = sum(counts) / 2;
    let below = 0;
    return counts.findIndex((value) => (below += value) >= half);
  }

  /** The name of a class as it is shown. */
  const className = (cls) => data.classes[cls].name || "(no class)";

  return { data, className, charted, grouped, compact, sum, boxes, images, share, histogram, imageSizes, chosen, bySplit, added, total, median };
})();
