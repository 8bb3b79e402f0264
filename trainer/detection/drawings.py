"""What is found on a picture, drawn on it."""

import io
from typing import NamedTuple

from trainer.detection.preparing import Prepared
from trainer.detection.results import PictureResult
from trainer.drawing import LONG_SIDE, draw_detections
from trainer.evaluation.pictures import make_found
from trainer.export.description import Description

_JPEG_ENDINGS = (".jpg", ".jpeg")
_KEPT_ENDINGS = (*_JPEG_ENDINGS, ".png")


class _Classes(NamedTuple):
    class_names: tuple[str, ...]
    class_ids: tuple[int, ...]


def drawing_name(name: str) -> str:
    """Returns what the drawing of a picture is called: like the picture, if that is a JPEG or a PNG by its name."""
    return name if name.lower().endswith(_KEPT_ENDINGS) else f"{name}.png"


def drawing(prepared: Prepared, result: PictureResult, description: Description) -> bytes:
    """Returns a picture with boxes, class names and scores on it, as a JPEG or PNG file.

    It has the picture's own size; a small one is enlarged by a whole number, so that labels have room.

    Args:
        prepared: the picture.
        result: what is on it.
        description: of the detector, whose ids choose the colours.
    """
    classes = _Classes(tuple(description.classes), tuple(description.classes.values()))
    boxes = [(ymin, xmin, ymax, xmax) for xmin, ymin, xmax, ymax in (one.box for one in result.detections)]
    labels = [classes.class_ids.index(one.id) for one in result.detections]
    found = make_found(0, boxes, [one.score for one in result.detections], labels)
    long_side = max(prepared.width, prepared.height, LONG_SIDE)
    image = draw_detections(prepared.encoded, None, found, classes, score=0.0, long_side=long_side)
    file = io.BytesIO()
    if drawing_name(result.name).lower().endswith(_JPEG_ENDINGS):
        image.save(file, "JPEG", quality=92)
    else:
        image.save(file, "PNG")
    return file.getvalue()
