"""The chunks of a PNG file (PNG, third edition, sections 5 and 11), walked without inflating a pixel unless asked."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from beam_pipelines.pictures import exif, signatures
from beam_pipelines.records import RecordError

MAX_SIDE = 1_000_000
"""Pixels; libpng's PNG_USER_WIDTH_MAX and PNG_USER_HEIGHT_MAX."""
PALETTE = 3
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), PALETTE: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Colour type: bits a channel that go with it."""
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")

_CHANNELS = {0: 1, 2: 3, PALETTE: 1, 4: 2, 6: 4}

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column and row of each pass, and the steps to the next."""


class PngHeader(NamedTuple):
    """What the chunks say."""

    width: int
    """Pixels, as stored."""
    height: int
    """Pixels, as stored."""
    depth: int
    """Bits a channel (of the index, for a palette): 1, 2, 4, 8 or 16."""
    color: int
    """Colour type: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA."""
    animated: bool
    """True if further frames follow the default image (APNG), which every decoder takes here."""
    orientation_at: int
    """See `exif.orientation_at`."""


def scan(data: bytes) -> PngHeader:
    """Walks all chunks to the end marker and checks their order and their CRCs.

    libpng refuses a bad CRC in a chunk that it needs. One elsewhere is refused as well: it tells of a
    damaged copy. Text chunks are passed over, and so is an orientation that ImageMagick hides in them.

    Args:
        data: a file that begins with `signatures.PNG`.

    Raises:
        RecordError: image_truncated, image_corrupt, or image_unsupported.
    """
    header = None
    previous = b""
    seen: set[bytes] = set()
    animated, tag = False, 0
    for name, start, end in _checked_chunks(data):
        if header is None:
            header = _image_header(data, name, start, end)
        elif name == b"IDAT":
            if previous != name and name in seen:
                raise RecordError("image_corrupt", f"The PNG's pixel data is torn apart at byte {start - 8}.")
        elif name == b"eXIf":
            tag = tag or exif.orientation_at(data, start, end)
        elif name == b"acTL":
            animated = int.from_bytes(data[start : start + 4], "big") > 1
        elif not name[0] & 0x20 and (name not in _CRITICAL or name == b"IHDR"):
            raise RecordError("image_corrupt", f"The PNG has an unknown or repeated chunk {ascii_name(name)}.")
        seen.add(name)
        previous = name
    if header is None or b"IDAT" not in seen:
        raise RecordError("image_corrupt", "The PNG holds no pixel data.")
    if header[3] == PALETTE and b"PLTE" not in seen:
        raise RecordError("image_corrupt", "The PNG needs a palette and holds none.")
    return PngHeader(*header, animated, tag)


def _checked_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yields (name, start, end of the content) of each chunk up to IEND; raises what `scan` says."""
    view = memoryview(data)
    i = len(signatures.PNG)
    size = len(data)
    while True:
        start = i + 8
        end = start + int.from_bytes(data[i : i + 4], "big")
        if end + 4 > size:
            raise RecordError("image_truncated", f"The PNG has no end marker: it is cut off after {size} bytes.")
        name = data[i + 4 : start]
        if zlib.crc32(view[i + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise RecordError(
                "image_corrupt", f"The PNG's chunk {ascii_name(name)} at byte {i} does not match its checksum."
            )
        yield name, start, end
        if name == b"IEND":
            return
        i = end + 4


def _image_header(data: bytes, name: bytes, start: int, end: int) -> tuple[int, int, int, int]:
    """Reads IHDR: width, height, depth, colour type."""
    if name != b"IHDR" or end - start != 13:
        raise RecordError("image_corrupt", f"The PNG begins with the chunk {ascii_name(name)} instead of its header.")
    width = int.from_bytes(data[start : start + 4], "big")
    height = int.from_bytes(data[start + 4 : start + 8], "big")
    depth, color, compression, filters, interlace = data[start + 8 : end]
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise RecordError("image_corrupt", f"The PNG's header says {width} x {height} pixels.")
    if depth not in _DEPTHS.get(color, ()) or compression or filters or interlace > 1:
        raise RecordError("image_corrupt", f"The PNG's header says colour type {color} with {depth} bits.")
    return width, height, depth, color


def check_pixels(data: bytes) -> None:
    """Inflates the pixel data and counts: Pillow leaves rows that are missing black, libpng refuses the picture.

    Args:
        data: a file that `scan` accepts.

    Raises:
        RecordError: image_truncated or image_corrupt.
    """
    wanted = found = 0
    inflater = zlib.decompressobj()
    for name, start, end in _checked_chunks(data):
        if name == b"IHDR":
            wanted = _inflated_size(*_image_header(data, name, start, end), interlaced=bool(data[end - 1]))
        elif name == b"IDAT":
            rest = data[start:end]
            while rest and not inflater.eof:
                try:
                    found += len(inflater.decompress(rest, 1 << 20))
                except zlib.error as error:
                    raise RecordError("image_corrupt", f"The PNG's pixel data cannot be inflated: {error}.") from None
                rest = inflater.unconsumed_tail
    if found < wanted:
        raise RecordError("image_truncated", f"The PNG's pixel data ends after {found} of {wanted} bytes.")


def _inflated_size(width: int, height: int, depth: int, color: int, *, interlaced: bool) -> int:
    """Returns the bytes of all rows, each with its filter's byte (PNG 3, 7.2 and 8)."""
    size = 0
    for left, top, across, down in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0:
            size += max(0, rows) * (1 + -(-columns * depth * _CHANNELS[color] // 8))
    return size


def pixels_only(data: bytes) -> bytes:
    """Leaves out every chunk that does not bear on the pixels or their colours.

    Pillow refuses pictures for the sake of large or broken texts, and takes the first frame of an APNG
    where others take the default image. Its transparency is right for palettes and 8 bits only.

    Args:
        data: a file that `scan` accepts.
    """
    parts = [signatures.PNG]
    wanted = {*_CRITICAL, b"iCCP"}
    for name, start, end in _checked_chunks(data):
        if name == b"IHDR" and (data[start + 9] == PALETTE or data[start + 8] == 8):
            wanted.add(b"tRNS")
        if name in wanted:
            parts.append(data[start - 8 : end + 4])
    return b"".join(parts)


def untagged(data: bytes) -> bytes:
    """Turns the orientation tag off in place; the chunk's CRC follows, the length stays."""
    at = scan(data).orientation_at
    for name, start, end in _checked_chunks(data):
        if name == b"eXIf" and start <= at < end:
            patched = exif.neutralised(data, at)
            crc = zlib.crc32(patched[start - 4 : end]).to_bytes(4, "big")
            return patched[:end] + crc + patched[end + 4 :]
    return data


def ascii_name(name: bytes) -> str:
    """Quotes a chunk's name for a message; damaged ones are not letters."""
    return ascii(name.decode("latin-1"))
