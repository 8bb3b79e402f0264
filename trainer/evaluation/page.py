"""The page of an evaluation as one HTML file that needs nothing else: no network, no other file, no clock."""

import shlex
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from presentation.page.rendering import asset, environment, licences, shown
from presentation.wording import counted
from trainer.evaluation.mistakes import Mistakes
from trainer.evaluation.page_data import (
    MOST_ROWS,
    Row,
    chart_data,
    confusion_table,
    findings,
    pairs_of,
    rows_of,
)
from trainer.evaluation.result import Evaluation

MOST_CHARACTERS = 1_900_000
"""Of all drawings together, as the page holds them, so that it stays below 3 MB."""

_PACKAGE = "trainer.evaluation"
_STYLES = (("presentation", "page/base.css"), (_PACKAGE, "assets/page.css"))
_SCRIPTS = (
    ("presentation", "vendor/chart.umd.min.js"),
    ("presentation", "page/frames.js"),
    ("presentation", "page/theme.js"),
    ("presentation", "page/viewer.js"),
    (_PACKAGE, "assets/page_charts.js"),
    (_PACKAGE, "assets/page.js"),
)


class Drawing(NamedTuple):
    """A picture with its objects and detections drawn on it."""

    width: int
    height: int
    """Pixels, of the drawing."""
    jpeg: bytes
    """b'' if it could not be drawn."""
    problem: str = ""
    """Why not."""


class _Tile(NamedTuple):
    """A picture as the page shows it."""

    mistakes: Mistakes
    note: str
    rows: tuple[Row, ...]
    """Of the classes that are concerned."""
    command: str
    address: str
    """Of the drawing: a data URL; '' if there is none."""
    width: int
    height: int
    problem: str


def render_page(evaluation: Evaluation, drawings: Sequence[Drawing]) -> str:
    """Returns the text of index.html: the same for the same arguments.

    Args:
        evaluation: all figures.
        drawings: of `evaluation.worst`, in the same order.
    """
    rows = rows_of(evaluation)
    page = environment()
    page.filters |= {"figure": figure, "counted": counted}
    text = page.from_string(asset(_PACKAGE, "assets/page.html")).render(
        evaluation=evaluation,
        metrics=evaluation.metrics,
        rows=rows,
        shown=rows[:MOST_ROWS],
        findings=list(findings(evaluation)),
        table=confusion_table(evaluation.metrics, rows),
        pairs=pairs_of(evaluation.metrics, rows),
        tiles=_tiles(evaluation, drawings, rows),
        settings=_settings(evaluation),
        data=chart_data(evaluation, rows[:MOST_ROWS]),
        licences=licences(["Chart.js"]),
        styles=[asset(*name) for name in _STYLES],
        scripts=[asset(*name) for name in _SCRIPTS],
    )
    return shown(text)


def figure(value: float | None) -> str:
    """Returns a figure as a person reads it.

    >>> figure(0.8124), figure(None)
    ('0.812', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def _tiles(evaluation: Evaluation, drawings: Sequence[Drawing], rows: Sequence[Row]) -> list[_Tile]:
    by_label = {row.label: row for row in rows}
    tiles, left = [], MOST_CHARACTERS
    for mistakes, drawing in zip(evaluation.worst, drawings, strict=True):
        address = f"data:image/jpeg;base64,{b64encode(drawing.jpeg).decode()}" if drawing.jpeg else ""
        if len(address) > left:
            continue
        left -= len(address)
        tiles.append(
            _Tile(
                mistakes,
                _note(mistakes),
                tuple(by_label[label] for label in mistakes.classes),
                f"shardbox show . --split {shlex.quote(evaluation.split)} --source_id {mistakes.source_id}",
                address,
                drawing.width,
                drawing.height,
                drawing.problem,
            )
        )
    return tiles


def _note(mistakes: Mistakes) -> str:
    parts = (
        (mistakes.missed, f"{mistakes.missed:,} missed"),
        (mistakes.confused, f"{mistakes.confused:,} confused"),
        (mistakes.false_alarms, counted(mistakes.false_alarms, "false alarm")),
    )
    return ", ".join(text for number, text in parts if number)


def _settings(evaluation: Evaluation) -> list[tuple[str, str]]:
    decoding = [(f"decoding.{name}", str(value)) for name, value in evaluation.decoding.items()]
    return [
        ("input.image_size", str(evaluation.image_size)),
        ("input.resize", evaluation.resize),
        *decoding,
        ("manifest’s SHA-256", evaluation.dataset_sha256),
    ]
