"""The first directory of a TIFF file (TIFF 6.0, section 2), checked before a decoder meets it.

libtiff writes to the standard error stream of the process when a file is cut off, and Pillow calls such a
file by a number; these checks say it in a sentence.
"""

import struct

from PIL.TiffImagePlugin import TiffImageFile

from beam_pipelines.records import RecordError

LOSSY_COMPRESSIONS = ("jpeg", "tiff_jpeg", "webp")
"""Names of Pillow."""

_NEW_SUBFILE_TYPE, _DNG_VERSION = 254, 50706
_PIXEL_DATA = ((273, 279), (324, 325))
"""Tags of the offsets and the byte counts of strips and of tiles."""
_DIRECTORY = {
    b"II*\0": ("<I", "<H", 4, 12),
    b"MM\0*": (">I", ">H", 4, 12),
    b"II+\0": ("<Q", "<Q", 8, 20),
    b"MM\0+": (">Q", ">Q", 8, 20),
}
"""Signature: the types of an offset and of a count, where the first offset stands, bytes of an entry."""


def check_directory(data: bytes) -> None:
    """Checks that the first directory lies within the file.

    Raises:
        RecordError: image_truncated.
    """
    offset_type, count_type, at, entry = _DIRECTORY[data[:4]]
    try:
        (directory,) = struct.unpack_from(offset_type, data, at)
        (count,) = struct.unpack_from(count_type, data, directory)
        end = directory + struct.calcsize(count_type) + count * entry
    except (struct.error, OverflowError):
        end = len(data) + 1
    if end > len(data):
        raise RecordError("image_truncated", f"The TIFF is cut off after {len(data)} bytes, before its directory.")


def check_pixel_data(data: bytes, image: TiffImageFile) -> None:
    """Checks that the first page's pixels lie within the file, and that the page is no preview.

    Args:
        data: the file.
        image: the file as Pillow opened it, not loaded yet.

    Raises:
        RecordError: image_truncated, or image_unsupported for a camera's raw file.
    """
    tags = image.tag_v2
    subfile = tags.get(_NEW_SUBFILE_TYPE, 0)
    if data[8:10] == b"CR" or _DNG_VERSION in tags or (isinstance(subfile, int) and subfile & 1):
        raise RecordError(
            "image_unsupported", "The TIFF begins with a preview, as a camera's raw file does: develop it first."
        )
    for offsets, counts in _PIXEL_DATA:
        ends = map(sum, zip(_integers(tags.get(offsets)), _integers(tags.get(counts)), strict=False))
        needed = max(ends, default=0)
        if needed > len(data):
            raise RecordError(
                "image_truncated", f"The TIFF is cut off after {len(data)} bytes; its pixels end at {needed}."
            )


def _integers(value: object) -> tuple[int, ...]:
    """A tag's value as Pillow gives it: a number, several, or something else in a damaged file."""
    values = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in values if isinstance(number, int))
