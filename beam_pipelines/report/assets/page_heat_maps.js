"use strict";
// The charts of two dimensions: each function draws one for what is selected.
const heatMaps = (() => {
  const { data, grouped, sum, boxes, images, share, imageSizes, chosen, bySplit, added } = numbers;
  const { element, colour, nothing, present, options } = frames;
  const { unknown, range } = series;
  const MOST_LISTED = 12;

  /** A colour between three, for 0..1. */
  function heat(value) {
    const stops = [0, 1, 2].map((stop) => colour(`heat-${stop}`).match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16)));
    const place = Math.min(1, value) * 2;
    const [one, other] = place < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
    return `rgb(${one.map((part, number) => Math.round(part + (other[number] - part) * (place < 1 ? place : place - 1))).join(" ")})`;
  }

  /** Points are {x, y, v}; sizes of cells in the units of the axes. */
  function matrix(id, points, step, title, scales) {
    const most = Math.max(...points.map((point) => point.v));
    element(`${id}-scale`).lastElementChild.textContent = grouped.format(most);
    const extent = (axis) => ({ chart }) => Math.max(1, Math.abs(chart.scales[axis].getPixelForValue(step) - chart.scales[axis].getPixelForValue(0)) - 1);
    const tooltip = { title: ([item]) => (item ? title(item.raw) : ""), label: (item) => ` ${grouped.format(item.raw.v)}` };
    return {
      type: "matrix",
      data: { datasets: [{ data: points, width: extent("x"), height: extent("y"), backgroundColor: points.map((point) => (point.v ? heat(0.06 + (0.94 * point.v) / most) : colour("heat-0"))) }] },
      options: options(tooltip, scales, { interaction: { mode: "nearest", intersect: true } }),
    };
  }

  function drawPositions(selection) {
    const rows = bySplit("positions", selection);
    if (rows.includes(null)) return nothing("positions", unknown());
    const counts = added(rows);
    const all = sum(counts);
    if (!all) return nothing("positions", "No boxes here.");
    const side = data.positions;
    const points = counts.map((v, place) => ({ x: place % side, y: Math.floor(place / side), v }));
    const inner = sum(points.filter(({ x, y }) => [x, y].every((at) => at >= side / 4 && at < (3 * side) / 4)).map(({ v }) => v));
    const ends = (words) => ({ type: "linear", offset: false, min: -0.5, max: side - 0.5, grid: { display: false }, border: { display: false }, afterBuildTicks: (axis) => { axis.ticks = [-0.5, side / 2 - 0.5, side - 0.5].map((value) => ({ value })); }, ticks: { callback: (_, place) => words[place], align: "inner", padding: 4 } });
    const at = (value) => `${Math.round((value * 100) / side)}–${Math.round(((value + 1) * 100) / side)}%`;
    const head = ["from the top", ...Array.from({ length: side }, (_, place) => at(place))];
    const body = Array.from({ length: side }, (_, row) => [at(row), ...counts.slice(row * side, (row + 1) * side)]);
    return present("positions", `${boxes(all)}; the middle quarter of the picture holds ${share(inner / all)}, the fullest of ${side} × ${side} cells ${share(Math.max(...counts) / all)}.`, head, body,
      matrix("positions", points, 1, ({ x, y }) => `${at(x)} from the left, ${at(y)} from the top`, {
        x: ends(["left", "middle", "right"]),
        y: { ...ends(["top", "middle", "bottom"]), reverse: true },
      }));
  }

  function drawImageSizes(selection) {
    const found = new Map();
    for (const split of chosen(selection)) {
      for (const [width, height, number] of imageSizes(split)) {
        const key = `${width} ${height}`;
        found.set(key, { width, height, v: (found.get(key)?.v ?? 0) + number });
      }
    }
    if (!found.size) return nothing("image_sizes", "No images here.");
    const edges = data.edges.image_sizes;
    const first = Math.log2(edges[0]);
    const step = Math.log2(edges[1]) - first;
    const centre = (bin) => first + (bin - 0.5) * step;
    const points = [...found.values()].map(({ width, height, v }) => ({ x: centre(width), y: centre(height), v, width, height }));
    const label = (bin) => `${range(edges, bin, (value) => grouped.format(Math.round(value)))} px`;
    const axis = (name, title) => {
      const bins = points.map((point) => point[name]);
      let [from, to] = [Math.min(...bins) - 2, Math.max(...bins) + 2];
      while (to - from < 6) [from, to] = [from - 1, to + 1];
      const [min, max] = [first + (from - 0.5) * step, first + (to - 0.5) * step];
      const apart = [0.25, 0.5, 1].find((one) => (max - min) / one <= 8) ?? 2;
      const ticks = Array.from({ length: Math.ceil((max - min) / apart) }, (_, place) => ({ value: (Math.ceil(min / apart) + place) * apart })).filter(({ value }) => value <= max);
      return { type: "linear", offset: false, reverse: false, min, max, title: { text: title }, afterBuildTicks: (built) => { built.ticks = ticks; }, ticks: { autoSkip: true, maxRotation: 0, callback: (value) => grouped.format(Math.round(2 ** value)) } };
    };
    const [summary, head, body] = sizeNumbers(selection, points, label);
    return present("image_sizes", summary, head, body,
      matrix("image_sizes", points, step, ({ width, height }) => `${label(width)} wide, ${label(height)} high`, { x: axis("width", "width, px"), y: axis("height", "height, px") }));
  }

  function sizeNumbers(selection, points, label) {
    const all = sum(points.map(({ v }) => v));
    const ofClass = selection.cls === null ? "" : " Of all classes: sizes are not counted by class.";
    const exact = chosen(selection).map((split) => data.exact_sizes[split]);
    if (exact.includes(null)) {
      const ordered = [...points].sort((one, other) => other.v - one.v).slice(0, MOST_LISTED);
      const body = ordered.map(({ width, height, v }) => [`${label(width)} × ${label(height)}`, v, share(v / all)]);
      return [`${images(all)} of many different sizes.${ofClass}`, ["width × height", "images", "share"], body];
    }
    const sizes = new Map();
    for (const [width, height, number] of exact.flat()) {
      const name = `${grouped.format(width)} × ${grouped.format(height)} px`;
      sizes.set(name, (sizes.get(name) ?? 0) + number);
    }
    const ordered = [...sizes].sort(([, one], [, other]) => other - one);
    const summary = ordered.length === 1
      ? `${all === 1 ? "The image is" : `All ${images(all)} are`} ${ordered[0][0]}.`
      : `${grouped.format(ordered.length)} different sizes; the most frequent is ${ordered[0][0]} (${share(ordered[0][1] / all)}).`;
    return [summary + ofClass, ["width × height", "images", "share"], ordered.slice(0, MOST_LISTED).map(([name, number]) => [name, number, share(number / all)])];
  }

  return { drawPositions, drawImageSizes };
})();
