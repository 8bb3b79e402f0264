"use strict";
// The frame of each chart: a sentence, a canvas, a table of numbers, or why there is nothing; and the looks all share.
const frames = (() => {
  const { data, charted, grouped, compact, sum, chosen } = numbers;
  const known = new Map();
  const element = (id) => document.getElementById(id);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // What the frame of each chart holds: a sentence, a canvas, a table of numbers; or why there is nothing.

  function nothing(id, text) {
    known.get(id)?.destroy();
    known.delete(id);
    element(`${id}-summary`).textContent = "";
    element(`${id}-nothing`).textContent = text;
    show(id, false);
  }

  function show(id, drawn) {
    element(`${id}-nothing`).hidden = drawn;
    element(`${id}-frame`).hidden = !drawn;
    for (const part of [element(`${id}-scale`), element(`${id}-card`).querySelector(".numbers")]) {
      if (part) part.hidden = !drawn;
    }
  }

  function present(id, summary, head, rows, config) {
    show(id, true);
    element(`${id}-summary`).textContent = summary;
    element(`${id}-numbers`).replaceChildren(tablePart("thead", [head]), tablePart("tbody", rows));
    const chart = known.get(id);
    if (chart) {
      Object.assign(chart, { marks: config.marks });
      chart.data = config.data;
      chart.options = config.options;
      chart.resize();
      chart.update();
    } else {
      const plugins = [{ id: "marks", afterDatasetsDraw: (drawn) => (drawn.marks ?? config.marks)?.(drawn) }];
      known.set(id, new Chart(element(`${id}-chart`), { ...config, plugins }));
    }
  }

  function tablePart(name, rows) {
    const part = document.createElement(name);
    for (const row of rows) {
      const line = part.insertRow();
      row.forEach((value, place) => {
        const cell = document.createElement(name === "thead" || place === 0 ? "th" : "td");
        if (cell.tagName === "TH") cell.scope = name === "thead" ? "col" : "row";
        if (place) cell.className = "number";
        cell.textContent = typeof value === "number" ? grouped.format(value) : value;
        line.append(cell);
      });
    }
    return part;
  }

  function numberRows(labels, rows, ofAll, selection) {
    const several = rows.length > 1;
    const head = ["", ...chosen(selection).map((split) => data.splits[split]), ...(several ? ["all"] : [])];
    const body = labels
      .map((label, place) => [label, ...rows.map((row) => row[place]), ...(several ? [ofAll[place]] : [])])
      .filter((row) => row.slice(1).some((value) => value));
    return [head, body];
  }

  // Looks that all charts share.

  function options(tooltip, scales, extra = {}) {
    const text = colour("quiet");
    for (const scale of Object.values(scales)) {
      scale.ticks = { color: text, ...scale.ticks };
      scale.border = { color: colour("line"), ...scale.border };
      scale.grid = { color: colour("faint"), tickColor: colour("line"), ...scale.grid };
      if (scale.title) scale.title = { display: true, color: text, ...scale.title };
    }
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false, axis: extra.indexAxis ?? "x" },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colour("text"), titleColor: colour("card"), bodyColor: colour("card"),
          footerColor: colour("card"), padding: 10, cornerRadius: 6, boxPadding: 4, callbacks: tooltip,
          filter: (item) => item.raw?.v !== 0 && item.parsed?.[extra.indexAxis === "y" ? "x" : "y"] !== 0,
        },
      },
      scales,
      ...extra,
    };
  }

  const counted = () => ({ stacked: true, beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 6, callback: (value) => compact.format(value) } });
  const ofSplits = (title) => ({
    title: ([item]) => (item ? title(item.dataIndex) : ""),
    label: (item) => ` ${data.splits[item.dataset.split]}: ${grouped.format(item.dataset.counts[item.dataIndex])}`,
    footer: (items) => (items.length > 1 ? `all: ${grouped.format(sum(items.map((item) => item.dataset.counts[item.dataIndex])))}` : ""),
  });

  function datasets(rows, selection, points) {
    return rows.map((counts, place) => {
      const split = chosen(selection)[place];
      return { label: data.splits[split], split, counts, data: points(counts), backgroundColor: colour(`split-${split % 6}`), barPercentage: 1, categoryPercentage: 0.92 };
    });
  }

  /** Writes text on a chart. */
  function write(chart, text, x, y, align = "left") {
    const { ctx } = chart;
    ctx.save();
    ctx.fillStyle = colour("quiet");
    ctx.font = `12px ${Chart.defaults.font.family}`;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.fillText(text, x, y);
    ctx.restore();
  }

  function range(edges, bin, text) {
    if (bin === 0) return `below ${text(edges[0])}`;
    return bin === edges.length ? `${text(edges[bin - 1])} and more` : `${text(edges[bin - 1])}–${text(edges[bin])}`;
  }

  const unknown = () => `Only the ${charted === 1 ? "most frequent class has" : `${charted} most frequent classes have`} this chart on the page.`;
  const resize = () => known.forEach((chart) => chart.resize());

  return { element, colour, nothing, unknown, present, numberRows, options, counted, ofSplits, datasets, write, range, resize };
})();
