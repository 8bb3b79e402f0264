"""What is on a picture, and what a detector finds on it, in the picture's own pixels."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Truth(NamedTuple):
    """The objects of a picture, n of them, as they are annotated."""

    source_id: int
    filename: str
    height: int
    width: int
    boxes: Floats
    """[n, 4]: (ymin, xmin, ymax, xmax), in pixels."""
    labels: Integers
    """[n]: classes, from 0."""
    is_crowd: Flags
    """[n]: whether the box holds a crowd."""
    difficult: Flags
    """[n]."""
    areas: Floats
    """[n]: square pixels of the objects, which may be less than those of their boxes."""

    @property
    def counted(self) -> Flags:
        """[n]: the objects that a detector has to find; it neither gains nor loses by the others."""
        return ~(self.is_crowd | self.difficult)


class Found(NamedTuple):
    """The k detections on a picture."""

    source_id: int
    boxes: Floats
    """[k, 4]: (ymin, xmin, ymax, xmax), in pixels."""
    scores: Floats
    """[k], 0..1."""
    labels: Integers
    """[k]: classes, from 0."""


def make_truth(
    source_id: int,
    filename: str,
    size: tuple[int, int],
    boxes: Any,
    labels: Any,
    *,
    is_crowd: Any = None,
    difficult: Any = None,
    areas: Any = None,
) -> Truth:
    """Returns the objects of a picture from any sequences; without flags and areas there are none and the boxes'.

    Args:
        source_id: of the picture.
        filename: of the picture.
        size: height and width, in pixels.
        boxes: [n, 4], in pixels.
        labels: [n].
        is_crowd: [n].
        difficult: [n].
        areas: [n].
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    none = np.zeros(len(boxes), bool)
    sides = boxes[:, 2:] - boxes[:, :2]
    return Truth(
        source_id,
        filename,
        *size,
        boxes,
        np.asarray(labels, np.int64).reshape(-1),
        none if is_crowd is None else np.asarray(is_crowd, bool),
        none if difficult is None else np.asarray(difficult, bool),
        sides.prod(axis=1) if areas is None else np.asarray(areas, np.float64),
    )


def make_found(source_id: int, boxes: Any, scores: Any, labels: Any) -> Found:
    """Returns the detections on a picture from any sequences."""
    return Found(
        source_id,
        np.asarray(boxes, np.float64).reshape(-1, 4),
        np.asarray(scores, np.float64).reshape(-1),
        np.asarray(labels, np.int64).reshape(-1),
    )
