"""Which examples the report shows, drawn small."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from beam_pipelines.drawing.pictures import draw_example
from beam_pipelines.record_files.views import ExampleView, parse_features, view_example
from beam_pipelines.records import RecordError
from beam_pipelines.report.page import Figure
from beam_pipelines.report.sightings import ALL, EXTREMES, Extreme, Sample
from beam_pipelines.report.sketch import Sketch

LONG_SIDE = 360
"""Pixels, of a drawing."""
_MOST = 72
_MOST_CHARACTERS = 1_900_000
"""Of all drawings together, as the page holds them, so that it stays below 3 MB."""
_PER_CLASS = 6
_QUALITY = 80

ReadRecords = Callable[[str, Sequence[tuple[int, int]]], Iterable[tuple[int, bytes]]]
"""Called with a file's name and (number, offset) of some of its records: returns (number, data) of those that are
whole."""


class Choice(NamedTuple):
    """An example that is to be shown."""

    place: str
    """As in `Figure`."""
    sample: Sample
    extreme: Extreme | None
    """What is odd about it."""
    name: str
    """The class that it is shown for; '' for none."""


def choose(sketch: Sketch, splits: Sequence[str]) -> list[Choice]:
    """Returns what is shown: first what is odd, then examples of each class from every split in turn, then negatives.

    Where there are more classes than pictures, the most frequent ones come first.

    Args:
        sketch: of all examples.
        splits: in the order in which they are shown.
    """
    odd = [Choice(kind, one.sample, one, one.name) for kind in EXTREMES for one in _oddest(sketch, kind)]
    frequency = sketch.by_class("images")
    common = sorted(frequency, key=lambda name: (-frequency[name][0], name))
    left = _MOST - len(odd)
    number = max(1, min(_PER_CLASS, (left - _PER_CLASS) // max(1, len(common))))
    examples: dict[Sample, Choice] = {}
    for name in common[: left - _PER_CLASS]:
        for sample in islice(_in_turn(sketch, splits, name), number):
            examples.setdefault(sample, Choice("class", sample, None, name))
    negatives = [Choice("negative", sample, None, "") for sample in _in_turn(sketch, splits, ALL)][:_PER_CLASS]
    return [*odd, *examples.values(), *negatives]


def _oddest(sketch: Sketch, kind: str) -> list[Extreme]:
    return sorted(one for (_, of_kind), several in sketch.extremes.items() if of_kind == kind for one in several)[:3]


def _in_turn(sketch: Sketch, splits: Sequence[str], name: str) -> Iterator[Sample]:
    """Yields the samples of a class: the first of each split, then the second of each, and so on."""
    columns = [sketch.samples.get((split, name), []) for split in splits]
    for place in range(max(map(len, columns), default=0)):
        yield from (column[place] for column in columns if place < len(column))


def draw_figures(choices: Sequence[Choice], class_names: Mapping[int, str], read: ReadRecords) -> list[Figure]:
    """Returns the choices as drawn pictures, as many as the page has room for.

    Args:
        choices: in the order of the page.
        class_names: id → name.
        read: reads records.
    """
    places: dict[str, dict[int, int]] = {}
    for choice in choices:
        places.setdefault(choice.sample.file, {})[choice.sample.number] = choice.sample.offset
    drawn: dict[tuple[str, int], Figure] = {}
    samples = {(choice.sample.file, choice.sample.number): choice.sample for choice in choices}
    ids = {name: number for number, name in class_names.items()}
    for file, wanted in places.items():
        for number, data in read(file, sorted(wanted.items())):
            view = view_example(parse_features(data), class_names)
            drawn[file, number] = _draw(samples[file, number], view, ids)
    figures: list[Figure] = []
    size = 0
    for choice in choices:
        figure = drawn.get((choice.sample.file, choice.sample.number))
        characters = 0 if figure is None else len(figure.jpeg) * 4 // 3  # in base64
        if figure is None or size + characters > _MOST_CHARACTERS:
            continue
        size += characters
        figure = figure._replace(place=choice.place)
        figures.append(figure if not figure.jpeg or choice.extreme is None else _with_note(figure, choice.extreme))
    return figures


def _draw(sample: Sample, view: ExampleView, ids: Mapping[str, int]) -> Figure:
    classes = tuple(sorted({one.name for one in view.objects if one.name}.union(view.labels)))
    figure = Figure("class", sample, classes, view.filename, "", 0, 0, b"")
    try:
        drawing = draw_example(view, ids, LONG_SIDE)
    except RecordError as error:
        return figure._replace(note=f"cannot be drawn: {error.message}")
    file = io.BytesIO()
    drawing.save(file, "JPEG", quality=_QUALITY)
    return figure._replace(width=drawing.width, height=drawing.height, jpeg=file.getvalue())


def _with_note(figure: Figure, extreme: Extreme) -> Figure:
    value = extreme.value
    note = {
        "largest": f"{value:.0%} of the picture",
        "smallest": f"{value:,.0f} square pixels" if value >= 1 else "less than one square pixel",
        "thinnest": f"{value:,.1f} times as long as wide",
        "most_crowded": f"{value:,.0f} {'box' if value == 1 else 'boxes'}",
    }[figure.place]
    return figure._replace(note=f"{extreme.name}: {note}" if extreme.name else note)
