"""The page as one HTML file that needs nothing else: no network, no other file, no clock."""

import json
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.report.hints import Hints
from beam_pipelines.report.page_data import (
    MOST_CHARTED,
    MOST_ROWS,
    Overview,
    chart_data,
    order_of_splits,
    overview_of,
    shown,
    shown_splits,
    united,
)
from beam_pipelines.report.page_tables import class_rows, findings, split_rows
from beam_pipelines.report.sketch import EXTREMES, Sample, Sketch
from beam_pipelines.summary import readable_size
from data_contract.manifest import FORMAT_VERSION, Manifest

_ODD = {
    "largest": ("Largest", "the box that takes the largest share of its picture"),
    "smallest": ("Smallest", "the box with the smallest area"),
    "thinnest": ("Thinnest", "the box that is longest for its width"),
    "most_crowded": ("Most crowded", "the picture with the most boxes"),
}
_LICENCES = {"Chart.js": "vendor/chart.js-LICENSE.md", "chartjs-chart-matrix": "vendor/chartjs-chart-matrix-LICENSE"}
_SCRIPTS = (
    "vendor/chart.umd.min.js",
    "vendor/chartjs-chart-matrix.min.js",
    "page_numbers.js",
    "page_frames.js",
    "page_bars.js",
    "page_heat_maps.js",
    "page_class_list.js",
    "page.js",
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
    """(place of the class among the rows of the table, its name), the rarest first."""
    file: str
    command: str
    address: str
    """Of the drawing: a data URL; '' if there is none."""


def render_page(  # noqa: PLR0917 (what a report is made of)
    title: str,
    manifest: Manifest | None,
    class_ids: Mapping[str, int],
    sketch: Sketch,
    figures: Sequence[Figure],
    rejects: Sequence[RejectSample],
    hints: Hints,
) -> str:
    """Returns the text of index.html: the same for the same arguments.

    Args:
        title: name of the dataset.
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
    text = _template().render(
        title=title,
        manifest=manifest,
        overview=overview,
        data=chart_data(counts, overview),
        split_rows=split_rows(overview, manifest, names),
        class_rows=class_rows(overview, MOST_ROWS),
        class_ids=sorted(class_ids.items(), key=lambda item: (item[1], item[0])),
        findings=list(findings(overview, manifest)),
        charted=MOST_CHARTED,
        united_splits=len(splits) - len(overview.splits) + 1 if len(splits) > len(overview.splits) else 0,
        hints=hints,
        licences=[(name, _text_of(path)) for name, path in _LICENCES.items()],
        styles=Markup(_text_of("page.css")),  # noqa: S704 (our own files)
        scripts=[Markup(_text_of(name)) for name in _SCRIPTS],  # noqa: S704
        **_pictures(_tiles(figures, overview, names)),
        **_history(manifest, rejects),
    )
    return shown(text)


def _pictures(tiles: Sequence[_Tile]) -> dict[str, Any]:
    """Returns the figures in their places on the page."""
    examples = [tile for tile in tiles if tile.figure.place == "class"]
    return {
        # Each next to the others of its rarest class, frequent classes first.
        "examples": sorted(examples, key=lambda tile: max((place or 0 for place, _ in tile.chips), default=0)),
        "negatives": [tile for tile in tiles if tile.figure.place == "negative"],
        "odd": [(*_ODD[kind], [tile for tile in tiles if tile.figure.place == kind]) for kind in EXTREMES],
    }


def _history(manifest: Manifest | None, rejects: Sequence[RejectSample]) -> dict[str, Any]:
    """Returns what became of what the job was given; nothing of record files of others."""
    seen, repairs, left_out = (manifest.seen, manifest.repairs, manifest.rejects.counts) if manifest else ({}, {}, {})
    return {
        "seen": ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in sorted(seen.items())),
        "repairs": _reasons(repairs, REPAIRS),
        "rejects": [
            (*reason, [one for one in rejects if one.code == reason[0]]) for reason in _reasons(left_out, REMEDIES)
        ],
        "format_version": FORMAT_VERSION,
    }


def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    environment.filters |= {
        "size": readable_size,
        "grouped": "{:,}".format,
        "share": _share,
        "deviation": _deviation,
        "json": _json,
    }
    return environment.from_string(_text_of("page.html"))


def _text_of(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _tiles(figures: Sequence[Figure], overview: Overview, split_names: Mapping[str, str]) -> list[_Tile]:
    places = {one.name: place for place, one in enumerate(overview.classes)}
    split_places = {name: place for place, name in enumerate(overview.splits)}
    tiles = []
    for figure in figures:
        names = sorted(set(figure.classes), key=lambda name: (-places.get(name, -1), name))
        file = figure.sample.file.replace("\\", "/").rsplit("/", 1)[-1]
        split = split_names.get(figure.sample.split, figure.sample.split)
        tiles.append(
            _Tile(
                figure,
                split,
                split_places.get(split, -1),
                tuple((places.get(name), name) for name in names),
                file,
                f"shardbox show {shlex.quote(file)} --index {figure.sample.number}",
                f"data:image/jpeg;base64,{b64encode(figure.jpeg).decode()}" if figure.jpeg else "",
            )
        )
    return tiles


def _reasons(counts: Mapping[str, int], meanings: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Returns (code, count, meaning), the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(code, count, meanings.get(code, "")) for code, count in ordered]


def _share(value: float) -> str:
    """Returns a share as a person reads it.

    >>> _share(0.5), _share(0.034), _share(0.0004), _share(0)
    ('50%', '3.4%', '< 0.1%', '0%')
    """
    if value <= 0:
        return "0%"
    if value < 0.001:
        return "< 0.1%"
    return f"{value * 100:.0f}%" if value >= 0.0995 else f"{value * 100:.1f}%"


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
