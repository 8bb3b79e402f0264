"""Labelled boxes on a picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from presentation.drawing.colours import Colour, colour_of, ink_on
from presentation.drawing.labels import place_labels
from presentation.drawing.lettering import font, label_text
from presentation.drawing.outlines import draw_outline, draw_thin_outline, frame_of, inset, line_width
from presentation.drawing.rectangles import Rectangle, visible_part


class LabelledBox(NamedTuple):
    """A box in fractions of its picture's width and height, of which nothing is promised, and what stands on it."""

    name: str
    """Of its class."""
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    remarks: tuple[str, ...] = ()
    """Words behind the name, such as 'difficult'; where there is little room their first letters."""
    is_chosen: bool = True
    """Others are drawn thin, without label."""


class _Seen(NamedTuple):
    """A box that is seen."""

    box: Rectangle
    colour: Colour
    text: str
    """Of its label."""
    remarks: tuple[str, ...]
    is_chosen: bool


def draw_boxes(picture: Image.Image, boxes: Sequence[LabelledBox], ids: Mapping[str, int]) -> None:
    """Draws boxes and their labels; small boxes lie on top of those around them.

    Args:
        picture: in the mode RGB; it is drawn on.
        boxes: those without area in the picture are left out.
        ids: class name → id, of the label map; they choose the colours.
    """
    seen = _see(boxes, ids, picture.size)
    width = line_width(picture.size)
    _draw_outlines(picture, seen, width)
    _draw_labels(picture, [one for one in seen if one.is_chosen], width)


def _see(boxes: Sequence[LabelledBox], ids: Mapping[str, int], size: tuple[int, int]) -> list[_Seen]:
    """Returns the boxes that are seen, in the order of drawing."""
    seen = []
    for one in boxes:
        box = visible_part(one, size)
        if box:
            colour = colour_of(one.name, ids)
            seen.append(_Seen(box, colour, label_text(one.name, ids), one.remarks, one.is_chosen))
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
    texts = [_with_remarks(one, lettering, most) for one, most in zip(seen, room, strict=True)]
    sizes = [(round(lettering.getlength(text)) + 2 * padding, round(size * 1.4)) for text in texts]
    places = place_labels(frames, [(one.text, one.colour) for one in seen], sizes, picture.size)
    for one, text, place in zip(seen, texts, places, strict=True):
        if place:
            draw.rectangle((place.left, place.top, place.right - 1, place.bottom - 1), one.colour, ink_on(one.colour))
            middle = (place.top + place.bottom) / 2
            draw.text((place.left + padding, middle), text, fill=ink_on(one.colour), font=lettering, anchor="lm")


def _with_remarks(one: _Seen, lettering: ImageFont.FreeTypeFont, room: int) -> str:
    """Returns the text of a label; remarks by their first letters where there is little room."""
    if not one.remarks:
        return one.text
    text = f"{one.text} ({', '.join(one.remarks)})"
    return (
        text if lettering.getlength(text) <= room else f"{one.text} ({', '.join(remark[0] for remark in one.remarks)})"
    )


def _font_size(size: tuple[int, int]) -> int:
    """Returns the size of labels in a drawing, in pixels: legible, also where a large one is shown reduced."""
    return max(12, min(10 + max(size) // 100, min(size) // 6))
