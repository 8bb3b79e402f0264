"""Masks made with Pillow for the tests of this folder, on a picture of 6 × 4 pixels."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from beam_pipelines.masks import MaskFolders
from beam_pipelines.records import AnnotatedObject, Box

from ..made import put
from ..pictures.made_pictures import raw_png

WIDTH, HEIGHT = 6, 4
NUMBERS = (
    (0, 1, 1, 255, 0, 0),
    (0, 1, 1, 255, 2, 2),
    (0, 0, 255, 255, 2, 2),
    (0, 0, 0, 0, 2, 2),
)
"""Two objects and void pixels between them."""
FIRST = tuple(tuple(int(value == 1) for value in row) for row in NUMBERS)
SECOND = tuple(tuple(int(value == 2) for value in row) for row in NUMBERS)
EXTENTS = {"#1": (1 / 6, 0.0, 3 / 6, 2 / 4), "#2": (4 / 6, 1 / 4, 1.0, 1.0)}

Rows = Sequence[Sequence[int]]


def png(rows: Rows, mode: str = "L", **options: object) -> bytes:
    """A file that Pillow writes; a palette has VOC's first colours, of which none equals its index."""
    size = len(rows[0]), len(rows)
    flat = [value for row in rows for value in row]
    if mode == "I;16":
        image = Image.frombytes(mode, size, b"".join(value.to_bytes(2, "little") for value in flat))
    elif mode == "1":
        image = Image.frombytes("L", size, bytes(255 * value for value in flat)).convert("1")
    else:
        image = Image.frombytes("L" if mode not in ("P", "L") else mode, size, bytes(flat))
    if mode == "P":
        image.putpalette([(7 * i + 128) % 256 for i in range(768)])
    elif mode not in ("I;16", "1", "L"):
        image = image.convert(mode)
    out = BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def packed(rows: Rows, depth: int, color: int, *extra: bytes, interlace: int = 0) -> bytes:
    """A file put together by hand, of fewer than 8 bits a pixel; the values fill whole bytes."""
    packed_rows = b""
    for row in rows:
        bits = "".join(f"{value:0{depth}b}" for value in row)
        bits += "0" * (-len(bits) % 8)
        packed_rows += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return raw_png(len(rows[0]), len(rows), depth, color, packed_rows, *extra, interlace=interlace)


def values_of(data: bytes) -> tuple[tuple[int, ...], ...]:
    """The values of a mask as it is written: one channel, 8 bits."""
    assert data[24:26] == b"\x08\x00"  # IHDR: depth, colour type
    image = Image.open(BytesIO(data))
    assert image.mode == "L"
    values = image.tobytes()
    return tuple(tuple(values[i : i + image.width]) for i in range(0, len(values), image.width))


def annotated(mask: str = "", name: str = "cat") -> AnnotatedObject:
    return AnnotatedObject(name, "1", "0", "3", "2", mask=mask)


def masked(mask: str, sides: tuple[float, float, float, float] = (0.25, 0.0, 0.5, 0.5)) -> Box:
    return ("cat", *sides, 0, 0, "Unspecified", 0, 0.0, mask)


def folders(folder: Path, objects: dict[str, bytes] | None = None, class_maps: dict[str, bytes] | None = None):
    """Writes masks into folder/masks and folder/maps; None for a flag that was not given."""
    for kind, files in (("masks", objects), ("maps", class_maps)):
        for name, data in (files or {}).items():
            put(folder / kind, name, data)
    return MaskFolders(
        str(folder / "masks") if objects is not None else None,
        str(folder / "maps") if class_maps is not None else None,
    )
