"""What is found on a picture, and how a line of JSON says it."""

import json
import os
from typing import NamedTuple


class Detection(NamedTuple):
    """An object that a detector found."""

    name: str
    """Of its class."""
    id: int
    """Of its class, in the label map."""
    score: float
    """0 to 1."""
    box: tuple[float, float, float, float]
    """(xmin, ymin, xmax, ymax) in pixels of the upright picture, within it."""


class PictureResult(NamedTuple):
    """A picture that was looked at."""

    name: str
    """As in `finding.PictureFile`."""
    width: int
    """Pixels, upright."""
    height: int
    detections: tuple[Detection, ...]
    """The best first."""


def json_line(result: PictureResult) -> str:
    """Returns a picture as one line of JSON Lines, with its line break.

    Boxes have hundredths of a pixel. A byte of a file's name that is no UTF-8 is written with a backslash of its own,
    because parsers refuse what Python makes of it.
    """
    line = {
        "file": os.fsencode(result.name).decode("utf-8", "backslashreplace"),
        "width": result.width,
        "height": result.height,
        "detections": [
            {
                "class": one.name,
                "id": one.id,
                "score": round(one.score, 5),
                "box": [round(side, 2) for side in one.box],
            }
            for one in result.detections
        ],
    }
    return json.dumps(line, ensure_ascii=False) + "\n"
