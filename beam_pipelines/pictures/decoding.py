"""Pictures decoded by Pillow, which is kept behind this door with its exceptions, warnings and modes."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from beam_pipelines.pictures import exif, jpeg, png, tiff
from beam_pipelines.records import RecordError

MAX_VALUES = 2**29
"""TensorFlow decodes fewer values than this a picture (tensorflow, jpeg_mem.cc: width * height * components).

For PNG it counts pixels instead (decode_image_op.cc). Three channels are reckoned with for all pictures,
because detectors ask for three; 2**29 / 3 is also the size that Pillow calls a decompression bomb.
"""

_OPENERS: dict[str, type[ImageFile.ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "bmp": BmpImageFile,
    "gif": GifImageFile,
    "tiff": TiffImageFile,
    "webp": WebPImageFile,
}
"""Called directly: `Image.open` would try other formats and warn of large pictures."""
_WARNING_FORMATS = ("gif", "tiff")
_GRAY_16_HIGH_BYTE = {"I;16": 1, "I;16L": 1, "I;16B": 0}
_PLAIN_MODES = {
    **dict.fromkeys(("L", "LA", "RGB", "RGBA")),
    **{"1": "L", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"},
    **dict.fromkeys(("P", "RGBX", "CMYK", "YCbCr", "HSV"), "RGB"),
}
"""Mode of Pillow: the mode that it is turned into, None for itself."""
_WITH_TRANSPARENT_COLOR = {"P": "RGBA", "L": "LA", "RGB": "RGBA"}

_warning_filters = threading.Lock()


class Decoded(NamedTuple):
    """The first frame of a picture."""

    image: Image.Image
    """As stored, in the mode L, LA, RGB or RGBA, 8 bits a channel, and without metadata."""
    orientation: int
    """EXIF, 1..8."""
    several_frames: bool
    lossless: bool
    """True if pixels would be lost by writing a JPEG: the source lost none, or it has an alpha channel."""
    icc_profile: bytes | None
    """The colour profile, if it is one for the mode of `image`."""


def check_size(width: int, height: int, max_side: int = png.MAX_SIDE) -> None:
    """Refuses what TensorFlow refuses for its size.

    Args:
        width: pixels.
        height: pixels.
        max_side: pixels; the limit of the format that is written.

    Raises:
        RecordError: image_too_large.
    """
    if width * height * 3 >= MAX_VALUES or width > max_side or height > max_side:
        raise RecordError(
            "image_too_large",
            f"The picture has {width} x {height} pixels; TensorFlow reads up to {(MAX_VALUES - 1) // 3} pixels,"
            f" and {max_side} a side.",
        )


def decode(data: bytes, format: str) -> Decoded:
    """Decodes the first frame of a picture, all of it.

    16-bit channels keep their high byte, as TensorFlow's decode_png has it. CMYK becomes RGB by Pillow's
    arithmetic; Pillow takes every CMYK JPEG for inverted, as Adobe writes them and as browsers and Qt do
    (TensorFlow does so only where the Adobe marker stands).

    Args:
        data: the file; JPEG and PNG have passed their `scan`.
        format: of `signatures.format_of`.

    Raises:
        RecordError: image_truncated, image_corrupt, image_too_large, or image_unsupported.
    """
    try:
        with _warnings_ignored() if format in _WARNING_FORMATS else nullcontext():
            return _decode(data, format)
    except RecordError:
        raise
    except Exception as error:
        raise _as_record_error(error, format) from error


def _decode(data: bytes, format: str) -> Decoded:
    prepared, orientation = _prepared(data, format)
    with _OPENERS[format](BytesIO(prepared)) as opened:
        check_size(*opened.size)
        if isinstance(opened, TiffImageFile):
            tiff.check_pixel_data(data, opened)
        opened.load()
        image = _plain(opened)
        info = opened.info
        if format == "webp":
            block = info.get("exif", b"").removeprefix(b"Exif\0\0")
            orientation = exif.orientation(block, exif.orientation_at(block, 0, len(block)))
        lossless = _is_lossless(data, format, info) or image.mode in ("LA", "RGBA")
        profile = _fitting_profile(info.get("icc_profile"), image.mode)
        several = format not in ("jpeg", "png") and _has_several_frames(opened)
    image.info = {}
    return Decoded(image, orientation, several, lossless or max(image.size) > jpeg.MAX_SIDE, profile)


def _prepared(data: bytes, format: str) -> tuple[bytes, int]:
    """The bytes to give to Pillow, and the orientation (1 for WebP, where Pillow finds the EXIF block)."""
    if format == "jpeg":
        return data, exif.orientation(data, jpeg.scan(data).orientation_at)
    if format == "png":
        return png.pixels_only(data), exif.orientation(data, png.scan(data).orientation_at)
    if format == "tiff":
        tiff.check_directory(data)
        # Pillow turns a TIFF upright while it loads, unless the tag says that it is.
        at = exif.orientation_at(data, 0, len(data))
        return exif.neutralised(data, at), exif.orientation(data, at)
    if format == "webp":
        size = 8 + int.from_bytes(data[4:8], "little")
        if size > len(data):
            raise RecordError("image_truncated", f"The WebP is cut off after {len(data)} of {size} bytes.")
    return data, exif.UPRIGHT


def _plain(image: Image.Image) -> Image.Image:
    """Turns a loaded picture into one of the modes L, LA, RGB and RGBA."""
    if image.mode in _GRAY_16_HIGH_BYTE:
        return Image.frombytes("L", image.size, image.tobytes()[_GRAY_16_HIGH_BYTE[image.mode] :: 2])
    if image.mode not in _PLAIN_MODES:
        raise RecordError(
            "image_unsupported",
            f"The picture's pixels are of Pillow's mode {image.mode!r}, which have no definite 8-bit form.",
        )
    mode = _PLAIN_MODES[image.mode]
    if "transparency" in image.info:
        mode = _WITH_TRANSPARENT_COLOR.get(image.mode, mode)
    return image.convert(mode) if mode else image


def _is_lossless(data: bytes, format: str, info: dict[str | tuple[int, int], object]) -> bool:
    if format == "jpeg":
        return jpeg.scan(data).frame == jpeg.LOSSLESS
    if format == "tiff":
        return info.get("compression") not in tiff.LOSSY_COMPRESSIONS
    if format == "webp":
        # The chunk of lossy pixels; names inside other chunks are too rare to matter, and cost nothing but size.
        return b"VP8 " not in data
    return True


def _fitting_profile(profile: bytes | None, mode: str) -> bytes | None:
    """Keeps a colour profile only if it is for these channels (ICC.1:2022, 7.2.6: data colour space)."""
    space = b"GRAY" if mode in ("L", "LA") else b"RGB "
    return profile if profile and len(profile) > 128 and profile[16:20] == space else None


def _has_several_frames(image: ImageFile.ImageFile) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:
        # There is something after the first frame, and it is broken.
        return True


@contextmanager
def _warnings_ignored() -> Iterator[None]:
    """Silences Pillow's warnings; under a lock, because the filters belong to the whole process."""
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _as_record_error(error: Exception, format: str) -> RecordError:
    """Sorts what Pillow raises, for which it has no classes."""
    name, said = format.upper(), str(error) or type(error).__name__
    lower = said.lower()
    if isinstance(error, MemoryError | Image.DecompressionBombError):
        return RecordError("image_too_large", f"The {name} needs more memory than there is: {said}.")
    if "truncated" in lower:
        return RecordError("image_truncated", f"The {name} ends too early: {said}.")
    if isinstance(error, NotImplementedError) or any(
        word in lower for word in ("unsupported", "not yet supported", "unknown pixel mode", "cannot handle")
    ):
        return RecordError("image_unsupported", f"This kind of {name} is not read: {said}.")
    return RecordError("image_corrupt", f"The {name} cannot be decoded: {said}.")
