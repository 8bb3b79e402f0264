"""What is counted of boxes and images, and between which edges; see `sketch.Sketch`.

The edges, and what is compared with them, come of products, quotients and square roots alone, which are the same on
every machine.
"""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

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
FIELDS = {
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
"""What a cell, the counts of one class in one split, holds: name → how many numbers."""
_ENDS = np.cumsum(list(FIELDS.values())).tolist()
SLICES = {name: slice(end - FIELDS[name], end) for name, end in zip(FIELDS, _ENDS, strict=True)}
"""Name → where its numbers stand."""
LENGTH = _ENDS[-1]
"""Of a cell."""


def bins_of(values: NDArray[Any], edges: Iterable[float]) -> Counts:
    """Returns for each value the number of edges that it reaches."""
    return np.searchsorted(np.array(list(edges), np.float64), values, side="right")


def table(rows: Counts, columns: Counts, height: int, width: int) -> Counts:
    """Returns how often each pair of a row and a column comes."""
    return np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)


def histogram_2d(rows: NDArray[np.float64], columns: NDArray[np.float64], edges: Sequence[float]) -> Counts:
    """Returns how many pairs of values fall between the same two edges each: a square table."""
    width = len(edges) + 1
    return table(bins_of(rows, edges), bins_of(columns, edges), width, width)
