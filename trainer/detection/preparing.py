"""A picture's file as an exported detector takes it: upright, and such that TensorFlow sees what a person sees.

TensorFlow passes over the orientation that cameras write (EXIF); browsers and labelImg follow it, and so do boxes here.
"""

import io
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
_ORIENTATION = 0x0112
"""The EXIF tag; 1 is upright."""
_MOST_PIXELS = (2**29 - 1) // 3
"""TensorFlow reads fewer values than 2^29 a picture (jpeg_mem.cc)."""


class PictureError(Exception):
    """The file is no picture that can be looked at; the message says why."""


class Prepared(NamedTuple):
    """A picture that can be given to a detector."""

    encoded: bytes
    """JPEG, PNG or BMP, which needs no rotation."""
    width: int
    """Pixels, upright."""
    height: int


def prepare(data: bytes) -> Prepared:
    """Returns a picture as it is where TensorFlow reads it rightly, else decoded and written anew as BMP.

    Args:
        data: of the file; of several frames the first counts.

    Raises:
        PictureError: it is no picture, broken or too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(*image.size)
            if _is_read_rightly(image):
                return Prepared(data, *image.size)
            upright = ImageOps.exif_transpose(_in_eight_bits(image)).convert("RGB")
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise PictureError("it is no JPEG, PNG, BMP, GIF, TIFF or WebP" if data else "the file is empty") from None
    except Exception as error:  # Pillow has no class for what it raises on broken files
        raise PictureError(f"it cannot be decoded: {error}") from None
    file = io.BytesIO()
    upright.save(file, "BMP")
    return Prepared(file.getvalue(), *upright.size)


def _check_size(width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise PictureError(f"it has {width} × {height} pixels, and at most {_MOST_PIXELS:,} are read")


def _is_read_rightly(image: Image.Image) -> bool:
    if image.getexif().get(_ORIENTATION, 1) != 1:
        return False
    if image.format in ("JPEG", "MPO"):
        return image.mode in ("L", "RGB")
    return image.format == "PNG" and image.mode in ("1", "L", "LA", "P", "RGB", "RGBA")


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Returns a picture whose values have eight bits; of sixteen, the upper ones."""
    if not image.mode.startswith("I;16"):
        return image
    upper = 0 if image.mode.endswith("B") else 1
    plain = Image.frombytes("L", image.size, image.tobytes()[upper::2])
    plain.info["exif"] = image.getexif().tobytes()
    return plain
