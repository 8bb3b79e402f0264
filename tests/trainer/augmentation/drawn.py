"""Pictures of plain rectangles, which can be found again after they were moved."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

SIZE = 64
MOST = 6
Box = tuple[float, float, float, float]
BOXES: dict[int, Box] = {
    0: (8 / 64, 4 / 64, 30 / 64, 20 / 64),
    1: (10 / 64, 34 / 64, 22 / 64, 60 / 64),
    2: (36 / 64, 12 / 64, 60 / 64, 48 / 64),
}
"""Channel → place of a rectangle: a red, a green and a blue one."""


def drawn(boxes: Mapping[int, Box] = BOXES, *, size: int = SIZE, most: int = MOST) -> dict[str, tf.Tensor]:
    """Returns a sample of plain rectangles on black.

    Args:
        boxes: channel, which is also the label → place, on whole pixels.
        size: of the picture, in pixels.
        most: places for boxes.
    """
    image = np.zeros((size, size, 3), np.uint8)
    for channel, box in boxes.items():
        top, left, bottom, right = (round(side * size) for side in box)
        image[top:bottom, left:right, channel] = 255
    return sample(image, list(boxes.values()), list(boxes), most)


def sample(image: np.ndarray, boxes: list[Box], labels: list[int], most: int = MOST) -> dict[str, tf.Tensor]:
    """Returns what training has of a picture, with padded boxes."""
    missing = most - len(boxes)
    return {
        "image": tf.constant(image),
        "boxes": tf.constant([*boxes, *[(0.0, 0.0, 0.0, 0.0)] * missing], tf.float32),
        "labels": tf.constant([*labels, *[-1] * missing], tf.int32),
    }


def objects(sample: Mapping[str, Any]) -> dict[int, Any]:
    """Returns label → box of a sample without objects of the same class."""
    return {int(label): box for label, box in zip(sample["labels"], sample["boxes"], strict=True) if label != -1}


def found(image: Any, channel: int) -> Box | None:
    """Returns the extent of a rectangle, as fractions, or None if nothing is seen of it."""
    pixels = np.asarray(image).astype(int)
    others = np.delete(pixels, channel, axis=-1).max(axis=-1)
    rows, columns = np.nonzero(pixels[..., channel] - others > 127)
    if not rows.size:
        return None
    height, width = pixels.shape[:2]
    return (rows.min() / height, columns.min() / width, (rows.max() + 1) / height, (columns.max() + 1) / width)
