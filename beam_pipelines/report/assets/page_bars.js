"use strict";
// The charts of bars: each function draws one for what is selected.
const bars = (() => {
  const { data, className, grouped, compact, sum, boxes, images, share, chosen, bySplit, added, total, median } = numbers;
  const { element, colour, nothing, present, options, write } = frames;
  const { unknown, numberRows, counted, ofSplits, datasets, range } = series;
  const MOST_BARS = 30;
  const FEWEST_BINS = 8;
  const LONGEST_QUOTED = 40;

  function shortened(text, most) {
    const letters = Array.from(text);
    return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
  }

  function drawClasses(selection) {
    const unit = data.unit === "boxes" ? boxes : images;
    const of = (cls) => chosen(selection).map((split) => data.classes[cls][data.unit][split]);
    const all = data.classes.map((_, cls) => cls).filter((cls) => selection.cls === null || cls === selection.cls);
    const found = all.filter((cls) => sum(of(cls))).sort((one, other) => sum(of(other)) - sum(of(one)) || one - other);
    if (!found.length) return nothing("classes", `No ${data.unit} here.`);
    const drawn = found.slice(0, MOST_BARS);
    const names = drawn.map(className);
    const totals = drawn.map((cls) => sum(of(cls)));
    const rows = chosen(selection).map((_, place) => drawn.map((cls) => of(cls)[place]));
    const most = Math.max(9, Math.min(26, Math.floor(element("classes-card").clientWidth / 22)));
    element("classes-frame").style.height = `${drawn.length * 22 + 44}px`;
    const quoted = (cls) => `“${shortened(className(cls), LONGEST_QUOTED)}”`;
    let summary = `${quoted(drawn[0])}: ${unit(totals[0])}.`;
    if (found.length > 1) {
      const rarest = found[found.length - 1];
      summary = `${quoted(drawn[0])} is the most frequent with ${unit(totals[0])}, ${quoted(rarest)} the rarest of ${grouped.format(found.length)} with ${grouped.format(sum(of(rarest)))}.`;
      if (found.length > drawn.length) summary += ` The ${MOST_BARS} most frequent are drawn; all are in the table above.`;
    }
    const [head, body] = numberRows(names, rows, totals, selection);
    return present("classes", summary, head, body, {
      type: "bar",
      data: { labels: names.map((name) => shortened(name, most)), datasets: datasets(rows, selection, (counts) => counts) },
      marks: (chart) => {
        const last = chart.getDatasetMeta(chart.data.datasets.length - 1);
        last.data.forEach((bar, place) => {
          const end = Math.max(...chart.data.datasets.map((_, number) => chart.getDatasetMeta(number).data[place].x));
          write(chart, compact.format(totals[place]), end + 6, bar.y);
        });
      },
      options: options(ofSplits((place) => names[place]), {
        x: { ...counted(), grid: { drawTicks: false } },
        y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false, color: colour("text") } },
      }, { indexAxis: "y", layout: { padding: { right: 44 } } }),
    });
  }

  /** Bars over the octaves of a quantity whose bins are equally wide in octaves. */
  function drawOctaves(id, edges, label, tick, title, summarise, selection, marks) {
    const rows = bySplit(id, selection);
    if (rows.includes(null)) return nothing(id, unknown());
    const counts = added(rows);
    if (!sum(counts)) return nothing(id, "No boxes here.");
    const first = Math.log2(edges[0]);
    const step = Math.log2(edges[1]) - first;
    const [from, to] = span(counts, FEWEST_BINS);
    const points = (values) => values.slice(from, to).map((value, place) => ({ x: first + (from + place - 0.5) * step, y: value }));
    const shown = datasets(rows, selection, points);
    for (const one of shown) one.counts = one.counts.slice(from, to);
    const [head, body] = numberRows(counts.map((_, bin) => label(bin)), rows, counts, selection);
    return present(id, summarise(counts), head, body, {
      type: "bar",
      data: { datasets: shown },
      marks,
      options: options(ofSplits((place) => label(from + place)), {
        x: { type: "linear", stacked: true, offset: false, min: first + (from - 1) * step, max: first + (to - 1) * step, grid: { offset: false, drawOnChartArea: false }, ticks: { callback: tick, maxRotation: 0 }, title: { text: title }, afterBuildTicks: whole },
        y: counted(),
      }, { layout: { padding: { top: marks ? 22 : 4 } } }),
    });
  }

  function whole(axis) {
    const from = Math.ceil(axis.min);
    axis.ticks = Array.from({ length: Math.floor(axis.max) - from + 1 }, (_, place) => ({ value: from + place }));
  }

  /** The range of bins that hold something and one on each side, widened to at least so many. */
  function span(counts, fewest) {
    let from = Math.max(0, counts.findIndex((value) => value) - 1);
    let to = Math.min(counts.length, counts.findLastIndex((value) => value) + 2);
    while (to - from < Math.min(fewest, counts.length)) {
      if (from > 0) from -= 1;
      if (to < counts.length) to += 1;
    }
    return [from, to];
  }

  const rounded = (value) => (value < 10 ? value.toFixed(1).replace(/\.0$/, "") : grouped.format(Math.round(value)));

  const sizeLabel = (bin) => `${range(data.edges.sizes, bin, rounded)} px`;
  const ratio = (value) => value.toFixed(2);
  const aspectLabel = (bin) => range(data.edges.aspects, bin, ratio);
  const aspectTick = (value) => (value >= 0 ? `${2 ** value}:1` : `1:${2 ** -value}`);

  function drawSizes(selection) {
    const rows = bySplit("areas", selection);
    const areas = rows.includes(null) ? [0, 0, 0] : added(rows);
    const names = ["small", "medium", "large"];
    const shares = areas.map((area) => share(area / sum(areas)));
    const marks = (chart) => {
      const { left, right, top, bottom } = chart.chartArea;
      const borders = [left, ...[32, 96].map((side) => Math.min(right, Math.max(left, chart.scales.x.getPixelForValue(Math.log2(side))))), right];
      const { ctx } = chart;
      ctx.save();
      ctx.strokeStyle = colour("quiet");
      ctx.setLineDash([4, 3]);
      for (const x of borders.slice(1, 3).filter((border) => border > left && border < right)) {
        ctx.beginPath();
        ctx.moveTo(x, top - 20);
        ctx.lineTo(x, bottom);
        ctx.stroke();
      }
      ctx.restore();
      names.forEach((name, place) => {
        const text = [`${name} ${shares[place]}`, name, ""].find((one) => ctx.measureText(one).width + 8 < borders[place + 1] - borders[place]);
        write(chart, text ?? "", (borders[place] + borders[place + 1]) / 2, top - 12, "center");
      });
    };
    const summarise = (counts) =>
      `${boxes(sum(counts))}: ${areas.map((area, place) => `${grouped.format(area)} ${names[place]} (${shares[place]})`).join(", ")}. The median is ${sizeLabel(median(counts))}.`;
    drawOctaves("sizes", data.edges.sizes, sizeLabel, (value) => grouped.format(2 ** value), "root of the area, px", summarise, selection, marks);
  }

  function drawAspects(selection) {
    const square = data.edges.aspects.indexOf(1) + 1;
    const long = data.edges.aspects.indexOf(4) + 1;
    const summarise = (counts) => {
      const wide = sum(counts.slice(square)) / sum(counts);
      const far = (sum(counts.slice(long)) + sum(counts.slice(0, data.edges.aspects.indexOf(0.25) + 1))) / sum(counts);
      return `${share(wide)} are at least as wide as high, ${share(1 - wide)} higher than wide; ${share(far)} beyond 4:1 or 1:4. The median is ${aspectLabel(median(counts))}.`;
    };
    drawOctaves("aspects", data.edges.aspects, aspectLabel, aspectTick, "higher  ←  width : height  →  wider", summarise, selection);
  }

  function drawPerImage(selection) {
    const rows = bySplit("per_image", selection);
    if (rows.includes(null)) return nothing("per_image", unknown());
    const from = selection.cls === null ? 0 : 1;
    const counts = added(rows);
    if (!sum(counts.slice(1))) return nothing("per_image", "No boxes here.");
    const edges = data.edges.per_image;
    const labels = counts.map((_, bin) => {
      if (bin === 0) return "0";
      if (bin === edges.length) return `${edges[bin - 1]}+`;
      return edges[bin] - edges[bin - 1] === 1 ? `${edges[bin - 1]}` : `${edges[bin - 1]}–${edges[bin] - 1}`;
    });
    const to = Math.max(counts.findLastIndex((value) => value) + 1, from + 6);
    const shown = rows.map((row) => row.slice(from, to));
    const what = selection.cls === null ? "boxes" : "boxes of the class";
    const [head, body] = numberRows(labels.slice(from, to), shown, counts.slice(from, to), selection);
    const with_ = sum(counts.slice(1));
    const mean = with_ === 1 ? "" : `, ${(total("boxes", selection) / with_).toFixed(1)} in each on average`;
    const summary = `${images(with_)} with ${what}${mean}${counts[0] && selection.cls === null ? `; ${grouped.format(counts[0])} without` : ""}.`;
    return present("per_image", summary, head, body, {
      type: "bar",
      data: { labels: labels.slice(from, to), datasets: datasets(shown, selection, (values) => values) },
      options: options(ofSplits((place) => `${labels[from + place]} ${labels[from + place] === "1" ? "box" : "boxes"} in the image`), {
        x: { stacked: true, grid: { display: false }, title: { text: what } },
        y: { ...counted(), title: { text: "images" } },
      }),
    });
  }

  return { drawClasses, drawSizes, drawAspects, drawPerImage };
})();
