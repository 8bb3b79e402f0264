"""`shardbox-train preview`: a dataset → a sheet of augmented pictures with their boxes."""

import argparse
import os
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from rich.console import Console

from data_contract.manifest import MANIFEST_NAME
from presentation.drawing.contact_sheets import contact_sheet
from presentation.drawing.legends import legend
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from presentation.terminal import say
from presentation.wording import counted
from trainer.augmentation.settings import Operation
from trainer.configuration import add_settings_flags, settings_from
from trainer.failures import TrainingError
from trainer.whole_files import write_whole

if TYPE_CHECKING:
    from PIL import Image

    from trainer.preview import Previewed

EXAMPLE = """examples:
  shardbox-train preview --data out --output sheet.png
  shardbox-train preview --data out --output sheet.png --count 4 --variants 5
  shardbox-train preview --data out --output sheet.png --config configs/training/small.yaml \\
      --set 'augmentation=[{name: mosaic, probability: 1}, {name: flip}]'

Pictures are shown as training sees them: on the square, padded, changed. Thin outlines without a name are regions to
ignore: crowds, difficult objects if input.difficult is 'ignore', and objects of which too little is left.
"""

_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_LONGEST_JPEG = 65_500
"""Pixels of a side that libjpeg writes (JPEG_MAX_DIMENSION); the format would hold 35 more."""
_MOST_PIXELS = 100_000_000
"""Of a sheet's pictures together."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("--data", required=True, metavar="DIR", help="the dataset that `shardbox build` wrote")
    parser.add_argument("--output", required=True, metavar="FILE.png|FILE.jpg", help="the sheet")
    parser.add_argument("--count", default="16", metavar="N", help="pictures of the dataset (default: 16)")
    parser.add_argument(
        "--variants", default="0", metavar="N", help="show each picture as it is, and N times changed, in a row"
    )
    parser.add_argument("--split", metavar="NAME", help="of this split (default: training.split)")
    parser.add_argument(
        "--long_side", default="400", metavar="N", help="pixels of each picture on the sheet, at most (default: 400)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    add_settings_flags(parser)


def run(values: argparse.Namespace, screen: Console) -> None:
    """Draws the sheet, and tells what is on it.

    Raises:
        UsageError, TrainingError: with a sentence for a person.
    """
    count = _number("count", values.count, 1, 10_000)
    variants = _number("variants", values.variants, 0, 100)
    long_side = _number("long_side", values.long_side, 32, 4096)
    _check_size(count * (1 + variants), long_side)
    _check_output(values.output, values.overwrite)
    settings = settings_from(values)
    if values.split:
        training = settings.training.model_copy(update={"split": values.split})
        settings = settings.model_copy(update={"training": training})
    from trainer.dataset_folder import open_dataset  # noqa: PLC0415 (TensorFlow takes seconds to load)
    from trainer.preview import draw_preview, preview  # noqa: PLC0415

    dataset = open_dataset(values.data, lambda line: say(screen, line))
    shown = preview(dataset, settings, count, variants)
    tiles = [(draw_preview(one, dataset, long_side), one.caption) for one in shown]
    sheet = contact_sheet(tiles, columns=1 + variants if variants else None, tile=tiles[0][0].width)
    _save(sheet, values.output)
    ids = dict(zip(dataset.class_names, dataset.class_ids, strict=True))
    for line in _told(shown, settings.augmentation, variants):
        say(screen, line)
    for line in legend((dataset.class_names[label] for one in shown for label in one.labels if label >= 0), ids):
        say(screen, line)
    say(screen, f"{values.output}: {sheet.width:,} × {sheet.height:,} pixels")


def _told(shown: Sequence["Previewed"], operations: Iterable[Operation], variants: int) -> Iterable[str]:
    """Returns what is on the sheet and how it came about."""
    names = [f"{one.name} ({one.probability:g})" for one in operations]
    yield f"augmentation: {', '.join(names) or 'none'}"
    labels = [label for one in shown for label in one.labels.tolist()]
    objects = sum(label >= 0 for label in labels)
    pictures = len(shown) // (1 + variants)
    times = f", each as it is and {counted(variants, 'time')} changed" if variants else ""
    yield (
        f"{counted(pictures, 'picture')}{times}: {counted(objects, 'object')}, "
        f"{counted(len(labels) - objects, 'region')} to ignore"
    )


def _number(name: str, text: str, least: int, most: int) -> int:
    """Parses a flag that is a whole number."""
    if not text.isdecimal() or not least <= int(text) <= most:
        raise UsageError(f"--{name} {text}: a whole number from {least} to {most:,} is wanted")
    return int(text)


def _check_size(tiles: int, long_side: int) -> None:
    most = _MOST_PIXELS // long_side**2
    if tiles > most:
        raise UsageError(
            f"{tiles:,} pictures of {long_side} pixels are too many for a sheet, which has room for {most:,}: "
            "take a smaller --count or --long_side"
        )


def _check_output(path: str, overwrite: bool) -> None:
    """Refuses a place for the sheet before there is anything to write."""
    if "://" in path:
        raise UsageError(f"--output '{path}' is not on a disk of this machine: give a file here, and copy it")
    if os.path.isdir(path) or path.endswith("/"):
        raise UsageError(f"--output '{path}' is a folder: give a file")
    ending = os.path.splitext(path)[1].lower()
    if ending not in _FORMATS:
        near = did_you_mean(ending, _FORMATS)
        raise UsageError(f"--output '{path}': pictures are written as .png, .jpg or .jpeg{near}")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"--output '{path}': there is no folder '{folder}': make it first, or give another place")
    if os.path.exists(os.path.join(folder, MANIFEST_NAME)):
        raise UsageError(f"--output '{path}' lies in the folder of a dataset, which is for its own files: give another")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"--output: '{path}' exists: give another place, or replace it with --overwrite")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--output '{path}': nothing can be written to the folder '{folder}': give another place")


def _save(sheet: "Image.Image", path: str) -> None:
    format = _FORMATS[os.path.splitext(path)[1].lower()]
    if format == "JPEG" and max(sheet.size) > _LONGEST_JPEG:
        raise UsageError(
            f"--output '{path}': a JPEG holds at most {_LONGEST_JPEG:,} pixels a side, and the sheet is "
            f"{sheet.width:,} × {sheet.height:,}: give .png, or fewer pictures"
        )
    content = BytesIO()
    sheet.save(content, format, **({"quality": 92} if format == "JPEG" else {}))
    try:
        write_whole(path, content.getvalue())
    except OSError as error:
        raise TrainingError(f"--output '{path}' cannot be written: {error.strerror or error}") from None
