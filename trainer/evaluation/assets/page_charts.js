"use strict";
// The charts of an evaluation: each function draws one; `label` is the class that is chosen, or null for all.
const charts = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { element, colour, nothing, present, options } = frames;
  const MOST_TOGETHER = 6;
  const MOST_BARS = 24;
  const SIZES = ["small", "medium", "large"];
  const grouped = new Intl.NumberFormat("en");
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const figure = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const count = (number, noun) => `${grouped.format(number)} ${noun}${number === 1 ? "" : "s"}`;
  const [AP, AP50, AP_SIZES, AR_SIZES] = [0, 1, 3, 9];
  const measured = data.classes.filter(({ figures }) => figures[AP] !== null);
  const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";
  const of = (label) => data.classes.find((one) => one.label === label);

  function shortened(text, most) {
    const letters = Array.from(text);
    return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
  }

  /** Names the series above the chart, by a box or by a line. */
  function withLegend(made, pointStyle = "rect") {
    const labels = { color: colour("quiet"), usePointStyle: true, pointStyle, pointStyleWidth: pointStyle === "line" ? 28 : 12 };
    made.plugins.legend = { display: true, align: "end", onClick: () => {}, labels };
    return made;
  }

  // Precision by recall.

  function lines(label) {
    const mean = { name: "mean of all classes", curve: data.mean_curve, ap50: data.figures[AP50], borderColor: colour("text"), borderDash: [5, 4] };
    const curved = measured.filter((one) => data.curves[one.label]);
    const chosen = label === null ? (measured.length <= MOST_TOGETHER ? curved : []) : curved.filter((one) => one.label === label);
    const drawn = chosen.map((one) => ({
      name: one.name, curve: data.curves[one.label], ap50: one.figures[AP50],
      borderColor: one.colours[isDark() ? 1 : 0], borderDash: [],
    }));
    return measured.length > 1 ? [...drawn, mean] : drawn;
  }

  function drawCurves(label) {
    if (!measured.length) return nothing("curves", "There is no object to find.");
    if (label !== null && !data.curves[label]) {
      return nothing("curves", of(label)?.figures[AP] === null ? "There is no object of this class." : "Classes with few objects have no curve on this page.");
    }
    const shown = lines(label);
    const best = [...shown].sort((one, other) => other.ap50 - one.ap50);
    const summary = `AP50: ${best.map(({ name, ap50 }) => `${shortened(name, 40)} ${figure(ap50)}`).join(", ")}.`;
    const steps = Array.from({ length: 11 }, (_, place) => place * 10);
    const head = ["recall", ...steps.map((step) => (step / 100).toFixed(1))];
    const body = shown.map(({ name, curve }) => [name, ...steps.map((step) => figure(curve[step]))]);
    const axis = (title) => ({ type: "linear", min: 0, max: 1, title: { text: title }, ticks: { stepSize: 0.2, callback: (value) => value.toFixed(1) } });
    return present("curves", summary, head, body, {
      type: "line",
      data: {
        datasets: shown.map(({ name, curve, borderColor, borderDash }) => ({
          label: shortened(name, 28), data: curve.map((y, place) => ({ x: place / 100, y })), borderColor, borderDash,
          backgroundColor: borderColor, borderWidth: 2, pointRadius: 0, pointHitRadius: 6,
        })),
      },
      options: withLegend(options({
        title: ([item]) => (item ? `recall ${item.parsed.x.toFixed(2)}` : ""),
        label: (item) => ` ${item.dataset.label}: ${item.parsed.y.toFixed(3)}`,
      }, { x: axis("recall"), y: axis("precision") }), "line"),
    });
  }

  // Average precision by class.

  function drawBars(label) {
    if (!measured.length) return nothing("bars", "There is no object to find.");
    const ordered = [...measured].sort((one, other) => other.figures[AP] - one.figures[AP] || one.label - other.label);
    const drawn = ordered.slice(-MOST_BARS);
    const quoted = (one) => `“${shortened(one.name, 40)}” with ${figure(one.figures[AP])}`;
    const [first, last] = [ordered[0], ordered[ordered.length - 1]];
    let summary = `${quoted(first)}.`;
    if (ordered.length > 1) summary = `Best is ${quoted(first)}, worst of ${grouped.format(ordered.length)} ${quoted(last)}.`;
    if (drawn.length < ordered.length) summary += ` The ${MOST_BARS} worst are drawn; the table above has the others.`;
    const most = Math.max(9, Math.min(26, Math.floor(element("bars-card").clientWidth / 22)));
    element("bars-frame").style.height = `${drawn.length * 22 + 76}px`;
    const shade = (one, strong) => `${colour(label === null || one.label === label ? "split-0" : "quiet")}${strong ? "" : "66"}`;
    const bars = (name, values, strong) => ({ label: name, data: values, backgroundColor: drawn.map((one) => shade(one, strong)), barPercentage: 1, categoryPercentage: 0.8 });
    const head = ["", "AP", "AP50", "AP75"];
    return present("bars", summary, head, drawn.map(({ name, figures }) => [name, ...figures.slice(0, 3).map(figure)]), {
      type: "bar",
      data: {
        labels: drawn.map(({ name }) => shortened(name, most)),
        datasets: [
          bars("AP", drawn.map(({ figures }) => figures[AP]), true),
          bars("beyond it, up to AP50", drawn.map(({ figures }) => figures[AP50] - figures[AP]), false),
        ],
      },
      options: withLegend(options({
        title: ([item]) => (item ? drawn[item.dataIndex].name : ""),
        label: (item) => ` ${item.datasetIndex ? "AP50" : "AP"} ${figure(drawn[item.dataIndex].figures[item.datasetIndex ? AP50 : AP])}`,
      }, {
        x: { stacked: true, min: 0, max: 1, ticks: { stepSize: 0.2, callback: (value) => value.toFixed(1) } },
        y: { stacked: true, grid: { display: false }, ticks: { autoSkip: false } },
      }, { indexAxis: "y" })),
    });
  }

  // By size.

  function drawSizes(label) {
    const figures = label === null ? data.figures : of(label).figures;
    const [precision, recall] = [AP_SIZES, AR_SIZES].map((place) => figures.slice(place, place + 3));
    if (precision.every((value) => value === null)) return nothing("sizes", "There is no object to find.");
    const named = label === null ? "" : `“${shortened(of(label).name, 40)}”: `;
    const parts = SIZES.map((size, place) => (precision[place] === null ? `no ${size} ones` : `${size} ${figure(precision[place])}`));
    const labels = label === null ? SIZES.map((size, place) => [size, count(data.sizes[place], "object")]) : SIZES;
    const bars = (name, values, series) => ({ label: name, data: values, backgroundColor: colour(`split-${series}`), categoryPercentage: 0.6, barPercentage: 0.9 });
    const names = ["AP", "AR (100 detections)"];
    return present("sizes", `${named}AP: ${parts.join(", ")}.`, ["", ...names], SIZES.map((size, place) => [size, figure(precision[place]), figure(recall[place])]), {
      type: "bar",
      data: { labels, datasets: [bars(names[0], precision, 0), bars(names[1], recall, 1)] },
      options: withLegend(options({ title: ([item]) => (item ? SIZES[item.dataIndex] : ""), label: (item) => ` ${item.dataset.label} ${figure(item.parsed.y)}` }, {
        x: { grid: { display: false } },
        y: { min: 0, max: 1, ticks: { stepSize: 0.2, callback: (value) => value.toFixed(1) } },
      })),
    });
  }

  // Scores.

  function drawScores() {
    const bins = data.right.length;
    const [right, wrong] = [data.right, data.wrong].map(sum);
    if (!right && !wrong) return nothing("scores", "There are no detections.");
    const above = (counts) => sum(counts.filter((_, bin) => (bin + 0.5) / bins >= data.score));
    const range = (bin) => `${(bin / bins).toFixed(2)}–${((bin + 1) / bins).toFixed(2)}`;
    const labels = data.right.map((_, bin) => range(bin));
    const summary = `${count(right + wrong, "detection")}: ${grouped.format(right)} right, ${grouped.format(wrong)} wrong. The line is at ${figure(data.score)}${above(data.right) ? "" : ", above all of them"}.`;
    const body = labels.map((text, bin) => [text, data.right[bin], data.wrong[bin]]).filter((row) => row[1] || row[2]);
    const marks = (chart) => {
      const { left, right: end, top, bottom } = chart.chartArea;
      const x = left + (end - left) * data.score;
      const { ctx } = chart;
      ctx.save();
      ctx.strokeStyle = colour("quiet");
      ctx.setLineDash([4, 3]);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, bottom);
      ctx.stroke();
      ctx.restore();
    };
    const bars = (name, counts, series) => ({ label: name, data: counts.map((y, bin) => ({ x: (bin + 0.5) / bins, y })), backgroundColor: colour(`split-${series}`), barPercentage: 1, categoryPercentage: 0.92 });
    return present("scores", summary, ["score", "right", "wrong"], body, {
      type: "bar",
      data: { datasets: [bars("right", data.right, 0), bars("wrong", data.wrong, 1)] },
      options: withLegend(options({ title: ([item]) => (item ? `score ${labels[item.dataIndex]}` : ""), label: (item) => ` ${grouped.format(item.parsed.y)} ${item.dataset.label}` }, {
        x: { type: "linear", offset: false, stacked: true, min: 0, max: 1, grid: { display: false }, title: { text: "score" }, ticks: { stepSize: 0.2, callback: (value) => value.toFixed(1) } },
        y: { stacked: true, beginAtZero: true, ticks: { precision: 0, maxTicksLimit: 6 }, title: { text: "detections" } },
      })),
      marks,
    });
  }

  function draw(label) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const chart of [drawCurves, drawBars, drawSizes, drawScores]) chart(label);
  }

  return { data, measured, draw };
})();
