"""The numbers of the page: which splits and classes it tells apart, and what its charts are drawn from."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from beam_pipelines.report.bins import ASPECT_EDGES, IMAGE_EDGES, PER_IMAGE_EDGES, POSITIONS, SIZE_EDGES, TRAINING_SIZES
from beam_pipelines.report.sightings import ALL
from beam_pipelines.report.sketch import Sketch
from presentation.drawing.colours import colour_of, hex_of
from presentation.page.rendering import shown, shown_name

MOST_SPLITS = 12
"""Splits that the page tells apart: record files of others can be many."""
_MOST_ROWS = 500
_MOST_COUNTS = 2400
"""Rows of the table of classes times splits."""
_MOST_CHARTED = 100
_MOST_CHARACTERS = 600_000
"""Of the classes' rows and histograms: beside 1,900,000 of drawings, the page stays below 3 MB."""
_MOST_HISTOGRAM_CHARACTERS = 430_000
_ROW_CHARACTERS, _COUNT_CHARACTERS, _TIMES_NAMED = 300, 90, 4
_USUAL_ORDER = ("train", "training", "validation", "valid", "val", "eval", "test", "testing")
_FIELDS = ("areas", "under_32", "sizes", "aspects", "positions", "per_image")


@dataclass(frozen=True)
class ClassCounts:
    """One class: how often it comes up in each split, in the order of the splits."""

    name: str
    class_id: int | None
    colour: str
    """As '#rrggbb'."""
    boxes: tuple[int, ...]
    images: tuple[int, ...]
    """That have such a box, or such a class as a whole."""


