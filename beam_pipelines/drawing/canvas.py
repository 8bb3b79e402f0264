"""The picture to draw on: decoded as TensorFlow shows it, at the size of the drawing."""

from io import BytesIO
from typing import NamedTuple

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from beam_pipelines.pictures import decoding, jpeg, signatures

_TINY = 320
"""Pixels: pictures with a shorter longer side are enlarged, as boxes and text could not be read."""

_LOSSLESS = bytes((0xFF, jpeg.LOSSLESS))
"""The marker without which no decoder takes a JPEG for a lossless one."""


class Canvas(NamedTuple):
    """A picture at the size of a drawing."""

    image: Image.Image
    """In the mode RGB."""
    size: tuple[int, int]
    """Width and height that the picture is stored with, in pixels."""


def read_canvas(data: bytes, long_side: int | None) -> Canvas:
    """Decodes a picture as `tf.io.decode_image(channels=3)` does, see `probing.probe`, and scales it.

    Args:
        data: the file.
        long_side: pixels that the longer side is to have; None for the picture's own, a multiple if it is tiny.

    Raises:
        RecordError: as `signatures.format_of` and `decoding.decode`.
    """
    format = signatures.format_of(data)
    fast = _decode_reduced(data, long_side) if format == "jpeg" and long_side else None
    if fast:
        return Canvas(_scaled(fast.image, _drawn_size(fast.size, long_side)), fast.size)
    image = decoding.decode(data, format).image.convert("RGB")
    return Canvas(_scaled(image, _drawn_size(image.size, long_side)), image.size)


def _decode_reduced(data: bytes, long_side: int) -> Canvas | None:
    """Decodes a JPEG at an eighth, a quarter or half of its size if that is enough, which is much faster.

    Returns:
        None if that gains nothing, or if the picture is such that `decoding.decode` should see it.

    Raises:
        RecordError: as `jpeg.scan` and `decoding.check_size`.
    """
    header = jpeg.scan(data)
    size = header.width, header.height
    decoding.check_size(*size)
    # libjpeg-turbo never reduces lossless ones, and Pillow's memory is overrun if it is asked to.
    if max(size) < 2 * long_side or _LOSSLESS in data:
        return None
    try:
        with JpegImageFile(BytesIO(data)) as image:
            image.draft(None, _drawn_size(size, long_side))
            reduced = image.convert("RGB")
    except Exception:
        return None  # decoded in full, it says why
    reduced.info = {}
    return Canvas(reduced, size)


def _drawn_size(size: tuple[int, int], long_side: int | None) -> tuple[int, int]:
    """Returns width and height of the drawing, in pixels."""
    longer = max(size)
    if long_side is None:
        factor = -(-_TINY // longer)
        return size[0] * factor, size[1] * factor
    return max(1, round(size[0] * long_side / longer)), max(1, round(size[1] * long_side / longer))


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if size == image.size:
        return image
    factor = max(size) / max(image.size)
    if factor > 1:
        # Where pixels become large, squares tell more than a blur.
        return image.resize(size, Image.Resampling.NEAREST if factor >= 2 else Image.Resampling.BICUBIC)
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
