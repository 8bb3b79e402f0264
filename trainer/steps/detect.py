"""`shardbox-train detect`: an exported detector and pictures → boxes, drawn and as text."""

import argparse
import math
import os
from collections.abc import Iterator, Mapping

from rich.console import Console

from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import printable
from trainer.detection.export_folder import describe_folder
from trainer.detection.finding import PictureFile, find_pictures
from trainer.detection.outputs import ANNOTATIONS, LINES_NAME, Places, plan
from trainer.detection.tally import Tally

EXAMPLE = f"""examples:
  shardbox-train detect --model served/1 --images 'photos/*.jpg' --output found
  shardbox-train detect --model served/1 --images photos more/IMG_0001.jpg --output found --min_score 0.5
  shardbox-train detect --model served/1 --images photos --output found --write voc --no_drawings

Writes a line of JSON for each picture to {LINES_NAME}, and each picture with its boxes on it. Boxes are in pixels of
the picture as a person sees it: turned as the camera noted. --write voc writes annotations to {ANNOTATIONS}/, to be
corrected in labelImg (with that folder as its save folder) and built into a dataset. The exit code is 1 if there was
a picture that could not be read.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("--model", required=True, metavar="DIR", help="a SavedModel of `shardbox-train export`")
    parser.add_argument(
        "--images",
        nargs="+",
        action="extend",
        default=[],
        required=True,
        metavar="PATTERN_OR_DIR",
        help="pictures: patterns (in quotes), files, or folders with all below them",
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="folder for what is found")
    parser.add_argument(
        "--min_score", default="0.3", metavar="SHARE", help="detections with a lower score are left out (default: 0.3)"
    )
    parser.add_argument("--write", choices=("voc",), help="annotations, too: voc for labelImg's XML")
    parser.add_argument("--no_drawings", action="store_true", help="do not draw the pictures")
    parser.add_argument("--batch_size", default="8", metavar="N", help="pictures at a time (default: 8)")
    parser.add_argument("--overwrite", action="store_true", help="replace files of an earlier run")


def run(values: argparse.Namespace, screen: Console) -> int:
    """Looks at the pictures, and writes what is on them. Returns the exit code: 1 if one could not be read.

    Raises:
        UsageError, TrainingError: with a sentence for a person.
    """
    min_score, batch_size = _share(values.min_score), _count(values.batch_size)
    description = describe_folder(values.model)
    pictures = find_pictures(values.images, values.output)
    places = plan(
        pictures,
        values.output,
        draws=not values.no_drawings,
        annotates=values.write == "voc",
        overwrite=values.overwrite,
    )
    threshold = description.decoding.score_threshold
    if min_score < threshold:
        say(screen, f"this export gives nothing with a score below {threshold:g}, whatever --min_score says")
    from trainer.detection.running import look_at  # noqa: PLC0415 (TensorFlow takes seconds to load)

    tally = Tally(description, min_score)
    seconds = look_at(places, values.model, values.output, tally, batch_size=batch_size, screen=screen)
    tally.show(screen, seconds)
    for line in _told(values, places, tally):
        say(screen, line)
    return 1 if tally.unreadable else 0


def _told(values: argparse.Namespace, places: Mapping[PictureFile, Places], tally: Tally) -> Iterator[str]:
    """Yields lines on what lies where."""
    yield f"{os.path.join(values.output, LINES_NAME)}: a line for each picture"
    if values.write:
        yield f"{os.path.join(values.output, ANNOTATIONS)}: annotations for labelImg"
    fullest = places[tally.fullest].drawing if tally.fullest else None
    if fullest:
        yield f"look at {printable(fullest)}"


def _share(text: str) -> float:
    """Parses --min_score."""
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise UsageError(f"--min_score {text}: a number from 0 to 1 is wanted")
    return share


def _count(text: str) -> int:
    """Parses --batch_size."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise UsageError(f"--batch_size {text}: a whole number from 1 is wanted")
    return int(text)
