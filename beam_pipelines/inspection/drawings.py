"""Pictures of records on the disk: one, or many on a sheet."""

import os
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BytesIO

from PIL import Image

from beam_pipelines.drawing import label_text
from beam_pipelines.failures import DatasetError, UsageError
from beam_pipelines.listing import is_remote
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.record_files.views import ExampleView
from beam_pipelines.suggestions import did_you_mean
from beam_pipelines.summary import printable

_FORMATS: dict[str, tuple[str, dict[str, int]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 92}),
    ".jpeg": ("JPEG", {"quality": 92}),
}
"""Extension: Pillow's name of the format, and how it is written."""


def check_target(path: str, overwrite: bool, records: RecordSet) -> None:
    """Refuses a place for a picture before there is anything to write.

    Raises:
        UsageError: naming the place, and what to do.
    """
    ending = os.path.splitext(path)[1].lower()
    if os.path.isdir(path) or path.endswith("/"):
        raise UsageError(f"--draw '{path}' is a folder: give a file, such as {os.path.join(path, 'record.png')}")
    if ending not in _FORMATS:
        near = did_you_mean(ending, _FORMATS)
        raise UsageError(f"--draw '{path}': pictures are written as .png, .jpg or .jpeg{near}")
    if is_remote(path):
        raise UsageError(f"--draw '{path}' is not on a disk of this machine: give a file here, and copy it")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"--draw '{path}': there is no folder '{folder}': make it first, or give another place")
    if any(os.path.realpath(path) == os.path.realpath(file.path) for file in records.files):
        raise UsageError(f"--draw would replace '{path}', which is read: give another place")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"--draw: '{path}' exists: give another place, or replace it with --overwrite")


def save_picture(image: Image.Image, path: str) -> None:
    """Writes a picture so that it is there either whole or not at all.

    Raises:
        DatasetError: if that is not possible, with the system's reason.
    """
    format, options = _FORMATS[os.path.splitext(path)[1].lower()]
    content = BytesIO()
    image.save(content, format, **options)
    part = f"{path}.{uuid.uuid4().hex}.part"
    try:
        with open(part, "xb") as file:
            file.write(content.getbuffer())
        os.replace(part, path)
    except OSError as error:
        raise DatasetError(f"--draw '{path}' cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            os.unlink(part)


def ids_of(records: RecordSet, view: ExampleView) -> dict[str, int]:
    """Returns class name → id: of the record itself where no label map names a class."""
    return {one.name: one.label for one in view.objects if one.name and one.label} | records.class_ids


def legend(names: Iterable[str], ids: Mapping[str, int]) -> list[str]:
    """Returns a line for each class that is not called by its name in a picture, whose font lacks most letters."""
    shown = {name: label_text(name, ids) for name in sorted(set(names) - {""})}
    return [f"'{text}' in the picture is {printable(name)}" for name, text in shown.items() if text != name.strip(" ")]
