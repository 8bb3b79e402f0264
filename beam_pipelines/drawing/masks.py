"""Masks and class maps as translucent colours over a picture."""

from collections.abc import Callable

from PIL import Image, ImageChops

from beam_pipelines.drawing.canvas import Canvas
from beam_pipelines.masks.values import VOID, check_png, read_numbers, read_shape
from beam_pipelines.records import RecordError
from presentation.drawing.colours import Colour, colour_of_number
from presentation.drawing.outlines import line_width

_OPACITY = 115
"""Of 255: the colour is told, and so is what lies beneath."""
_VISIBLE = bytes((0, *(_OPACITY for _ in range(1, VOID)), 0))
"""Number of a class map: its opacity."""


def paint_mask(canvas: Canvas, mask: bytes, colour: Colour) -> None:
    """Paints where an object is, with a contour; a mask that cannot be used is left out.

    Args:
        canvas: painted on.
        mask: a PNG of the stored picture's size, not 0 where the object is.
        colour: of the object's class.
    """
    shape = _read(mask, canvas, read_shape, numbers=False)
    if not shape:
        return
    solid = _resized(shape.point(lambda value: value * 255), canvas.image.size, Image.Resampling.BOX)
    around = solid.getbbox()
    if not around:
        return
    solid = solid.crop(around)
    contour = ImageChops.subtract(solid, _eroded(solid, line_width(canvas.image.size)))
    fill = solid.point(lambda value: value * _OPACITY // 255)
    canvas.image.paste(colour, around, ImageChops.lighter(fill, contour))


def _eroded(shape: Image.Image, by: int) -> Image.Image:
    """Returns a shape without so many pixels along its sides, and along the picture's."""
    framed = Image.new("L", (shape.width + 2 * by, shape.height + 2 * by))
    framed.paste(shape, (by, by))
    eroded = shape
    for left, top in ((0, by), (2 * by, by), (by, 0), (by, 2 * by)):
        moved = framed.crop((left, top, left + shape.width, top + shape.height))
        eroded = ImageChops.darker(eroded, moved)
    return eroded


def paint_class_map(canvas: Canvas, class_map: bytes) -> None:
    """Paints the class of each pixel, but for 0, which is the background by custom, and for void.

    Args:
        canvas: painted on.
        class_map: a PNG of the stored picture's size; left out if it cannot be used. Its numbers take the
            colours of the classes with these ids.
    """
    numbers = _read(class_map, canvas, read_numbers, numbers=True)
    if not numbers:
        return
    numbers = _resized(numbers, canvas.image.size, Image.Resampling.NEAREST)
    colours = Image.frombytes("P", numbers.size, numbers.tobytes())
    colours.putpalette([value for number in range(256) for value in colour_of_number(number)])
    canvas.image.paste(colours.convert("RGB"), mask=numbers.point(_VISIBLE))


def _read(data: bytes, canvas: Canvas, read: Callable[[bytes], Image.Image], *, numbers: bool) -> Image.Image | None:
    if not data:
        return None
    try:
        check_png(data, *canvas.size, numbers=numbers)
        return read(data)
    except RecordError:
        return None


def _resized(image: Image.Image, size: tuple[int, int], filter: Image.Resampling) -> Image.Image:
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.NEAREST if size[0] > image.width else filter)
