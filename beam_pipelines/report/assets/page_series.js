"use strict";
// What the charts of the report have in common: series by split, tables of their numbers, names of bins.
const series = (() => {
  const { data, charted, grouped, compact, sum, chosen } = numbers;
  const { colour } = frames;

  function numberRows(labels, rows, ofAll, selection) {
    const several = rows.length > 1;
    const head = ["", ...chosen(selection).map((split) => data.splits[split]), ...(several ? ["all"] : [])];
    const body = labels
      .map((label, place) => [label, ...rows.map((row) => row[place]), ...(several ? [ofAll[place]] : [])])
      .filter((row) => row.slice(1).some((value) => value));
    return [head, body];
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

  function range(edges, bin, text) {
    if (bin === 0) return `below ${text(edges[0])}`;
    return bin === edges.length ? `${text(edges[bin - 1])} and more` : `${text(edges[bin - 1])}–${text(edges[bin])}`;
  }

  const unknown = () => `Only the ${charted === 1 ? "most frequent class has" : `${charted} most frequent classes have`} this chart on the page.`;

  return { numberRows, counted, ofSplits, datasets, range, unknown };
})();
