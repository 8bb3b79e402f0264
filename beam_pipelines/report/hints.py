"""What the statistics of a dataset suggest for the training of a detector: anchors, sizes, and what to look out for.

All sums are of whole numbers, so that the suggestions are the same on every machine.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from beam_pipelines.boxes import shortened
from beam_pipelines.report.bins import ASPECT_EDGES, PER_IMAGE_EDGES, SHAPE_EDGES, TRAINING_SIZES, Counts
from beam_pipelines.report.sketch import Sketch

ANCHOR_SIZE = 640
"""Pixels of the longer side after resizing, for which anchors are suggested."""
ANCHORS = 9
_RATIOS = 3
_MET = 0.5
"""An anchor meets a box from this intersection over union on."""
_MANY_SMALL, _FEW_SMALL = 0.2, 0.1
_USUAL_MAXIMUM = 100
"""Boxes per image that most configurations allow."""
_LONG = 4
_MANY_LONG = 0.1
_RARE = 20
_MANY_NEGATIVES = 0.5
_UNIT = 2**20
"""Fractions are counted in whole numbers of 1 / _UNIT: 2**43 boxes fit into an int64."""
_MOST_ROUNDS = 100
_HALF_A_BIN = 2.0 ** (1 / 8)
_CENTRES = np.array([SHAPE_EDGES[0] / _HALF_A_BIN, *(edge * _HALF_A_BIN for edge in SHAPE_EDGES)])
"""Geometric, of the bins of shapes; the first bin, open below, counts as if it was as wide as the others."""

Shapes = NDArray[np.float64]
"""A row for each shape: width and height, divided by the longer side of the image."""


class SizeHint(NamedTuple):
    """What becomes of the boxes at one training size."""

    training_size: int
    """Pixels of the longer side after resizing."""
    under_32: float
    """Share of the boxes whose area is then below 32 × 32 pixels; 0 without a box."""


class Hints(NamedTuple):
    """What a person may want to set before training."""

    sizes: tuple[SizeHint, ...]
    """For each of `TRAINING_SIZES`."""
    anchors: tuple[tuple[float, float], ...]
    """(width, height) in pixels, of an image whose longer side is `anchor_size`; by area. Empty without a box."""
    anchor_size: int
    aspect_ratios: tuple[float, ...]
    """Height / width, ascending; at most three, fewer if the boxes have fewer. Empty without a box."""
    mean_iou: float
    """Of a box with the anchor that fits it best, both centred; 0 without a box."""
    recall: float
    """Share of the boxes that an anchor meets with an intersection over union of 0.5 or more; 0 without a box."""
    most_boxes: int
    """In one image."""
    remarks: tuple[str, ...]
    """Sentences."""


def hints_of(sketch: Sketch) -> Hints:
    """Returns what the statistics of all splits together suggest."""
    boxes = sketch.counts_of("boxes")[0]
    under_32 = sketch.counts_of("under_32")
    sizes = tuple(
        SizeHint(size, small / boxes if boxes else 0.0) for size, small in zip(TRAINING_SIZES, under_32, strict=True)
    )
    shapes, weights = _shapes_of(sketch)
    anchors = _by_area(np.round(clusters(shapes, weights, ANCHORS) * ANCHOR_SIZE, 1))
    mean_iou, recall = fit(shapes * ANCHOR_SIZE, weights, anchors)
    most_boxes = max(sketch.most_boxes.values(), default=0)
    return Hints(
        sizes=sizes,
        anchors=tuple((width, height) for width, height in anchors.tolist()),
        anchor_size=ANCHOR_SIZE,
        aspect_ratios=_aspect_ratios(shapes, weights),
        mean_iou=mean_iou,
        recall=recall,
        most_boxes=most_boxes,
        remarks=tuple(_remarks(sketch, sizes, most_boxes)),
    )


def clusters(shapes: Shapes, weights: Counts, number: int) -> Shapes:
    """Returns so many shapes that fit the given ones well, by area; fewer if there are fewer different ones.

    This is k-means with the distance 1 − IoU of centred boxes (Redmon and Farhadi, YOLO9000, section 2). Clusters are
    added one by one where they gain most, so that the result depends on no chance, and more of them never fit worse.

    Args:
        shapes: all different, with sides of at most 1.
        weights: of the shapes, above 0.
        number: at least 1.
    """
    found = np.empty((0, 2))
    between = _overlaps(shapes, shapes)
    for _ in range(min(number, len(shapes))):
        scores = np.maximum(between, _best(shapes, found)) @ weights
        found = _settled(shapes, weights, np.vstack([found, shapes[np.argmax(scores)]]))
    return _by_area(found)


def fit(shapes: Shapes, weights: Counts, anchors: Shapes) -> tuple[float, float]:
    """Returns the mean IoU of shapes with the anchor that fits each best, and the share that is met; 0, 0 of none."""
    total = int(weights.sum())
    if not total:
        return 0.0, 0.0
    best = _best(shapes, anchors)
    return int(weights @ best) / (_UNIT * total), int(weights[best >= _MET * _UNIT].sum()) / total


def _shapes_of(sketch: Sketch) -> tuple[Shapes, Counts]:
    """Returns the different shapes of boxes, divided by the longer side of their image, and how many have each."""
    counts = sum(sketch.shapes.values(), np.zeros((len(_CENTRES), len(_CENTRES)), np.int64))
    rows, columns = np.nonzero(counts)
    return np.stack([_CENTRES[rows], _CENTRES[columns]], axis=1), counts[rows, columns]


def _aspect_ratios(shapes: Shapes, weights: Counts) -> tuple[float, ...]:
    """Returns the heights / widths around which those of the boxes gather, whatever their size."""
    steps = np.rint(4 * np.log2(shapes[:, 1] / shapes[:, 0])).astype(np.int64)  # quarter octaves, as the bins
    different, of = np.unique(steps, return_inverse=True)
    counts = np.zeros(len(different), np.int64)
    np.add.at(counts, of, weights)
    of_equal_area = 2.0 ** (np.stack([-different, different], axis=1) / 8 - len(_CENTRES) / 8)
    found = clusters(of_equal_area, counts, _RATIOS)
    return tuple(sorted({float(f"{height / width:.2g}") for width, height in found.tolist()}))


def _remarks(sketch: Sketch, sizes: tuple[SizeHint, ...], most_boxes: int) -> Iterator[str]:
    yield from _small(sizes)
    crowded = sum(sketch.counts_of("per_image")[PER_IMAGE_EDGES.index(_USUAL_MAXIMUM + 1) + 1 :])
    if crowded:
        yield (
            f"{crowded:,} {'image has' if crowded == 1 else 'images have'} more than {_USUAL_MAXIMUM} boxes, which is "
            f"often the maximum: raise the maximum of boxes per image to {most_boxes:,}."
        )
    boxes = sketch.counts_of("boxes")[0]
    aspects = sketch.counts_of("aspects")
    long = sum(aspects[: ASPECT_EDGES.index(1 / _LONG) + 1]) + sum(aspects[ASPECT_EDGES.index(_LONG) + 1 :])
    if boxes and long >= _MANY_LONG * boxes:
        yield (
            f"{long / boxes:.0%} of the boxes are at least {_LONG} times as long as wide: the usual aspect ratios of "
            "0.5, 1 and 2 miss them, so take those suggested here."
        )
    for field, noun, nouns in (("boxes", "box", "boxes"), ("labels", "image", "images")):
        yield from _imbalance({name: count for name, (count,) in sketch.by_class(field).items()}, noun, nouns)
    images, negatives = sketch.counts_of("images")[0], sketch.counts_of("negatives")[0]
    if negatives > _MANY_NEGATIVES * images:
        yield (
            f"{negatives / images:.0%} of the images are negatives, which have nothing to find: leave some out, or "
            "sample them less often."
        )


def _small(sizes: tuple[SizeHint, ...]) -> Iterator[str]:
    """Yields a remark if many boxes are small at the training size for which anchors are suggested."""
    share = next(one.under_32 for one in sizes if one.training_size == ANCHOR_SIZE)
    if share < _MANY_SMALL:
        return
    enough = [one for one in sizes if one.training_size > ANCHOR_SIZE and one.under_32 < _FEW_SMALL]
    advice = f"train at {enough[0].training_size} ({enough[0].under_32:.0%}), or tile" if enough else "tile"
    yield (
        f"{share:.0%} of the boxes are smaller than 32 × 32 pixels at a training size of {ANCHOR_SIZE}: "
        f"{advice} the pictures."
    )


def _imbalance(counts: dict[str, int], noun: str, nouns: str) -> Iterator[str]:
    """Yields a remark if a class is much rarer than the most frequent one."""
    counts = {name: count for name, count in counts.items() if count}
    if not counts:
        return
    most = max(counts, key=lambda name: (counts[name], name))
    rare = sorted((count, name) for name, count in counts.items() if count * _RARE <= counts[most])
    if not rare:
        return
    fewest, name = rare[0]
    if len(rare) == 1:
        yield (
            f"'{shortened(name)}' has {fewest:,} {noun if fewest == 1 else nouns}, '{shortened(most)}' "
            f"{counts[most]:,}: find more pictures of '{shortened(name)}', or sample them more often."
        )
    else:
        yield (
            f"{len(rare):,} of {len(counts):,} classes have at most a twentieth of the {nouns} of "
            f"'{shortened(most)}' ({counts[most]:,}), '{shortened(name)}' the fewest ({fewest:,}): find more pictures "
            "of them, or sample these more often."
        )


def _settled(shapes: Shapes, weights: Counts, start: Shapes) -> Shapes:
    """Returns the best centres that rounds of k-means find; their means can fit worse than what they came from."""
    centres = found = start
    highest = -1
    for _ in range(_MOST_ROUNDS):
        overlaps = _overlaps(shapes, centres)
        score = int(weights @ overlaps.max(axis=1))
        if score <= highest:
            break
        highest, found = score, centres
        nearest = overlaps.argmax(axis=1)
        centres = centres.copy()
        for cluster in np.unique(nearest):
            of = nearest == cluster
            sums = weights[of] @ np.rint(shapes[of] * _UNIT).astype(np.int64)
            centres[cluster] = sums / (int(weights[of].sum()) * _UNIT)
    return found


def _by_area(shapes: Shapes) -> Shapes:
    return shapes[np.lexsort((shapes[:, 0], shapes[:, 0] * shapes[:, 1]))]


def _best(shapes: Shapes, centres: Shapes) -> Counts:
    """Returns the overlap of each shape with the centre that fits it best; 0 without a centre."""
    best: Counts = _overlaps(shapes, centres).max(axis=1, initial=0)
    return best


def _overlaps(shapes: Shapes, centres: Shapes) -> Counts:
    """Returns the IoU of each shape (rows) with each centre (columns), in whole numbers of 1 / _UNIT."""
    both = np.minimum(shapes[:, None, 0], centres[None, :, 0]) * np.minimum(shapes[:, None, 1], centres[None, :, 1])
    areas, others = shapes[:, 0] * shapes[:, 1], centres[:, 0] * centres[:, 1]
    overlaps: Counts = np.rint(both / (areas[:, None] + others[None, :] - both) * _UNIT).astype(np.int64)
    return overlaps
