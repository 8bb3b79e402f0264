"""Statistics of examples, gathered where records pass by anyway, and merged in any order to the same result.

They take bounded memory, whatever the number of images: histograms for each split and class, and a few examples that
are chosen by their content.
"""

from collections import Counter
from collections.abc import Sequence
from heapq import nsmallest
from typing import Any

import numpy as np

from beam_pipelines.report.batch import ODD, SAMPLES, Batch
from beam_pipelines.report.bins import LENGTH, SLICES, Counts
from beam_pipelines.report.sightings import ALL, Extreme, Sample, Sighting

_MOST_EXACT_SIZES = 64


class Sketch:
    """Statistics of any number of examples. Sketches of parts can be merged in any order."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], Counts] = {}
        """(split, class name or `ALL`) → counts, to be read with `counts_of`."""
        self.shapes: dict[str, Counts] = {}
        """Split → boxes by width (rows) and height (columns), see `bins.SHAPE_EDGES`."""
        self.image_sizes: dict[str, Counts] = {}
        """Split → images by width (rows) and height (columns), see `bins.IMAGE_EDGES`."""
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
        if not sightings:
            return
        batch, part = Batch(split, file, sightings), Sketch()
        part.cells = batch.cells()
        part.shapes[split] = batch.shapes()
        part.image_sizes[split] = batch.image_sizes()
        part.exact_sizes[split] = _united(Counter(), Counter((one.width, one.height) for one in sightings))
        part.most_boxes[split] = batch.most_boxes
        part.samples = dict(batch.samples())
        part.extremes = dict(batch.extremes())
        self.merge(part)

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
            self.samples[key] = nsmallest(SAMPLES, [*self.samples.get(key, ()), *samples])
        for key, extremes in other.extremes.items():
            self.extremes[key] = nsmallest(ODD, [*self.extremes.get(key, ()), *extremes])

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
                totals[name] = totals.get(name, 0) + cell[SLICES[field]]
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
        total: list[int] = sum(cells, np.zeros(LENGTH, np.int64))[SLICES[field]].tolist()
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
