"""Pictures made with Pillow for the tests of this folder: small, smooth, different in every corner."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

FILES = Path(__file__).parents[2] / "data" / "pictures"
SIZE = (40, 30)


def gradient(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    down = Image.linear_gradient("L").resize(size)
    across = Image.linear_gradient("L").rotate(90).resize(size)
    picture = Image.merge("RGB", [down, across, ImageOps.invert(down)])
    if mode in ("LA", "RGBA"):
        picture.putalpha(across)
    return picture.convert(mode)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def turned(format: str, orientation: int, mode: str = "RGB") -> bytes:
    """A gradient with an orientation tag."""
    return encoded(gradient(mode), format, exif=exif(orientation))


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def gray_16(format: str = "PNG", mode: str = "I;16") -> bytes:
    values = bytes(range(256)) * 10
    return encoded(Image.frombytes(mode, SIZE, values[: 2 * SIZE[0] * SIZE[1]]), format)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def raw_png(width: int, height: int, depth: int, color: int, rows: bytes, *extra: bytes, interlace: int = 0) -> bytes:
    """A PNG put together by hand; `rows` as they are deflated, each with its filter byte."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace))
    pixels = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + pixels + chunk(b"IEND", b"")


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment after its start."""
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + data[2:]
