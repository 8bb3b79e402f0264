"""The page as one HTML file that needs nothing else: no network, no other file, no clock."""

import json
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.report.hints import Hints
from beam_pipelines.report.page_data import (
    Overview,
    chart_data,
    counted,
    noun,
    order_of_splits,
    overview_of,
    shown_splits,
    united,
)
from beam_pipelines.report.page_tables import class_rows, findings, split_rows
from beam_pipelines.report.sightings import EXTREMES, Sample
from beam_pipelines.report.sketch import Sketch
from data_contract.manifest import FORMAT_VERSION, Manifest
from presentation.page.rendering import asset, environment, licences, shown
from presentation.wording import readable_size

_ODD = {
    "largest": ("Largest", "the box that takes the largest share of its picture"),
    "smallest": ("Smallest", "the box with the smallest area"),
    "thinnest": ("Thinnest", "the box that is longest for its width"),
    "most_crowded": ("Most crowded", "the picture with the most boxes"),
}
_MOST_IDS = 500
"""Lines of the label map."""
_PLACES = ("class", "negative", *EXTREMES)
_LICENCES = ("Chart.js", "chartjs-chart-matrix")
_PACKAGE = "beam_pipelines.report"
_STYLES = (("presentation", "page/base.css"), (_PACKAGE, "assets/page.css"))
_SCRIPTS = (
    ("presentation", "vendor/chart.umd.min.js"),
    ("presentation", "vendor/chartjs-chart-matrix.min.js"),
    ("presentation", "page/frames.js"),
    ("presentation", "page/theme.js"),
    ("presentation", "page/viewer.js"),
    *((_PACKAGE, f"assets/page_{name}.js") for name in ("numbers", "series", "bars", "heat_maps", "class_list")),
    (_PACKAGE, "assets/page.js"),
)


class Figure(NamedTuple):
    """A picture with its boxes drawn on it."""

    place: str
    """'class', 'negative', or one of `EXTREMES`."""
    sample: Sample
    classes: tuple[str, ...]
    """That are in the picture."""
    title: str
    """Path of the picture, as the record says."""
    note: str
    """What is odd about it, or why it could not be drawn; '' for nothing."""
    width: int
    height: int
    """Pixels, of the drawing."""
    jpeg: bytes
    """b'' if it could not be drawn."""


class RejectSample(NamedTuple):
    """One of the rejects of a code."""

    code: str
    source: str
    line: int
    """Of the source; 0 if it has none."""
    image: str
    message: str


class _Tile(NamedTuple):
    """A figure as the page shows it."""

    figure: Figure
    split: str
    split_place: int
    chips: tuple[tuple[int | None, str], ...]
    """(place of the class among all, its name), the rarest first; no place for a class that is not known."""
    file: str
    command: str
    drawing: str
    """Name of the drawing, which several tiles may show; '' if there is none."""
    address: str
    """Of the drawing: a data URL; '' if a tile above has it."""


def render_page(  # noqa: PLR0917 (what a report is made of)
    manifest: Manifest | None,
    class_ids: Mapping[str, int],
    sketch: Sketch,
    figures: Sequence[Figure],
    rejects: Sequence[RejectSample],
    hints: Hints,
) -> str:
    """Returns the text of index.html: the same for the same arguments.

    Args:
        manifest: of the dataset; None for record files of others, whose splits are named after their files.
        class_ids: class name → id.
        sketch: statistics of all examples.
        figures: drawn pictures, in the order in which they are shown.
        rejects: a few of each code.
        hints: for training.
    """
    splits = order_of_splits(manifest.splits if manifest else (), (split for split, _ in sketch.cells))
    names = shown_splits(splits)
    counts = united(sketch, names)
    overview = overview_of(counts, tuple(dict.fromkeys(names.values())), class_ids)
    data = chart_data(counts, overview)
    text = _template().render(
        manifest=manifest,
        overview=overview,
        data=data,
        split_rows=split_rows(overview, manifest, names),
        class_rows=class_rows(overview),
        most_ids=_MOST_IDS,
        class_ids=sorted(class_ids.items(), key=lambda item: (item[1], item[0])),
        findings=list(findings(overview, manifest, sketch.left_out)),
        charted=len(data["cells"][0]) - 1 if data["cells"] else 0,
        united_splits=len(splits) - len(overview.splits) + 1 if len(splits) > len(overview.splits) else 0,
        hints=hints,
        licences=licences(_LICENCES),
        styles=[asset(*name) for name in _STYLES],
        scripts=[asset(*name) for name in _SCRIPTS],
        **_pictures(_tiles(figures, overview, names)),
        **_history(manifest, rejects),
    )
    return shown(text)


