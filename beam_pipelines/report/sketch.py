"""Statistics of examples, gathered where records pass by anyway, and merged in any order to the same result.

They take bounded memory, whatever the number of images: histograms for each split and class, and a few examples that
are chosen by their content. The edges of bins, and what is compared with them, come of products, quotients and square
roots alone, which are the same on every machine.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from heapq import nsmallest
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

ALL = ""
"""In place of a class: all of them together."""
TRAINING_SIZES = (256, 320, 512, 640, 800, 1024, 1280)
"""Pixels of the longer side after resizing, for which it is told how many boxes get small."""
SMALL, MEDIUM = 32, 96
"""Pixels: COCO calls an object small below an area of 32**2, medium below one of 96**2 (cocodataset.org, metrics)."""
SIZE_EDGES = tuple(sqrt(2.0**k) for k in range(1, 27))
"""Pixels, of the root of a box's area: from √2 to 8192 in half octaves; the first and the last bin are open."""
ASPECT_EDGES = tuple(sqrt(sqrt(2.0**k)) for k in range(-16, 17))
"""Of width / height in pixels: from 1/16 to 16 in quarter octaves; the first and the last bin are open."""
POSITIONS = 16
"""The centres of boxes are counted on a grid of so many rows and columns."""
PER_IMAGE_EDGES = (1, 2, 3, 4, 5, 6, 11, 21, 51, 101, 201)
"""Boxes in one image: 0, 1, 2, 3, 4, 5, 6 to 10, …, 201 and more."""
SHAPE_EDGES = tuple(sqrt(sqrt(2.0**k)) for k in range(-35, 0))
"""Of the width, and of the height, of a box divided by the longer side of its image."""
IMAGE_EDGES = tuple(sqrt(sqrt(2.0**k)) for k in range(16, 61))
"""Pixels, of the width, and of the height, of images: from 16 to 32768 in quarter octaves."""
EXTREMES = ("largest", "smallest", "thinnest", "most_crowded")
"""Which pictures are odd: by the share of the picture that a box takes, by a box's area in pixels, by the longer side
of a box divided by the shorter, by the number of boxes."""

_FIELDS = {
    "boxes": 1,
    "images": 1,  # with such a box, or such a class of the whole image; of all classes: all images
    "labels": 1,  # images that have the class as a whole; of all classes: that have any
    "negatives": 1,  # of all classes alone: images with neither
    "areas": 3,  # small, medium, large
    "under_32": len(TRAINING_SIZES),
    "sizes": len(SIZE_EDGES) + 1,
    "aspects": len(ASPECT_EDGES) + 1,
    "positions": POSITIONS * POSITIONS,  # row by row from the upper left corner
    "per_image": len(PER_IMAGE_EDGES) + 1,  # images by the number of such boxes in them; 0 for all classes alone
}
_ENDS = np.cumsum(list(_FIELDS.values())).tolist()
_SLICES = {name: slice(end - _FIELDS[name], end) for name, end in zip(_FIELDS, _ENDS, strict=True)}
_LENGTH = _ENDS[-1]
_SAMPLES = 4
_ODD = 3
_MOST_EXACT_SIZES = 64


class Sighting(NamedTuple):
    """An example that passes by."""

    rank: int
    """Below 2**63, from its content: samples are those with the lowest."""
    width: int
    height: int
    """Pixels."""
    boxes: Sequence[tuple[Any, ...]]
    """(class name, xmin, ymin, xmax, ymax, …), normalised and valid as the data contract says."""
    labels: Sequence[str]
    """Classes of the whole image, each once."""
    number: int
    """Of its record in the file, from 0."""
    offset: int
    """Of its frame in the file, in bytes."""
    has_others: bool = False
    """Whether it has objects that cannot be counted, and so is no negative."""


class Sample(NamedTuple):
    """An example that was chosen, and where its record is."""

    rank: int
    split: str
    file: str
    number: int
    offset: int


class Extreme(NamedTuple):
    """An odd example. The lowest are the oddest."""

    order: float
    """What extremes are sorted by: `value`, negative where the highest is the oddest."""
    sample: Sample
    value: float
    """See `EXTREMES`."""
    name: str
    """Class of the box; '' for the most crowded picture."""


