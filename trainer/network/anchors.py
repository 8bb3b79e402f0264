"""The boxes from which a network measures: as KerasHub lays them out, fitted to a dataset's objects."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras_hub.layers import AnchorGenerator

from presentation.wording import counted, printable
from trainer.failures import TrainingError
from trainer.network.anchor_overlaps import AnchorGrid, anchor_grids, centres, grids_of, overlaps
from trainer.settings import AnchorSettings

_SIZES = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
_SCALES = (2, 3)
_USUAL_RATIOS = (0.5, 1.0, 2.0)
_MOST_RATIO = 10.0
_PLACES = 8
_STEPS_OF_AN_OCTAVE = 16
_ENOUGH_COVERED = 0.95
_ENOUGH_CELLS = 5
_ENOUGH_OVERLAP = 0.75
_MOST_TOLD = 3


class AnchorFit(NamedTuple):
    """Anchors for a dataset, and how well they suit it."""

    settings: AnchorSettings
    covered: dict[int, float]
    """Class → share of its objects that some anchor overlaps enough, wherever they may lie."""
    uncovered: np.ndarray
    """float64 [m, 2]: heights and widths that no anchor overlaps enough anywhere, in pixels; each once."""
    advice: str | None
    """A sentence, where other levels of the pyramid would suit notably more objects."""


def anchors_for(settings: AnchorSettings, levels: tuple[int, int], image_size: int) -> np.ndarray:
    """Returns all anchors of a square, in the order of the network's outputs.

    They are centred on the upper left corners of the cells, and their sides are rounded to even numbers of pixels.

    Args:
        settings: their sizes and ratios.
        levels: first and last level of the pyramid.
        image_size: side of the square, in pixels.

    Returns:
        float32 [A, 4], (ymin, xmin, ymax, xmax) as fractions of the square; those at the border reach beyond it.

    Raises:
        TrainingError: some are so small or thin that a side is rounded to nothing.
    """
    generator = AnchorGenerator(
        "yxyx",
        min_level=levels[0],
        max_level=levels[1],
        num_scales=settings.scales,
        aspect_ratios=list(settings.ratios),
        anchor_size=settings.size,
        dtype="float32",
    )
    by_level = generator(np.zeros((image_size, image_size, 3), np.float32))
    pixels = np.concatenate([keras.ops.convert_to_numpy(boxes) for boxes in by_level.values()])
    if (pixels[:, 2:] <= pixels[:, :2]).any():
        ratios = ", ".join(f"{ratio:g}" for ratio in settings.ratios)
        raise TrainingError(
            f"model.anchors of size {settings.size:g} and ratios {ratios} have sides of 0 px on level {levels[0]}: "
            "set a larger size, or ratios nearer to 1"
        )
    return pixels.astype(np.float32) / np.float32(image_size)


def anchors_of_a_cell(settings: AnchorSettings) -> int:
    """Returns how many anchors share a centre."""
    return settings.scales * len(settings.ratios)


def fit_anchors(
    sizes: np.ndarray, labels: np.ndarray, levels: tuple[int, int], image_size: int, positive_iou: float
) -> AnchorFit:
    """Chooses size, scales and ratios of anchors such that most objects have one, and one that overlaps them well.

    All combinations of a few values of each are tried; the ratios are the usual ones, or quantiles of the objects'.

    Args:
        sizes: [n, 2], height and width of the objects, in pixels of the square that the network sees.
        labels: int [n], their classes from 0.
        levels: first and last level of the pyramid.
        image_size: side of the square, in pixels.
        positive_iou: overlap (IoU) from which on an anchor is trained to find an object.
    """
    if not len(sizes):
        return AnchorFit(AnchorSettings(), {}, np.empty((0, 2)), None)
    objects = _Objects.of(sizes, image_size, positive_iou)
    shapes = list(_ratios(objects))
    candidates = [
        AnchorSettings(size=size, scales=scales, ratios=ratios)
        for size in _SIZES
        for scales in _SCALES
        for ratios in shapes
    ]
    chosen = max(candidates, key=lambda settings: objects.value(settings, levels))
    shares = objects.shares(chosen, levels)
    covered = {int(label): float(shares[objects.which[labels == label]].mean()) for label in np.unique(labels)}
    return AnchorFit(chosen, covered, objects.sizes[shares == 0], _advice(objects, chosen, levels))


class _Objects(NamedTuple):
    """The objects of a dataset by size, rounded to a 16th of an octave, and what they are measured with."""

    sizes: np.ndarray
    counts: np.ndarray
    which: np.ndarray
    """The size of each object."""
    image_size: int
    positive_iou: float

    @classmethod
    def of(cls, sizes: np.ndarray, image_size: int, positive_iou: float) -> "_Objects":
        exponents = np.round(np.log2(np.maximum(sizes, 1.0)) * _STEPS_OF_AN_OCTAVE)
        rounded, which, counts = np.unique(exponents, axis=0, return_inverse=True, return_counts=True)
        return cls(2.0 ** (rounded / _STEPS_OF_AN_OCTAVE), counts, which.ravel(), image_size, positive_iou)

    def best(self, settings: AnchorSettings, levels: tuple[int, int]) -> np.ndarray:
        """Returns float64 [n, places]: the overlap of each size with its best anchor."""
        grids = grids_of(settings, levels, self.image_size)
        return np.asarray(overlaps(grids, self.sizes, self.image_size, _PLACES).max(axis=0))

    def shares(self, settings: AnchorSettings, levels: tuple[int, int]) -> np.ndarray:
        """Returns float64 [n]: in which share of places each size has an anchor."""
        return np.asarray((self.best(settings, levels) >= self.positive_iou).mean(axis=1))

    def covered(self, settings: AnchorSettings, levels: tuple[int, int]) -> float:
        """Returns the share of all objects that have an anchor."""
        return float(np.average(self.shares(settings, levels), weights=self.counts))

    def value(self, settings: AnchorSettings, levels: tuple[int, int]) -> float:
        """Returns how good anchors are: for how many objects there is one, in how many cells, and how far it overlaps.

        On made pictures (objects of 13–42 px, levels 3 and 4, 300 steps) this agrees with the mAP of sizes 1.5, 2 and
        2.5, which was .54, .67 and .72, although those of size 2 leave out the fewest objects.
        """
        grids = grids_of(settings, levels, self.image_size)
        best = overlaps(grids, self.sizes, self.image_size, _PLACES).max(axis=0)
        cells = np.minimum(centres(grids, self.sizes, self.image_size, self.positive_iou), _ENOUGH_CELLS)
        good = (
            (best >= self.positive_iou).mean(axis=1) + np.log1p(cells) + np.minimum(best, _ENOUGH_OVERLAP).mean(axis=1)
        )
        return float(np.average(good, weights=self.counts)) - anchors_of_a_cell(settings) / 1000


def _ratios(objects: _Objects) -> Iterator[tuple[float, ...]]:
    """Yields sets of ratios: the usual one, and one and three quantiles of the objects'."""
    yield _USUAL_RATIOS
    found = np.repeat(np.log2(objects.sizes[:, 0] / objects.sizes[:, 1]), objects.counts)
    quantiles = np.clip(2.0 ** np.quantile(found, (0.15, 0.5, 0.85)), 1 / _MOST_RATIO, _MOST_RATIO)
    low, middle, high = (float(f"{quantile:.2g}") for quantile in quantiles)
    yield (middle,)
    if low < middle < high:
        yield (low, middle, high)


