"""Detections drawn on a picture, beside what is really there."""

import io
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from PIL import Image

from presentation.drawing.boxes import LabelledBox, draw_boxes
from presentation.drawing.colours import colour_of_number
from presentation.drawing.lettering import label_text
from presentation.drawing.rectangles import visible_part
from trainer.evaluation.matching import match
from trainer.evaluation.pictures import Floats, Found, Truth

LONG_SIDE = 480
"""Pixels of the longer side of a drawing; smaller pictures are enlarged by a whole number."""

_VEIL = 0.3
"""Of a missed object's colour on its pixels."""
_LONGEST_NAME = 26
"""Characters before the score: with it, a label has no more than `lettering.LONGEST`."""
_FORMATS = ("JPEG", "PNG", "BMP", "GIF")


class Classes(Protocol):
    """A dataset, a run, or whatever else knows the classes of a detector."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the detector's classes."""

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Ids in the label map, of the same classes; they choose the colours."""


class _Names(NamedTuple):
    """Of the classes, and their ids."""

    names: tuple[str, ...]
    ids: tuple[int, ...]

    def shown(self, label: int) -> str:
        """Returns the name of a class as it is drawn before a score."""
        text = label_text(self.names[label], {self.names[label]: self.ids[label]})
        return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"


class _Drawn(NamedTuple):
    """A box and its class, whose id is looked up by the text that stands on it."""

    box: LabelledBox
    class_id: int
    is_veiled: bool = False


def draw_detections(
    encoded: bytes,
    truth: Truth | None,
    found: Found,
    classes: Classes,
    *,
    score: float = 0.5,
    long_side: int = LONG_SIDE,
) -> Image.Image:
    """Draws what a detector finds on a picture, with its scores, and how that compares with what is there.

    Detections are outlined. 'false' stands on one where there is nothing, 'not cat' on one of a cat that has another
    class. Missed objects are veiled in their colour, with 'missed' on them. Thin lines are objects that are found, that
    need not be found (crowds, difficult ones), and detections of these. Where there is little room, first letters stand
    for the words.

    Args:
        encoded: a JPEG, PNG, BMP or GIF file (of a GIF, the first frame).
        truth: what is there, in pixels of the picture; None if that is not known.
        found: what is found, in the same pixels.
        classes: names and ids.
        score: detections below it are left out, and what they would have found is missed.
        long_side: of the drawing, in pixels.

    Returns:
        In the mode RGB.

    Raises:
        OSError: the picture cannot be decoded.
    """
    image, size = read_picture(encoded, long_side)
    names = _Names(tuple(classes.class_names), tuple(classes.class_ids))
    boxes = list(_compared(truth, found, score, names, size) if truth else _plain(found, score, names, size))
    for one in boxes:
        if one.is_veiled:
            _veil(image, one)
    draw_boxes(image, [one.box for one in boxes], {one.box.name: one.class_id for one in boxes})
    return image


def read_picture(encoded: bytes, long_side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Returns a picture in the mode RGB, reduced or enlarged to a longer side, and its own width and height.

    Args:
        encoded: a JPEG, PNG, BMP or GIF file (of a GIF, the first frame).
        long_side: pixels; smaller pictures are enlarged by a whole number.

    Raises:
        OSError: the picture cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(encoded), formats=_FORMATS) as opened:
            image = opened.convert("RGB")
    except Image.DecompressionBombError as error:
        raise OSError(str(error)) from None
    size = image.size
    factor = long_side / max(size)
    if factor < 1:
        target = (max(1, round(size[0] * factor)), max(1, round(size[1] * factor)))
        return image.resize(target, Image.Resampling.BILINEAR, reducing_gap=2.0), size
    whole = int(factor)
    return image.resize((size[0] * whole, size[1] * whole), Image.Resampling.NEAREST), size


def _plain(found: Found, score: float, names: _Names, size: tuple[int, int]) -> Iterator[_Drawn]:
    for i in (found.scores >= score).nonzero()[0].tolist():
        yield _detection(found, i, names, size)


def _compared(truth: Truth, found: Found, score: float, names: _Names, size: tuple[int, int]) -> Iterator[_Drawn]:
    matching = match(truth, found)
    missed = truth.counted.copy()
    for i in (found.scores >= score).nonzero()[0].tolist():
        one, taken = _detection(found, i, names, size), int(matching.objects[i])
        if taken >= 0:
            missed[taken] = False
            is_right = truth.labels[taken] == found.labels[i]
            yield one if is_right else _remarked(one, f"not {names.shown(int(truth.labels[taken]))}")
        else:
            yield _thin(one) if matching.ignored[i] else _remarked(one, "false")
    for box, label, is_missed in zip(truth.boxes, truth.labels.tolist(), missed.tolist(), strict=True):
        there = LabelledBox(names.names[label], *_fractions(box, size), ("missed",), is_missed)
        yield _Drawn(there, names.ids[label], is_missed)


def _detection(found: Found, number: int, names: _Names, size: tuple[int, int]) -> _Drawn:
    label = int(found.labels[number])
    text = f"{names.shown(label)} {found.scores[number]:.2f}"
    return _Drawn(LabelledBox(text, *_fractions(found.boxes[number], size)), names.ids[label])


def _remarked(one: _Drawn, remark: str) -> _Drawn:
    return one._replace(box=one.box._replace(remarks=(remark,)))


def _thin(one: _Drawn) -> _Drawn:
    return one._replace(box=one.box._replace(is_chosen=False))


def _fractions(box: Floats, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Returns (xmin, ymin, xmax, ymax) of a box in pixels of a picture of a width and a height."""
    ymin, xmin, ymax, xmax = box.tolist()
    return xmin / size[0], ymin / size[1], xmax / size[0], ymax / size[1]


def _veil(image: Image.Image, one: _Drawn) -> None:
    seen = visible_part(one.box, image.size)
    if seen:
        part = image.crop(seen)
        veil = Image.new("RGB", part.size, colour_of_number(one.class_id))
        image.paste(Image.blend(part, veil, _VEIL), seen)
