"""Counts some examples of one file at once, as columns."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from beam_pipelines.report.bins import (
    ASPECT_EDGES,
    FIELDS,
    IMAGE_EDGES,
    LENGTH,
    MEDIUM,
    PER_IMAGE_EDGES,
    POSITIONS,
    SHAPE_EDGES,
    SIZE_EDGES,
    SLICES,
    SMALL,
    TRAINING_SIZES,
    Counts,
    bins_of,
    histogram_2d,
    table,
)
from beam_pipelines.report.sightings import ALL, Extreme, Sample, Sighting

SAMPLES = 4
"""So many examples of a class are remembered for each split."""
ODD = 3
"""So many odd ones of a kind."""


class Batch:
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

    @property
    def most_boxes(self) -> int:
        """The most that an image has."""
        return int(self._number.max())

    def shapes(self) -> Counts:
        """Returns the boxes by width and height, see `bins.SHAPE_EDGES`."""
        longer = np.maximum(self._width, self._height)[self._image]
        return histogram_2d(self._w / longer, self._h / longer, SHAPE_EDGES)

    def image_sizes(self) -> Counts:
        """Returns the images by width and height, see `bins.IMAGE_EDGES`."""
        return histogram_2d(self._width, self._height, IMAGE_EDGES)

    def cells(self) -> dict[tuple[str, str], Counts]:
        """Returns (split, class name or `ALL`) → counts."""
        of_classes, of_all = self._cells()
        cells = {(self._split, name): of_classes[code] for code, name in enumerate(self._names)}
        return cells | {(self._split, ALL): of_all}

    def _cells(self) -> tuple[Counts, Counts]:
        """Returns the counts of each class (in the order of the names), and those of all together."""
        counts = np.zeros((len(self._names), LENGTH), np.int64)
        area = self._w * self._h
        counts[:, SLICES["boxes"]] = self._count(np.zeros(len(area), np.int64), 1)
        counts[:, SLICES["areas"]] = self._count(bins_of(area, (SMALL**2, MEDIUM**2)), 3)
        counts[:, SLICES["sizes"]] = self._binned(area, [edge * edge for edge in SIZE_EDGES])
        counts[:, SLICES["aspects"]] = self._binned(self._w / self._h, ASPECT_EDGES)
        column = np.minimum((self._x * POSITIONS).astype(np.int64), POSITIONS - 1)
        row = np.minimum((self._y * POSITIONS).astype(np.int64), POSITIONS - 1)
        counts[:, SLICES["positions"]] = self._count(row * POSITIONS + column, POSITIONS * POSITIONS)
        scale = 1 / np.maximum(self._width, self._height)[self._image]
        for place, size in enumerate(TRAINING_SIZES):
            small = area * (size * scale) ** 2 < SMALL**2
            counts[:, SLICES["under_32"].start + place] = self._count(small.astype(np.int64), 2)[:, 1]
        of_all = counts.sum(axis=0)
        self._count_images(counts, of_all)
        return counts, of_all

    def _count_images(self, counts: Counts, of_all: Counts) -> None:
        """Fills in what is counted by image."""
        width = FIELDS["per_image"]
        code = self._pairs // len(self._sightings)
        counts[:, SLICES["per_image"]] = table(code, bins_of(self._pair_boxes, PER_IMAGE_EDGES), counts.shape[0], width)
        code = self._pairs_with_labels // len(self._sightings)
        counts[:, SLICES["images"]] = np.bincount(code, minlength=len(self._names))[:, None]
        counts[:, SLICES["labels"]] = np.bincount(self._label, minlength=len(self._names))[:, None]
        of_all[SLICES["per_image"]] = np.bincount(bins_of(self._number, PER_IMAGE_EDGES), minlength=width)
        of_all[SLICES["images"]] = len(self._sightings)
        of_all[SLICES["labels"]] = len(np.unique(self._label_image))
        of_all[SLICES["negatives"]] = len(self._negatives())

    def _count(self, bins: Counts, number: int) -> Counts:
        """Returns how many boxes of each class fall into each of so many bins."""
        return table(self._code, bins, len(self._names), number)

    def _binned(self, values: NDArray[np.float64], edges: Sequence[float]) -> Counts:
        return self._count(bins_of(values, edges), len(edges) + 1)

    def _negatives(self) -> Counts:
        with_more = np.array([one.has_others for one in self._sightings], bool)
        with_more[self._label_image] = True
        return np.flatnonzero((self._number == 0) & ~with_more)

    def samples(self) -> Iterator[tuple[tuple[str, str], list[Sample]]]:
        """Yields ((split, class name; `ALL` for negatives), those with the lowest ranks)."""
        code, place = np.divmod(self._pairs_with_labels, len(self._sightings))
        for start in np.searchsorted(code, np.arange(len(self._names))).tolist():
            first = place[start : start + SAMPLES][code[start : start + SAMPLES] == code[start]]
            yield (self._split, self._names[code[start]]), [self._sample(image) for image in self._by_rank[first]]
        places = np.sort(self._place[self._negatives()])[:SAMPLES]
        if len(places):
            yield (self._split, ALL), [self._sample(image) for image in self._by_rank[places]]

    def _sample(self, image: int) -> Sample:
        one = self._sightings[image]
        return Sample(one.rank, self._split, self._file, one.number, one.offset)

    def extremes(self) -> Iterator[tuple[tuple[str, str], list[Extreme]]]:
        """Yields ((split, one of `EXTREMES`), the oddest, each picture once)."""
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
        number = min(ODD, len(values))
        candidates = np.flatnonzero(values <= np.partition(values, number - 1)[number - 1])
        chosen: list[int] = candidates[np.lexsort((self._place[candidates], values[candidates]))[:number]].tolist()
        return chosen