def _pictures(tiles: Sequence[_Tile]) -> dict[str, Any]:
    """Returns the figures in their places on the page."""
    return {
        "examples": [tile for tile in tiles if tile.figure.place == "class"],
        "negatives": [tile for tile in tiles if tile.figure.place == "negative"],
        "odd": [(*_ODD[kind], [tile for tile in tiles if tile.figure.place == kind]) for kind in EXTREMES],
    }


def _history(manifest: Manifest | None, rejects: Sequence[RejectSample]) -> dict[str, Any]:
    """Returns what became of what the job was given; nothing of record files of others."""
    seen, repairs, left_out = (manifest.seen, manifest.repairs, manifest.rejects.counts) if manifest else ({}, {}, {})
    return {
        "seen": ", ".join(counted(count, what) for what, count in sorted(seen.items())),
        "repairs": _reasons(repairs, REPAIRS),
        "rejects": [
            (*reason, [one for one in rejects if one.code == reason[0]]) for reason in _reasons(left_out, REMEDIES)
        ],
        "format_version": FORMAT_VERSION,
    }


def _template() -> Any:
    page = environment()
    page.filters |= {
        "size": readable_size,
        "deviation": _deviation,
        "json": _json,
        "noun": noun,
        "counted": counted,
    }
    return page.from_string(asset(_PACKAGE, "assets/page.html"))


def _tiles(figures: Sequence[Figure], overview: Overview, split_names: Mapping[str, str]) -> list[_Tile]:
    """Returns the tiles in the order of the page: examples next to the others of their rarest class, then the rest."""
    places = {one.name: place for place, one in enumerate(overview.classes)}
    split_places = {name: place for place, name in enumerate(overview.splits)}

    def order(figure: Figure) -> tuple[int, int]:
        if figure.place != "class":
            return _PLACES.index(figure.place), 0
        return 0, max((places.get(name, 0) for name in figure.classes), default=0)

    tiles = []
    drawings: dict[bytes, str] = {}
    for figure in sorted(figures, key=order):
        names = sorted(set(figure.classes), key=lambda name: (-places.get(name, -1), name))
        file = figure.sample.file.replace("\\", "/").rsplit("/", 1)[-1]
        split = split_names.get(figure.sample.split, figure.sample.split)
        is_new = figure.jpeg not in drawings
        tiles.append(
            _Tile(
                figure,
                split,
                split_places.get(split, -1),
                tuple((places.get(name), name) for name in names),
                file,
                _command(figure.sample),
                drawings.setdefault(figure.jpeg, f"drawing-{len(drawings)}") if figure.jpeg else "",
                f"data:image/jpeg;base64,{b64encode(figure.jpeg).decode()}" if figure.jpeg and is_new else "",
            )
        )
    return tiles


def _command(sample: Sample) -> str:
    """Returns what shows a record, for the folder that holds all record files."""
    file = f"./{sample.file}" if sample.file.startswith("-") else sample.file
    return f"shardbox show {shlex.quote(file)} --index {sample.number}"


def _reasons(counts: Mapping[str, int], meanings: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Returns (code, count, meaning), the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(code, count, meanings.get(code, "")) for code, count in ordered]


def _json(value: Any) -> str:
    """Returns an option as a person reads it; what is no ASCII stays."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _deviation(value: float) -> str:
    """Returns a deviation as a person reads it.

    >>> _deviation(-0.25), _deviation(0.001), _deviation(5)
    ('−25%', '±0%', '× 6')
    """
    percent = round(value * 100)
    if percent == 0:
        return "±0%"
    return f"× {value + 1:.0f}" if percent >= 200 else f"{'+' if percent > 0 else '−'}{abs(percent)}%"