@dataclass(frozen=True)
class Overview:
    """What the page tells apart, and how much there is of it."""

    splits: tuple[str, ...]
    images: tuple[int, ...]
    """Of each split."""
    boxes: tuple[int, ...]
    negatives: tuple[int, ...]
    classes: tuple[ClassCounts, ...]
    """The most frequent first."""

    @property
    def counts_boxes(self) -> bool:
        """Whether classes are counted by boxes; else by the images that have them."""
        return any(self.boxes) or not any(count for one in self.classes for count in one.images)

    @property
    def listed(self) -> tuple[ClassCounts, ...]:
        """The most frequent classes, which have a row in the table; the filter knows the same."""
        return self.classes[: min(_MOST_ROWS, _MOST_COUNTS // max(1, len(self.splits)))]

    def frequency(self, one: ClassCounts) -> int:
        """Returns how often a class comes up, in boxes or in images."""
        return sum(one.boxes if self.counts_boxes else one.images)


def counted(number: int, what: str) -> str:
    """Returns a number of things.

    Args:
        number: of them.
        what: they are, in the plural.

    >>> counted(1, "boxes"), counted(1, "classes"), counted(1, "images_without_annotation"), counted(1200, "images")
    ('1 box', '1 class', '1 image without annotation', '1,200 images')
    """
    return f"{number:,} {noun(number, what)}"


def noun(number: int, what: str) -> str:
    """Returns what things are called: in the singular for one.

    >>> noun(1, "splits"), noun(0, "splits")
    ('split', 'splits')
    """
    first, *rest = what.split("_")
    if number == 1:
        first = first.removesuffix("es" if first in ("boxes", "classes") else "s")
    return " ".join([first, *rest])


def order_of_splits(named: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """Returns the names of splits in the order of the page.

    Args:
        named: those of the manifest, in its order; none for record files of others.
        found: those of the statistics: the rest of them come after, the usual names first.
    """
    known = tuple(named)
    places = {name: place for place, name in enumerate(_USUAL_ORDER)}
    rest = sorted(set(found) - set(known), key=lambda name: (places.get(name, len(places)), name))
    return (*known, *rest)


def shown_splits(splits: Sequence[str]) -> dict[str, str]:
    """Returns split → what it is shown as: its own name, or, if there are too many, one name for all that are left.

    >>> shown_splits(["a", "b"])
    {'a': 'a', 'b': 'b'}
    """
    if len(splits) <= MOST_SPLITS:
        return {name: name for name in splits}
    kept = splits[: MOST_SPLITS - 1]
    rest = f"{len(splits) - len(kept):,} others"
    return {name: name if name in kept else rest for name in splits}


def united(sketch: Sketch, names: Mapping[str, str]) -> Sketch:
    """Returns the counts of images and boxes by the splits that are shown.

    Args:
        sketch: of all splits.
        names: as `shown_splits` returns it, for all splits of the sketch.
    """
    parts = {split: Sketch() for split in names}
    for (split, cls), cell in sketch.cells.items():
        parts[split].cells[names[split], cls] = cell
    whole = Sketch()
    for split, part in parts.items():
        name = names[split]
        if split in sketch.image_sizes:
            part.image_sizes[name] = sketch.image_sizes[split]
            part.exact_sizes[name] = sketch.exact_sizes[split]
        whole.merge(part)
    return whole


def overview_of(sketch: Sketch, splits: Sequence[str], class_ids: Mapping[str, int]) -> Overview:
    """Returns how much there is of each split and class.

    Args:
        sketch: as `united` returns it.
        splits: in the order of the page.
        class_ids: class name → id; classes that only the statistics know come after, without an id.
    """
    of_class = by_class(sketch)

    def of_all(field: str) -> tuple[int, ...]:
        return tuple(of_class[ALL].counts_of(field, split)[0] for split in splits)

    names = sorted(set(class_ids) | set(of_class) - {ALL})
    classes = [
        ClassCounts(
            name,
            class_ids.get(name),
            hex_of(colour_of(name, class_ids)),
            *(tuple(of_class[name].counts_of(field, split, name)[0] for split in splits) for field in _COUNTED),
        )
        for name in names
    ]
    found = Overview(tuple(splits), of_all("images"), of_all("boxes"), of_all("negatives"), tuple(classes))
    ordered = sorted(classes, key=lambda one: (-found.frequency(one), one.class_id or 2**31, one.name))
    return replace(found, classes=tuple(ordered))


_COUNTED = ("boxes", "images")


class _Cells(dict[str, Sketch]):
    """Class → its own cells of a sketch, so that reading one class does not take a walk over all."""

    def __missing__(self, name: str) -> Sketch:
        self[name] = Sketch()
        return self[name]


def by_class(sketch: Sketch) -> Mapping[str, Sketch]:
    """Returns class (or `ALL`) → a sketch of its cells alone; an empty one for a class that is not there."""
    cells = _Cells()
    for (split, name), cell in sketch.cells.items():
        cells[name].cells[split, name] = cell
    return cells


def chart_data(sketch: Sketch, overview: Overview) -> dict[str, Any]:
    """Returns what the page's script draws and filters, as plain JSON values.

    Runs of zeros in histograms are written as one negative number: -3 is 0, 0, 0.
    """
    image_sizes = [_image_sizes(sketch, split) for split in overview.splits]
    return {
        "unit": "boxes" if overview.counts_boxes else "images",
        "splits": [shown(name) for name in overview.splits],
        "images": list(overview.images),
        "boxes": list(overview.boxes),
        "negatives": list(overview.negatives),
        "classes": [
            {"name": shown_name(one.name), "colour": one.colour, "boxes": list(one.boxes), "images": list(one.images)}
            for one in overview.listed
        ],
        "cells": _cells(sketch, overview, _room_for_histograms(overview) - _length(image_sizes)),
        "image_sizes": image_sizes,
        "exact_sizes": [_exact_sizes(sketch, split) for split in overview.splits],
        "edges": {
            "sizes": list(SIZE_EDGES),
            "aspects": list(ASPECT_EDGES),
            "per_image": list(PER_IMAGE_EDGES),
            "image_sizes": list(IMAGE_EDGES),
        },
        "positions": POSITIONS,
        "training_sizes": list(TRAINING_SIZES),
    }


def _room_for_histograms(overview: Overview) -> int:
    """Returns how many characters the rows of classes leave to histograms."""
    row = _ROW_CHARACTERS + _COUNT_CHARACTERS * len(overview.splits)
    rows = sum(row + _TIMES_NAMED * len(shown_name(one.name)) for one in overview.listed)
    return min(_MOST_HISTOGRAM_CHARACTERS, _MOST_CHARACTERS - rows)


def _length(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def _cells(sketch: Sketch, overview: Overview, room: int) -> list[list[dict[str, list[int]]]]:
    """Returns for each split the histograms of all classes together, and of the classes for which there is room."""
    of_class = by_class(sketch)
    columns: list[list[dict[str, list[int]]]] = []
    for name in (ALL, *(one.name for one in overview.listed[:_MOST_CHARTED])):
        column = [_cell(of_class[name], split, name) for split in overview.splits]
        room -= _length(column)
        if len(columns) > 1 and room < 0:
            break
        columns.append(column)
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(cells: Sketch, split: str, name: str) -> dict[str, list[int]]:
    return {field: packed(cells.counts_of(field, split, name)) for field in _FIELDS}


def packed(counts: Iterable[int]) -> list[int]:
    """Returns counts with each run of zeros as one negative number.

    >>> packed([0, 0, 5, 0])
    [-2, 5, -1]
    """
    found: list[int] = []
    for count in counts:
        if count:
            found.append(count)
        elif found and found[-1] < 0:
            found[-1] -= 1
        else:
            found.append(-1)
    return found


def _image_sizes(sketch: Sketch, split: str) -> list[int]:
    """Returns the images of each bin of widths, by bins of heights."""
    counts = sketch.image_sizes.get(split)
    return [] if counts is None else packed(counts.ravel().tolist())


def _exact_sizes(sketch: Sketch, split: str) -> list[list[int]] | None:
    """Returns [width, height, images] of all sizes, the most frequent first; None if they are too many to be known."""
    sizes = sketch.exact_sizes.get(split, Counter())
    if sizes is None:
        return None
    return [[*size, count] for size, count in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))]
