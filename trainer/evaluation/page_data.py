"""What the page of an evaluation shows: rows, the table of confusions, what is worth knowing, numbers for charts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Any, NamedTuple

import numpy as np

from presentation.drawing.colours import Colour, colour_of_number, hex_of, seen_on
from presentation.page.rendering import class_name
from presentation.wording import counted
from trainer.evaluation.confusion import BACKGROUND, Cell
from trainer.evaluation.metrics import ClassMetrics, Metrics
from trainer.evaluation.result import Evaluation

MOST_ROWS = 500
"""Classes in the table."""
MOST_CURVES = 300
"""Classes with a curve of precision."""
_MOST_CONFUSED = 20
_MOST_BESIDE_OTHERS = 16
"""Classes in the table of confusions; fewer where others are counted as one."""
_MOST_PAIRS = 12
_MOST_NAMED = 8
_FEW_OBJECTS = 10
_CARDS: tuple[Colour, Colour] = ((255, 255, 255), (26, 30, 34))
"""What charts are drawn on, in light and in dark (`--card` in base.css)."""


class Row(NamedTuple):
    """A class in the table."""

    label: int
    class_id: int
    colour: str
    """As '#rrggbb'."""
    metrics: ClassMetrics


class HeatCell(NamedTuple):
    """A number of the table of confusions."""

    number: int
    part: float
    """0..1: how strong its colour is."""
    is_right: bool
    title: str
    """What it says, in words."""


class ConfusionTable(NamedTuple):
    """Objects by what they are (rows) and what they are found as (columns)."""

    columns: tuple[tuple[str, str], ...]
    """(name, colour) of the classes, '' for several; the last column of the table is what is missed."""
    rows: tuple[tuple[str, str, tuple[HeatCell, ...]], ...]
    """(name, colour, cells); the last row is what is found where there is nothing."""
    others: int
    """Classes that are counted as one, the last but one of both."""


class Pair(NamedTuple):
    """Objects of one class that are found as another."""

    truth: Row
    found: Row
    number: int
    share: float
    """Of the objects of the class."""


def rows_of(evaluation: Evaluation) -> list[Row]:
    """Returns the classes, those with the most objects first."""
    rows = [
        Row(label, number, hex_of(colour_of_number(number)), one)
        for label, (number, one) in enumerate(zip(evaluation.class_ids, evaluation.metrics.classes, strict=True))
    ]
    return sorted(rows, key=lambda row: (-row.metrics.objects, row.label))


def chart_data(evaluation: Evaluation, rows: Sequence[Row]) -> dict[str, Any]:
    """Returns the numbers of the charts, as the page's scripts read them; figures have four digits.

    Args:
        evaluation: all of it.
        rows: the classes that are shown, in their order.
    """
    metrics = evaluation.metrics
    curves = {row.label: row.metrics.curve for row in rows[:MOST_CURVES] if row.metrics.curve}
    every = [one.curve for one in metrics.classes if one.curve]
    return {
        "classes": [
            {
                "label": row.label,
                "name": class_name(row.metrics.name),
                "objects": row.metrics.objects,
                "colours": [hex_of(seen_on(card, colour_of_number(row.class_id))) for card in _CARDS],
                "figures": _short(astuple(row.metrics.coco)),
            }
            for row in rows
        ],
        "figures": _short(astuple(metrics.coco)),
        "sizes": metrics.objects_by_size,
        "curves": {label: _short(curve, 3) for label, curve in curves.items()},
        "mean_curve": _short(np.mean(every, axis=0).tolist(), 3) if every else [],
        "score": round(metrics.confusion.score, 6),
        "right": metrics.confusion.right_by_score,
        "wrong": metrics.confusion.wrong_by_score,
    }


def findings(evaluation: Evaluation) -> Iterator[str]:
    """Yields sentences on what a reader of the figures has to know."""
    metrics = evaluation.metrics
    if evaluation.was_trained_on:
        yield "The detector was trained on this split: on other pictures it will not be as good."
    if not metrics.objects:
        yield "There is no object to find in this split, and so nothing to measure."
        return
    absent = [one.name for one in metrics.classes if not one.objects]
    if absent:
        yield f"Without an object in this split, and so without figures: {_listed(absent)}."
    few = [one.name for one in metrics.classes if 0 < one.objects < _FEW_OBJECTS]
    if few:
        yield f"Fewer than {_FEW_OBJECTS} objects, so that chance has a large part in their figures: {_listed(few)}."
    if not metrics.detections:
        yield "The detector finds nothing at all: was it trained long enough?"
    elif not any(metrics.confusion.right_by_score):
        yield "No detection is right: was the detector trained long enough, and on boxes like these?"
    if metrics.crowds or metrics.difficult:
        parts = [counted(metrics.crowds, "crowd")] if metrics.crowds else []
        parts += [counted(metrics.difficult, "difficult object")] if metrics.difficult else []
        yield f"{' and '.join(parts)} need not be found: a detection there counts neither for nor against."


def confusion_table(metrics: Metrics, rows: Sequence[Row]) -> ConfusionTable:
    """Returns the table of confusions of all classes, or of those that are confused most, the others as one.

    Args:
        metrics: all figures.
        rows: all classes, in the order in which they are shown.
    """
    cells = metrics.confusion.cells
    present = {cell.truth for cell in cells} | {cell.found for cell in cells}
    shown = [row for row in rows if row.label in present]
    others = 0
    if len(shown) > _MOST_CONFUSED:
        confused = _confused(cells)
        kept = {row.label for row in sorted(shown, key=lambda row: -confused[row.label])[:_MOST_BESIDE_OTHERS]}
        others = len(shown) - len(kept)
        shown = [row for row in shown if row.label in kept]
    places = {row.label: place for place, row in enumerate(shown)} | {BACKGROUND: len(shown) + bool(others)}
    heads = [(class_name(row.metrics.name), row.colour) for row in shown]
    heads += [(counted(others, "other class", "other classes"), "")] if others else []
    counts = np.zeros((len(heads) + 1, len(heads) + 1), np.int64)
    for cell in cells:
        counts[places.get(cell.truth, len(shown)), places.get(cell.found, len(shown))] += cell.count
    return ConfusionTable(tuple(heads), tuple(_confusion_rows(counts, heads, len(shown))), others)


def pairs_of(metrics: Metrics, rows: Sequence[Row]) -> list[Pair]:
    """Returns which classes are taken for which others, the most frequent first."""
    by_label = {row.label: row for row in rows}
    wrong = [cell for cell in metrics.confusion.cells if BACKGROUND not in (cell.truth, cell.found)]
    wrong = sorted((cell for cell in wrong if cell.truth != cell.found), key=lambda cell: -cell.count)[:_MOST_PAIRS]
    return [
        Pair(
            by_label[cell.truth],
            by_label[cell.found],
            cell.count,
            cell.count / by_label[cell.truth].metrics.objects,
        )
        for cell in wrong
    ]


def _confused(cells: Sequence[Cell]) -> Counter[int]:
    """Returns how often each class is taken for another or another for it."""
    confused = Counter[int]()
    for cell in cells:
        if cell.truth != cell.found and BACKGROUND not in (cell.truth, cell.found):
            confused[cell.truth] += cell.count
            confused[cell.found] += cell.count
    return confused


def _confusion_rows(counts: Any, heads: Sequence[tuple[str, str]], known: int) -> Iterator[tuple[str, str, Any]]:
    """Yields the rows: shares are of the objects of a class, and in the last row of the detections of a class.

    Args:
        counts: int [n + 1, n + 1].
        heads: n names and colours.
        known: so many of them are classes, the rest stand for several.
    """
    names = [name for name, _ in heads]
    of_rows, of_columns = counts.sum(axis=1), counts.sum(axis=0)
    for i, (name, colour) in enumerate([*heads, ("nothing there", "")]):
        cells = []
        for j, found in enumerate([*names, ""]):
            count, is_last = int(counts[i, j]), i == len(names)
            whole = int(of_columns[j] if is_last else of_rows[i])
            part = count / whole if whole else 0.0
            if is_last:
                title = f"{count:,} of {whole:,} detections of {found}: nothing is there" if found else ""
            elif found:
                title = f"{count:,} of {whole:,} objects of {name}: found as {found}"
            else:
                title = f"{count:,} of {whole:,} objects of {name}: missed"
            is_plain = i == j >= known
            cells.append(HeatCell(count, 0.0 if is_plain else part, i == j, title))
        yield name, colour, tuple(cells)


def _listed(names: Sequence[str]) -> str:
    shown = [class_name(name) for name in names[:_MOST_NAMED]]
    rest = len(names) - len(shown)
    return ", ".join([*shown, f"and {rest:,} more"] if rest else shown)


def _short(values: Sequence[float | None], digits: int = 4) -> list[float | None]:
    return [None if value is None else round(value, digits) for value in values]