def _advice(objects: _Objects, settings: AnchorSettings, levels: tuple[int, int]) -> str | None:
    """Returns a sentence on levels that suit more objects, if these leave out many."""
    covered = objects.covered(settings, levels)
    if covered >= _ENOUGH_COVERED:
        return None
    first, last = levels
    others = [(first, higher) for higher in range(last + 1, 8) if 2**higher <= objects.image_size]
    others += [(lower, last) for lower in range(first - 1, 1, -1)]
    found = {
        other: max(objects.covered(settings.model_copy(update={"size": size}), other) for size in _SIZES)
        for other in others
    }
    enough = [other for other in others if found[other] >= _ENOUGH_COVERED]
    better = enough[0] if enough else max(others, key=lambda other: found[other], default=levels)
    if better == levels or found[better] < covered + 0.02:
        return None
    return (
        f"anchors on model.levels {list(levels)} suit {covered:.0%} of the boxes, on {list(better)} they would suit "
        f"{found[better]:.0%}"
    )


def explain_uncovered(  # noqa: PLR0917 (what it is about has six sides)
    sizes: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    anchors: np.ndarray,
    image_size: int,
    positive_iou: float,
) -> str | None:
    """Returns why some class would not be learnt: no anchor overlaps any of its objects enough.

    Args:
        sizes: [n, 2], height and width of the objects, in pixels of the square that the network sees.
        labels: int [n], their classes from 0.
        class_names: of all classes.
        anchors: float32 [A, 4], fractions of the square.
        image_size: its side, in pixels.
        positive_iou: overlap (IoU) from which on an anchor is trained to find an object.

    Returns:
        Lines for a person, with what to change; None if every class that has objects has anchors for some.
    """
    objects = _Objects.of(sizes, image_size, positive_iou)
    grids = anchor_grids(anchors, image_size)
    covered = np.zeros(len(objects.sizes), bool)
    for grid in grids:
        covered |= (overlaps([grid], objects.sizes, image_size, 64)[0] >= positive_iou).any(axis=1)
    lines = [
        _sentence(class_names[label], sizes[labels == label], grids, image_size, positive_iou)
        for label in np.unique(labels)
        if not covered[objects.which[labels == label]].any()
    ]
    if len(lines) > _MOST_TOLD:
        lines[_MOST_TOLD:] = [f"and likewise {counted(len(lines) - _MOST_TOLD, 'more class', 'more classes')}"]
    return "\n".join(lines) or None


def _sentence(name: str, sizes: np.ndarray, grids: list[AnchorGrid], image_size: int, positive_iou: float) -> str:
    low, middle, high = (float(value) for value in np.quantile(sizes, (0, 0.5, 1)))
    sides = [side for grid in grids for side in (grid.height, grid.width)]
    smallest, largest = ((grid.height * grid.width) ** 0.5 for grid in (grids[0], grids[-1]))
    size = float(np.sqrt(np.median(sizes[:, 0] * sizes[:, 1])))
    if size < smallest:
        wanted = -(-int(image_size * smallest / max(size, 1.0)) // 32) * 32
        remedy = (
            f"they are too small: set input.image_size to about {wanted}, begin model.levels lower, or set a smaller "
            "model.anchors.size"
        )
    elif size > largest:
        remedy = "they are too large: end model.levels higher, or set a larger model.anchors.size"
    else:
        ratio = float(np.median(sizes[:, 0] / np.maximum(sizes[:, 1], 1e-6)))
        remedy = f"their shape is another: add {ratio:.2g} (height divided by width) to model.anchors.ratios"
    return (
        f"no box of class '{printable(name)}' has an anchor that overlaps it by {positive_iou:g} (loss.positive_iou), "
        f"so that it would not be learnt: its sides are {low:.0f} to {high:.0f} px on the network's square of "
        f"{image_size} px (median {middle:.0f}), those of the anchors {min(sides):.0f} to {max(sides):.0f} px; {remedy}"
    )
