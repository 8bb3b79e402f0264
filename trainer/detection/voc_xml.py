"""What is found on a picture, as an annotation in the letters of labelImg 1.8.6 (`libs/pascal_voc_io.py`)."""

import os
from xml.sax.saxutils import escape

from presentation.wording import printable
from trainer.detection.results import Detection, PictureResult


def voc_xml(path: str, result: PictureResult) -> str:
    """Returns the text of a Pascal VOC file that labelImg opens, and `shardbox build` reads.

    Args:
        path: where the picture lies.
        result: what is on it.
    """
    absolute = os.path.abspath(path)
    lines = [
        "<annotation>",
        f"\t<folder>{_text(os.path.basename(os.path.dirname(absolute)))}</folder>",
        f"\t<filename>{_text(os.path.basename(absolute))}</filename>",
        f"\t<path>{_text(absolute)}</path>",
        "\t<source>\n\t\t<database>Unknown</database>\n\t</source>",
        f"\t<size>\n\t\t<width>{result.width}</width>\n\t\t<height>{result.height}</height>\n\t\t<depth>3</depth>\n"
        "\t</size>",
        "\t<segmented>0</segmented>",
        *(_object(one, result.width, result.height) for one in result.detections),
        "</annotation>\n",
    ]
    return "\n".join(lines)


def _object(one: Detection, width: int, height: int) -> str:
    xmin, xmax = _whole(one.box[0], one.box[2], width)
    ymin, ymax = _whole(one.box[1], one.box[3], height)
    truncated = int(xmin == 1 or ymin == 1 or xmax == width or ymax == height)
    return "\n".join(
        (
            "\t<object>",
            f"\t\t<name>{_text(one.name)}</name>\n\t\t<pose>Unspecified</pose>",
            f"\t\t<truncated>{truncated}</truncated>\n\t\t<difficult>0</difficult>",
            f"\t\t<bndbox>\n\t\t\t<xmin>{xmin}</xmin>\n\t\t\t<ymin>{ymin}</ymin>",
            f"\t\t\t<xmax>{xmax}</xmax>\n\t\t\t<ymax>{ymax}</ymax>\n\t\t</bndbox>",
            "\t</object>",
        )
    )


def _whole(low: float, high: float, length: int) -> tuple[int, int]:
    """Returns whole coordinates from 1 to a length, as labelImg has them, at least one pixel apart if there is room."""
    last = min(max(round(high), 2), length)
    return max(min(round(low), last - 1), 1), last


def _text(text: str) -> str:
    return escape(printable(text))
