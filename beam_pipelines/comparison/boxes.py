"""What became of the boxes of one image."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from beam_pipelines.comparison.images import Box
from beam_pipelines.comparison.pairing import pair_up

SAME = 0.5
"""Boxes that overlap so much (intersection over union) are taken for the same, drawn again; as in VOC and COCO."""

_PLACE = slice(1, 5)


class BoxChange(NamedTuple):
    """What became of one box."""

    kind: str
    """'added', 'removed', 'moved' (drawn again), 'class' (another one; it may have moved too), or 'attributes'."""
    before: Box | None
    after: Box | None


def compare_boxes(before: Iterable[Box], after: Iterable[Box]) -> list[BoxChange]:
    """Returns what became of the boxes of an image, in the order of the boxes.

    A box that is not equal to another is taken for the one of the same class and place, else for that of the same
    place, else for the one of its class that it overlaps most, else for the one of any class; half is the least.
    """
    known, found = Counter(before), Counter(after)
    left, right = sorted((known - found).elements()), sorted((found - known).elements())
    changes: list[BoxChange] = []
    for kind, alike in (("attributes", slice(5)), ("class", _PLACE)):
        pairs, left, right = pair_up(left, right, lambda box, of=alike: box[of])  # type: ignore[misc]
        changes += [BoxChange(kind, *pair) for pair in pairs]
    for of_one_class in (True, False):
        for one, other in list(_overlapping(left, right, of_one_class)):
            left.remove(one)
            right.remove(other)
            changes.append(BoxChange("moved" if of_one_class else "class", one, other))
    changes += [BoxChange("removed", box, None) for box in left]
    changes += [BoxChange("added", None, box) for box in right]
    return sorted(changes, key=_order)


def _order(change: BoxChange) -> tuple[Any, ...]:
    boxes = sorted(box for box in change[1:] if box is not None)
    return boxes, change.kind


def _overlapping(left: Sequence[Box], right: Sequence[Box], of_one_class: bool) -> Iterator[tuple[Box, Box]]:
    """Yields pairs of boxes that overlap by half or more, each box once, those that overlap most first."""
    candidates = []
    for i, j, overlap in _overlaps(left, right):
        one, other = left[i], right[j]
        if not of_one_class or one[0] == other[0]:
            candidates.append((-overlap, sorted((one, other)), i, j))
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for _, _, i, j in sorted(candidates):
        if i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            yield left[i], right[j]


def _overlaps(left: Sequence[Box], right: Sequence[Box]) -> Iterator[tuple[int, int, float]]:
    """Yields (place on the left, place on the right, intersection over union) where that is half or more."""
    if not left or not right:
        return
    sides = np.array([box[_PLACE] for box in right], np.float64)
    areas = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    for i, box in enumerate(left):
        xmin, ymin, xmax, ymax = box[_PLACE]
        width = np.minimum(sides[:, 2], xmax) - np.maximum(sides[:, 0], xmin)
        height = np.minimum(sides[:, 3], ymax) - np.maximum(sides[:, 1], ymin)
        both = np.maximum(width, 0) * np.maximum(height, 0)
        either = areas + (xmax - xmin) * (ymax - ymin) - both
        for j in np.flatnonzero((both > 0) & (both >= SAME * either)).tolist():
            yield i, j, float(both[j] / either[j])
