"""Rectangles of whole pixels, and how a box of fractions, whatever it holds, becomes one."""

import math
from typing import NamedTuple, Protocol


class Rectangle(NamedTuple):
    """Pixels, half-open: right and bottom are the first that no longer belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Square pixels."""
        return self.width * self.height

    def grown(self, by: int) -> "Rectangle":
        """Returns it with so many pixels more on each side."""
        return Rectangle(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def clipped(self, size: tuple[int, int]) -> "Rectangle":
        """Returns the part of it that lies in a picture of a width and a height."""
        return Rectangle(max(self.left, 0), max(self.top, 0), min(self.right, size[0]), min(self.bottom, size[1]))

    def meets(self, other: "Rectangle") -> bool:
        """Tells whether the two share a pixel."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Box(Protocol):
    """A box in fractions of its picture's width and height; nothing is promised of them."""

    @property
    def xmin(self) -> float:
        """Left edge."""

    @property
    def ymin(self) -> float:
        """Upper edge."""

    @property
    def xmax(self) -> float:
        """Right edge."""

    @property
    def ymax(self) -> float:
        """Lower edge."""


def visible_part(one: Box, size: tuple[int, int]) -> Rectangle | None:
    """Returns where a box is seen: put in order, clipped, and at least one pixel wide and high.

    Args:
        one: the box.
        size: width and height of the picture, in pixels.

    Returns:
        None if the box has no area in the picture, or a side that is not a number.
    """
    sides = (one.xmin, one.ymin, one.xmax, one.ymax)
    if any(map(math.isnan, sides)):
        return None
    left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
    if left == right or top == bottom:
        return None
    across, down = _pixels(left, right, size[0]), _pixels(top, bottom, size[1])
    return Rectangle(across[0], down[0], across[1], down[1])


def _pixels(one: float, other: float, length: int) -> tuple[int, int]:
    """Returns the first pixel of a stretch and the first behind it."""
    start = min(round(min(one, other) * length), length - 1)
    return start, max(round(max(one, other) * length), start + 1)
