"""The outlines of boxes, to be seen on any ground."""

from PIL import ImageDraw

from presentation.drawing.colours import Colour, ink_on
from presentation.drawing.rectangles import Rectangle

_SMALL = 24
"""Boxes with a side of fewer halos have one outside only, lest it hide what is in them."""


def line_width(size: tuple[int, int]) -> int:
    """Returns the width of the lines in a drawing of a size, in pixels."""
    return max(2, round(max(size) / 320))


def frame_of(box: Rectangle, width: int, size: tuple[int, int]) -> Rectangle:
    """Returns what the outline of a box encloses, itself included: the line lies outside the box.

    At the picture's borders it lies inside.

    Args:
        box: in the picture.
        width: of the line, in pixels.
        size: of the picture.
    """
    return _line_of(box, width, size).grown(_halo(width)).clipped(size)


def inset(box: Rectangle, times: int, width: int) -> Rectangle:
    """Returns a box that lies so many outlines further inside, or itself if it has no room for them.

    Args:
        box: of which equal ones are drawn already.
        times: how many.
        width: of the lines, in pixels.
    """
    smaller = box.grown(-times * (width + 2 * _halo(width)))
    return smaller if smaller.width > 0 and smaller.height > 0 else box


def draw_outline(draw: ImageDraw.ImageDraw, box: Rectangle, colour: Colour, width: int, size: tuple[int, int]) -> None:
    """Draws a line around a box, with a halo of black or white.

    Line and halo have a contrast of 4.5 : 1 or more, so that one of them has at least the root of that to
    any ground.

    Args:
        draw: on the picture.
        box: in the picture.
        colour: of the line.
        width: of the line, in pixels.
        size: of the picture.
    """
    halo = _halo(width)
    line = _line_of(box, width, size)
    inner = halo if min(box.width, box.height) >= _SMALL * halo else 0
    _draw_frame(draw, line.grown(halo), ink_on(colour), width + halo + inner)
    _draw_frame(draw, line, colour, width)


def draw_thin_outline(draw: ImageDraw.ImageDraw, box: Rectangle, colour: Colour) -> None:
    """Draws a line of one pixel within a box, with a halo outside it."""
    _draw_frame(draw, box.grown(1), ink_on(colour), 1)
    _draw_frame(draw, box, colour, 1)


def _line_of(box: Rectangle, width: int, size: tuple[int, int]) -> Rectangle:
    return box.grown(width).clipped(size)


def _halo(width: int) -> int:
    return max(1, width // 4)


def _draw_frame(draw: ImageDraw.ImageDraw, frame: Rectangle, colour: Colour, width: int) -> None:
    draw.rectangle((frame.left, frame.top, frame.right - 1, frame.bottom - 1), outline=colour, width=width)
