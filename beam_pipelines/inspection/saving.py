"""Pictures of records on the disk: one, or many on a sheet."""

import os
from io import BytesIO

from PIL import Image

from beam_pipelines.failures import DatasetError
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.whole_files import refuse_place, written_whole
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean

_FORMATS: dict[str, tuple[str, dict[str, int]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 92}),
    ".jpeg": ("JPEG", {"quality": 92}),
}
"""Extension: Pillow's name of the format, and how it is written."""
_LONGEST_JPEG = 65_500
"""Pixels of a side that libjpeg writes (JPEG_MAX_DIMENSION); the format would hold 35 more."""
_FLAG = "--draw"


def check_target(path: str, overwrite: bool, records: RecordSet) -> None:
    """Refuses a place for a picture before there is anything to write.

    Raises:
        UsageError: naming the place, and what to do.
    """
    if any(os.path.realpath(path) == os.path.realpath(file.path) for file in records.files):
        raise UsageError(f"--draw would replace '{path}', which is read: give another place")
    refuse_place(path, overwrite, _FLAG)
    ending = os.path.splitext(path)[1].lower()
    if ending not in _FORMATS:
        near = did_you_mean(ending, _FORMATS)
        raise UsageError(f"--draw '{path}': pictures are written as .png, .jpg or .jpeg{near}")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"--draw '{path}': there is no folder '{folder}': make it first, or give another place")


def save_picture(image: Image.Image, path: str, overwrite: bool) -> None:
    """Writes a picture so that it is there either whole or not at all.

    Raises:
        UsageError: if its format cannot hold it, or something else took the place meanwhile.
        DatasetError: if it cannot be written, with the system's reason.
    """
    format, options = _FORMATS[os.path.splitext(path)[1].lower()]
    if format == "JPEG" and max(image.size) > _LONGEST_JPEG:
        raise UsageError(
            f"{_FLAG} '{path}': a JPEG holds at most {_LONGEST_JPEG:,} pixels a side, and the picture is "
            f"{image.width:,} × {image.height:,}: give .png, or --long_side N"
        )
    content = BytesIO()
    image.save(content, format, **options)
    try:
        with written_whole([path], overwrite, flag=_FLAG) as create:
            create(path).write(content.getbuffer())
    except OSError as error:
        raise DatasetError(f"{_FLAG} '{path}' cannot be written: {error.strerror or error}") from None
