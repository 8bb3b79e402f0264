"""The values that the PNG of a mask stores: numbers, never the colours that a palette gives them."""

import zlib
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from beam_pipelines.pictures import decoding, png, signatures
from beam_pipelines.records import RecordError

VOID = 255
"""The value of pixels that belong to nothing (Everingham et al., The PASCAL VOC Challenge, section 3.4)."""

_KINDS = {2: "RGB colours", 4: "grey with an alpha channel", 6: "RGB colours with an alpha channel"}
_GREY = 0
_ANY = bytes(1) + b"\1" * 255
"""Value → 1 unless it is 0."""


def check_png(data: bytes, width: int, height: int, *, numbers: bool) -> None:
    """Checks that a file is a whole PNG of one value a pixel and of a picture's size.

    Args:
        data: the file.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        numbers: whether the values are numbers; else all that matters is which of them are 0.

    Raises:
        RecordError: mask_unreadable or mask_size_differs; the message goes on from the name of the file.
    """
    if not data:
        raise RecordError("mask_unreadable", "has 0 bytes: copy it again from its source")
    try:
        format = signatures.format_of(data)
        header = png.scan(data) if format == "png" else None
    except RecordError as error:
        raise _unusable(error) from None
    if header is None:
        raise RecordError("mask_unreadable", f"is a {format.upper()} picture: save it as a palette or grey PNG")
    # Before a pixel is inflated: a picture of this size was read already.
    _check_header(header, width, height, numbers=numbers)
    try:
        decoding.check_size(header.width, header.height)
        png.check_pixels(data)
    except RecordError as error:
        raise _unusable(error) from None


def _unusable(error: RecordError) -> RecordError:
    """Turns the sentence about a picture into the end of one about a mask."""
    reason = error.message[0].lower() + error.message[1:].rstrip(".")
    return RecordError("mask_unreadable", f"cannot be used: {reason}")


def _check_header(header: png.PngHeader, width: int, height: int, *, numbers: bool) -> None:
    if header.color in _KINDS:
        message = f"holds {_KINDS[header.color]} instead of numbers: save it as a palette or grey PNG"
        raise RecordError("mask_unreadable", message)
    if (header.width, header.height) != (width, height):
        found = f"has {header.width} × {header.height} pixels, its picture {width} × {height}"
        message = f"{found}: save it at the picture's size"
        raise RecordError("mask_size_differs", message)
    if numbers and header.color == _GREY and header.depth in (2, 4):
        # Decoders scale them to 0..255, and programs that shrink a PNG rely on that.
        message = f"holds grey of {header.depth} bits, which programs read as different numbers: save it with 8 bits"
        raise RecordError("mask_unreadable", message)


def read_numbers(data: bytes) -> Image.Image:
    """Returns the stored values of a file that `check_png` accepts, in the mode L.

    Raises:
        RecordError: mask_unreadable, if it cannot be decoded or has values above 255.
    """
    image = _decoded(data)
    if image.mode == "I;16":
        low, high = _halves(image)
        if high.getbbox():
            message = f"holds the number {image.getextrema()[1]}: save it with 8 bits, numbers up to {VOID - 1}"
            raise RecordError("mask_unreadable", message)
        return low
    if image.mode == "1":
        return image.convert("L").point(_ANY)
    return Image.frombytes("L", image.size, image.tobytes())


def read_shape(data: bytes) -> Image.Image:
    """Returns which values of a file that `check_png` accepts are not 0, as 0 and 1 in the mode L.

    Raises:
        RecordError: mask_unreadable, if it cannot be decoded.
    """
    image = _decoded(data)
    if image.mode == "I;16":
        low, high = _halves(image)
        low.paste(1, mask=high.point(bytes(1) + b"\xff" * 255))
        return low.point(_ANY)
    if image.mode == "1":
        return image.convert("L").point(_ANY)
    return Image.frombytes("L", image.size, image.tobytes()).point(_ANY)


def _decoded(data: bytes) -> Image.Image:
    """Returns the pixels in the mode 1, L, P or I;16."""
    try:
        with PngImageFile(BytesIO(png.pixels_only(data))) as image:
            image.load()
            return image
    except MemoryError:
        raise
    except Exception as error:
        raise RecordError("mask_unreadable", f"cannot be decoded: {error}") from error


def _halves(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Returns the low and the high bytes of 16-bit values."""
    values = image.tobytes()
    return Image.frombytes("L", image.size, values[0::2]), Image.frombytes("L", image.size, values[1::2])


def shape_of(numbers: Image.Image, number: int) -> Image.Image:
    """Returns where a number stands, as 0 and 1.

    Args:
        numbers: of `read_numbers`.
        number: 1..254.
    """
    return numbers.point(bytes(number) + b"\1" + bytes(VOID - number))


def encode(values: Image.Image) -> bytes:
    """Returns a PNG of one channel of 8 bits, which TensorFlow decodes to the very values.

    Runs of equal values are what masks consist of: zlib's strategy for them is twice as fast here, and smaller.

    Args:
        values: in the mode L.
    """
    out = BytesIO()
    values.save(out, "PNG", compress_type=zlib.Z_RLE)
    return out.getvalue()
