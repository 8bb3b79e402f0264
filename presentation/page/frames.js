"use strict";
// The frame of each chart: a sentence, a canvas, a table of numbers, or why there is nothing; and the looks all share.
const frames = (() => {
  const known = new Map();
  const grouped = new Intl.NumberFormat("en");
  const element = (id) => document.getElementById(id);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

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

  const resize = () => known.forEach((chart) => chart.resize());

  return { element, colour, nothing, present, options, write, resize };
})();
