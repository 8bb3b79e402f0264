"""The files that `shardbox-train detect` writes, each there whole or not at all."""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from presentation.refusals import UsageError
from trainer.detection.drawings import drawing_name
from trainer.detection.finding import PictureFile

LINES_NAME = "detections.jsonl"
ANNOTATIONS = "annotations"
"""The folder of XML files, lest they lie beside drawings that look like what they annotate."""


class Places(NamedTuple):
    """Where the files of a picture go; None: nowhere."""

    drawing: str | None
    annotation: str | None


def plan(
    pictures: Sequence[PictureFile], output: str, *, draws: bool, annotates: bool, overwrite: bool
) -> dict[PictureFile, Places]:
    """Returns where everything goes.

    Args:
        pictures: that will be looked at.
        output: the folder.
        draws: whether pictures are drawn.
        annotates: whether annotations are written.
        overwrite: whether files that are there may be replaced.

    Raises:
        UsageError: something is in the way, or two pictures would write the same file.
    """
    places = {
        picture: Places(
            os.path.join(output, drawing_name(picture.name)) if draws else None,
            os.path.join(output, ANNOTATIONS, os.path.splitext(picture.name)[0] + ".xml") if annotates else None,
        )
        for picture in pictures
    }
    _check_folder(output)
    _check_apart(places)
    _check_free([path for both in places.values() for path in both if path], pictures, output, overwrite)
    return places


def _check_folder(output: str) -> None:
    if "://" in output:
        raise UsageError(f"--output '{output}' is not on a disk of this machine: give a folder here, and copy it")
    if os.path.lexists(output) and not os.path.isdir(output):
        raise UsageError(f"--output '{output}' is a file: give a folder")


def _check_apart(places: dict[PictureFile, Places]) -> None:
    writer: dict[str, PictureFile] = {}
    for picture, both in places.items():
        for path in both:
            if path is not None and (other := writer.setdefault(path, picture)) is not picture:
                raise UsageError(
                    f"'{other.path}' and '{picture.path}' would both write '{path}': rename one of them, "
                    "or give them one after the other, with an --output for each"
                )


def _check_free(paths: Iterable[str], pictures: Sequence[PictureFile], output: str, overwrite: bool) -> None:
    read = {os.path.realpath(picture.path) for picture in pictures}
    for path in [os.path.join(output, LINES_NAME), *paths]:
        if os.path.realpath(path) in read:
            raise UsageError(f"--output '{output}' would replace '{path}', which --images reads: give another folder")
        if os.path.isdir(path):
            raise UsageError(f"--output '{output}': '{path}' is a folder where a file would be: give another folder")
        if os.path.lexists(path) and not overwrite:
            raise UsageError(
                f"--output '{output}' holds '{os.path.relpath(path, output)}' already: give another folder, "
                "or replace it with --overwrite"
            )