class Sketch:
    """Statistics of any number of examples. Sketches of parts can be merged in any order."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], Counts] = {}
        """(split, class name or `ALL`) → counts, to be read with `counts_of`."""
        self.shapes: dict[str, Counts] = {}
        """Split → boxes by width (rows) and height (columns), see `SHAPE_EDGES`."""
        self.image_sizes: dict[str, Counts] = {}
        """Split → images by width (rows) and height (columns), see `IMAGE_EDGES`."""
        self.exact_sizes: dict[str, Counter[tuple[int, int]] | None] = {}
        """Split → images of each (width, height); None if there are too many different ones."""
        self.most_boxes: dict[str, int] = {}
        """Split → the most boxes that an image has."""
        self.samples: dict[tuple[str, str], list[Sample]] = {}
        """(split, class name; `ALL` for negatives) → a few examples, the lowest rank first."""
        self.extremes: dict[tuple[str, str], list[Extreme]] = {}
        """(split, one of `EXTREMES`) → the oddest examples, the oddest first, each picture once."""
        self.class_ids: dict[str, int] = {}
        """Class name → id, as records of others give them, which no manifest tells of."""
        self.left_out: Counter[str] = Counter()
        """'records' and 'boxes' that could not be counted, because they are not as the data contract says."""

    def add(self, split: str, file: str, sightings: Sequence[Sighting]) -> None:
        """Counts some examples of one file."""
        if sightings:
            batch = _Batch(split, file, sightings)
            self.merge(batch.sketch())

    def merge(self, other: "Sketch") -> None:
        """Adds another sketch."""
        for mine, theirs in (
            (self.cells, other.cells),
            (self.shapes, other.shapes),
            (self.image_sizes, other.image_sizes),
        ):
            _add_counts(mine, theirs)
        self.left_out.update(other.left_out)
        for name, number in other.class_ids.items():
            self.class_ids[name] = min(number, self.class_ids.get(name, number))
        for split, sizes in other.exact_sizes.items():
            self.exact_sizes[split] = _united(self.exact_sizes.get(split, Counter()), sizes)
        for split, most in other.most_boxes.items():
            self.most_boxes[split] = max(most, self.most_boxes.get(split, 0))
        for key, samples in other.samples.items():
            self.samples[key] = nsmallest(_SAMPLES, [*self.samples.get(key, ()), *samples])
        for key, extremes in other.extremes.items():
            self.extremes[key] = nsmallest(_ODD, [*self.extremes.get(key, ()), *extremes])

    def __getstate__(self) -> dict[str, Any]:
        """Most of a histogram is empty, and a sketch travels for each part of the records."""
        return self.__dict__ | {name: _packed(self.__dict__[name]) for name in _HISTOGRAMS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state | {name: _unpacked(state[name]) for name in _HISTOGRAMS}

    def by_class(self, field: str) -> dict[str, list[int]]:
        """Returns class name → what `counts_of` returns for it, of all splits together."""
        totals: dict[str, Counts] = {}
        for (_, name), cell in self.cells.items():
            if name != ALL:
                totals[name] = totals.get(name, 0) + cell[_SLICES[field]]
        return {name: total.tolist() for name, total in totals.items()}

    def counts_of(self, field: str, split: str | None = None, name: str = ALL) -> list[int]:
        """Returns the counts of one field: 'boxes', 'images', 'labels', 'negatives' and 'areas' (small, medium,
        large), 'under_32' (for each of `TRAINING_SIZES`), or the histogram 'sizes', 'aspects', 'positions' or
        'per_image', whose edges are above.

        Args:
            field: its name.
            split: of which; None for all together.
            name: of the class, or `ALL`.
        """  # noqa: D205 (the names are the line)
        cells = [cell for (of, cls), cell in self.cells.items() if cls == name and split in (None, of)]
        total: list[int] = sum(cells, np.zeros(_LENGTH, np.int64))[_SLICES[field]].tolist()
        return total


_HISTOGRAMS = ("cells", "shapes", "image_sizes")


def _packed(histograms: dict[Any, Counts]) -> dict[Any, tuple[tuple[int, ...], Counts, Counts]]:
    """Returns (shape, places, counts) of what is not zero in each."""
    return {
        key: (counts.shape, np.flatnonzero(counts).astype(np.uint16), counts[counts != 0])
        for key, counts in histograms.items()
    }


def _unpacked(packed: dict[Any, tuple[tuple[int, ...], Counts, Counts]]) -> dict[Any, Counts]:
    histograms = {}
    for key, (shape, places, counts) in packed.items():
        flat = np.zeros(int(np.prod(shape)), np.int64)
        flat[places] = counts
        histograms[key] = flat.reshape(shape)
    return histograms


def _add_counts(mine: dict[Any, Counts], theirs: dict[Any, Counts]) -> None:
    for key, counts in theirs.items():
        known = mine.get(key)
        mine[key] = counts.copy() if known is None else known + counts


def _united(
    one: Counter[tuple[int, int]] | None, other: Counter[tuple[int, int]] | None
) -> Counter[tuple[int, int]] | None:
    if one is None or other is None:
        return None
    both = one + other
    return None if len(both) > _MOST_EXACT_SIZES else both


class _Batch:
    """Some examples of one file as columns."""

    def __init__(self, split: str, file: str, sightings: Sequence[Sighting]):
        self._split, self._file, self._sightings = split, file, sightings
        ranks, numbers = zip(*((one.rank, one.number) for one in sightings), strict=True)
        self._by_rank = np.lexsort((np.array(numbers, np.int64), np.array(ranks, np.int64)))
        self._place = np.argsort(self._by_rank, kind="stable")  # of each image in the order of the ranks
        self._width = np.array([one.width for one in sightings], np.float64)
        self._height = np.array([one.height for one in sightings], np.float64)
        self._number = np.array([len(one.boxes) for one in sightings], np.int64)
        boxes = [box for one in sightings for box in one.boxes]
        columns = list(zip(*boxes, strict=True))[:5] if boxes else [()] * 5
        self._names = sorted({*columns[0]}.union(*(one.labels for one in sightings)))
        codes = {name: code for code, name in enumerate(self._names)}
        self._code = np.array([codes[name] for name in columns[0]], np.int64)
        self._image = np.repeat(np.arange(len(sightings)), self._number)
        xmin, ymin, xmax, ymax = (np.array(column, np.float64) for column in columns[1:])
        self._x, self._y = (xmin + xmax) / 2, (ymin + ymax) / 2
        self._w = (xmax - xmin) * self._width[self._image]
        self._h = (ymax - ymin) * self._height[self._image]
        self._label_image = np.repeat(np.arange(len(sightings)), [len(one.labels) for one in sightings])
        self._label = np.array([codes[name] for one in sightings for name in one.labels], np.int64)
        self._pairs, self._pair_boxes = np.unique(self._pair(self._code, self._image), return_counts=True)
        self._pairs_with_labels = np.union1d(self._pairs, self._pair(self._label, self._label_image))

    def _pair(self, code: Counts, image: Counts) -> Counts:
        """Returns numbers for pairs of a class and an image: sorted by class, then by the rank of the image."""
        return code * len(self._sightings) + self._place[image]

    def sketch(self) -> Sketch:
        sketch = Sketch()
        split = self._split
        of_classes, of_all = self._cells()
        sketch.cells = {(split, name): of_classes[code] for code, name in enumerate(self._names)}
        sketch.cells[split, ALL] = of_all
        longer = np.maximum(self._width, self._height)[self._image]
        sketch.shapes[split] = _histogram_2d(self._w / longer, self._h / longer, SHAPE_EDGES)
        sketch.image_sizes[split] = _histogram_2d(self._width, self._height, IMAGE_EDGES)
        sizes = Counter((one.width, one.height) for one in self._sightings)
        sketch.exact_sizes[split] = _united(Counter(), sizes)
        sketch.most_boxes[split] = int(self._number.max())
        sketch.samples = dict(self._samples())
        sketch.extremes = dict(self._extremes())
        return sketch

    def _cells(self) -> tuple[Counts, Counts]:
        """Returns the counts of each class (in the order of the names), and those of all together."""
        counts = np.zeros((len(self._names), _LENGTH), np.int64)
        area = self._w * self._h
        counts[:, _SLICES["boxes"]] = self._count(np.zeros(len(area), np.int64), 1)
        counts[:, _SLICES["areas"]] = self._count(_bins(area, (SMALL**2, MEDIUM**2)), 3)
        counts[:, _SLICES["sizes"]] = self._binned(area, [edge * edge for edge in SIZE_EDGES])
        counts[:, _SLICES["aspects"]] = self._binned(self._w / self._h, ASPECT_EDGES)
        column = np.minimum((self._x * POSITIONS).astype(np.int64), POSITIONS - 1)
        row = np.minimum((self._y * POSITIONS).astype(np.int64), POSITIONS - 1)
        counts[:, _SLICES["positions"]] = self._count(row * POSITIONS + column, POSITIONS * POSITIONS)
        scale = 1 / np.maximum(self._width, self._height)[self._image]
        for place, size in enumerate(TRAINING_SIZES):
            small = area * (size * scale) ** 2 < SMALL**2
            counts[:, _SLICES["under_32"].start + place] = self._count(small.astype(np.int64), 2)[:, 1]
        of_all = counts.sum(axis=0)
        self._count_images(counts, of_all)
        return counts, of_all

    def _count_images(self, counts: Counts, of_all: Counts) -> None:
        """Fills in what is counted by image."""
        width = _FIELDS["per_image"]
        code = self._pairs // len(self._sightings)
        counts[:, _SLICES["per_image"]] = _table(code, _bins(self._pair_boxes, PER_IMAGE_EDGES), counts.shape[0], width)
        code = self._pairs_with_labels // len(self._sightings)
        counts[:, _SLICES["images"]] = np.bincount(code, minlength=len(self._names))[:, None]
        counts[:, _SLICES["labels"]] = np.bincount(self._label, minlength=len(self._names))[:, None]
        of_all[_SLICES["per_image"]] = np.bincount(_bins(self._number, PER_IMAGE_EDGES), minlength=width)
        of_all[_SLICES["images"]] = len(self._sightings)
        of_all[_SLICES["labels"]] = len(np.unique(self._label_image))
        of_all[_SLICES["negatives"]] = len(self._negatives())

    def _count(self, bins: Counts, number: int) -> Counts:
        """Returns how many boxes of each class fall into each of so many bins."""
        return _table(self._code, bins, len(self._names), number)

    def _binned(self, values: NDArray[np.float64], edges: Sequence[float]) -> Counts:
        return self._count(_bins(values, edges), len(edges) + 1)

    def _negatives(self) -> Counts:
        with_more = np.array([one.has_others for one in self._sightings], bool)
        with_more[self._label_image] = True
        return np.flatnonzero((self._number == 0) & ~with_more)

    def _samples(self) -> Iterator[tuple[tuple[str, str], list[Sample]]]:
        code, place = np.divmod(self._pairs_with_labels, len(self._sightings))
        for start in np.searchsorted(code, np.arange(len(self._names))).tolist():
            first = place[start : start + _SAMPLES][code[start : start + _SAMPLES] == code[start]]
            yield (self._split, self._names[code[start]]), [self._sample(image) for image in self._by_rank[first]]
        places = np.sort(self._place[self._negatives()])[:_SAMPLES]
        if len(places):
            yield (self._split, ALL), [self._sample(image) for image in self._by_rank[places]]

    def _sample(self, image: int) -> Sample:
        one = self._sightings[image]
        return Sample(one.rank, self._split, self._file, one.number, one.offset)

    def _extremes(self) -> Iterator[tuple[tuple[str, str], list[Extreme]]]:
        if not len(self._code):
            return
        area = self._w * self._h
        share = area / (self._width * self._height)[self._image]
        ratio = np.maximum(self._w, self._h) / np.minimum(self._w, self._h)
        for kind, values, sign in (("largest", share, -1), ("smallest", area, 1), ("thinnest", ratio, -1)):
            yield (self._split, kind), self._oddest(sign * values, sign)
        crowded = [image for image in self._lowest(-self._number) if self._number[image]]
        numbers = [int(self._number[image]) for image in crowded]
        pairs = zip(crowded, numbers, strict=True)
        yield (self._split, "most_crowded"), [Extreme(-number, self._sample(one), number, "") for one, number in pairs]

    def _oddest(self, order: NDArray[np.float64], sign: int) -> list[Extreme]:
        """Returns the pictures with the lowest boxes in an order, each with its lowest box."""
        lowest = np.full(len(self._sightings), np.inf)
        np.minimum.at(lowest, self._image, order)
        found = []
        for image in self._lowest(lowest):
            boxes = np.flatnonzero(self._image == image)
            if len(boxes):
                box = boxes[np.argmin(order[boxes])]
                value = float(order[box])
                found.append(Extreme(value, self._sample(image), sign * value, self._names[self._code[box]]))
        return found

    def _lowest(self, values: NDArray[Any]) -> list[int]:
        """Returns the images with the lowest values, of equal ones those with the lowest rank."""
        number = min(_ODD, len(values))
        candidates = np.flatnonzero(values <= np.partition(values, number - 1)[number - 1])
        chosen: list[int] = candidates[np.lexsort((self._place[candidates], values[candidates]))[:number]].tolist()
        return chosen


def _bins(values: NDArray[Any], edges: Iterable[float]) -> Counts:
    """Returns for each value the number of edges that it reaches."""
    return np.searchsorted(np.array(list(edges), np.float64), values, side="right")


def _table(rows: Counts, columns: Counts, height: int, width: int) -> Counts:
    """Returns how often each pair of a row and a column comes."""
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)


def _histogram_2d(rows: NDArray[np.float64], columns: NDArray[np.float64], edges: Sequence[float]) -> Counts:
    width = len(edges) + 1
    return _table(_bins(rows, edges), _bins(columns, edges), width, width)
