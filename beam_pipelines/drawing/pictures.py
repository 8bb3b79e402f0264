"""An example as a picture: what is on it, where, and of which class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from beam_pipelines.drawing.canvas import read_canvas
from beam_pipelines.drawing.colours import Colour, colour_of, ink_on
from beam_pipelines.drawing.labels import place_labels
from beam_pipelines.drawing.lettering import font, label_text
from beam_pipelines.drawing.masks import paint_class_map, paint_mask
from beam_pipelines.drawing.outlines import draw_outline, draw_thin_outline, frame_of, inset, line_width
from beam_pipelines.drawing.rectangles import Rectangle, visible_part
from beam_pipelines.record_files.views import ExampleView, ObjectView

_FLAGS = ("crowd", "difficult", "truncated")


class _Seen(NamedTuple):
    """An object whose box is seen."""

    box: Rectangle
    colour: Colour
    text: str
    """Of its label."""
    flags: tuple[str, ...]
    """Those of `_FLAGS` that are raised."""
    is_chosen: bool


def draw_example(
    view: ExampleView, ids: Mapping[str, int], long_side: int | None = None, only: str | None = None
) -> Image.Image:
    """Draws the masks, the boxes and the classes of an example on its picture.

    Args:
        view: the example; what cannot be drawn of its objects is left out.
        ids: class name → id, of the label map.
        long_side: pixels of the drawing's longer side; None for the picture's own, a multiple if it is tiny.
        only: a class to emphasise; others are drawn thin, without mask and label.

    Returns:
        In the mode RGB.

    Raises:
        RecordError: as `signatures.format_of` and `decoding.decode`, if the picture cannot be decoded.
    """
    canvas = read_canvas(view.encoded, long_side)
    for one in view.objects:
        if only in (None, one.name):
            paint_mask(canvas, one.mask, colour_of(one.name, ids))
    if not any(one.mask for one in view.objects):
        paint_class_map(canvas, view.class_map)
    seen = _see(view.objects, ids, canvas.image.size, only)
    width = line_width(canvas.image.size)
    _draw_outlines(canvas.image, seen, width)
    _draw_labels(canvas.image, [one for one in seen if one.is_chosen], width)
    return canvas.image


def _see(objects: Sequence[ObjectView], ids: Mapping[str, int], size: tuple[int, int], only: str | None) -> list[_Seen]:
    """Returns the objects that are seen, in the order of drawing: small boxes lie on top of those around them."""
    seen = []
    for one in objects:
        box = visible_part(one, size)
        if box:
            raised = zip(_FLAGS, (one.is_crowd, one.difficult, one.truncated), strict=True)
            flags = tuple(name for name, value in raised if value)
            chosen = only in (None, one.name)
            seen.append(_Seen(box, colour_of(one.name, ids), label_text(one.name, ids), flags, chosen))
    return sorted(seen, key=lambda one: -one.box.area)


def _draw_outlines(picture: Image.Image, seen: Sequence[_Seen], width: int) -> None:
    draw = ImageDraw.Draw(picture)
    for one in seen:
        if not one.is_chosen:
            draw_thin_outline(draw, one.box, one.colour)
    repeats = Counter[Rectangle]()
    for one in seen:
        if one.is_chosen:
            draw_outline(draw, inset(one.box, repeats[one.box], width), one.colour, width, picture.size)
            repeats[one.box] += 1


def _draw_labels(picture: Image.Image, seen: Sequence[_Seen], width: int) -> None:
    draw = ImageDraw.Draw(picture)
    size = _font_size(picture.size)
    lettering, padding = font(size), max(3, size // 3)
    frames = [frame_of(one.box, width, picture.size) for one in seen]
    room = [frame.width - 2 * padding for frame in frames]
    texts = [_with_flags(one, lettering, most) for one, most in zip(seen, room, strict=True)]
    sizes = [(round(lettering.getlength(text)) + 2 * padding, round(size * 1.4)) for text in texts]
    places = place_labels(frames, [(one.text, one.colour) for one in seen], sizes, picture.size)
    for one, text, place in zip(seen, texts, places, strict=True):
        if place:
            draw.rectangle((place.left, place.top, place.right - 1, place.bottom - 1), one.colour, ink_on(one.colour))
            middle = (place.top + place.bottom) / 2
            draw.text((place.left + padding, middle), text, fill=ink_on(one.colour), font=lettering, anchor="lm")


def _with_flags(one: _Seen, lettering: ImageFont.FreeTypeFont, room: int) -> str:
    """Returns the text of a label; flags by their first letters where there is little room."""
    if not one.flags:
        return one.text
    text = f"{one.text} ({', '.join(one.flags)})"
    return text if lettering.getlength(text) <= room else f"{one.text} ({', '.join(flag[0] for flag in one.flags)})"


def _font_size(size: tuple[int, int]) -> int:
    """Returns the size of labels in a drawing, in pixels: legible, also where a large one is shown reduced."""
    return max(12, min(10 + max(size) // 100, min(size) // 6))
