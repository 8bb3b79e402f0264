"""The headers of a JPEG file (ITU T.81, annex B), read in one pass without decoding a pixel.

This is the hot path of the data job: a few microseconds a picture. It accepts what libjpeg accepts, which
TensorFlow and Pillow both decode with: fill bytes and stray bytes between segments, anything after the end.
"""

from typing import NamedTuple

from beam_pipelines.pictures import exif
from beam_pipelines.records import RecordError

MAX_SIDE = 65500
"""Pixels; libjpeg's JPEG_MAX_DIMENSION."""
LOSSLESS = 0xC3
KEPT_FRAMES = (0xC0, 0xC1, 0xC2)
"""Baseline, extended and progressive, Huffman-coded: what every reader decodes."""
_DECODABLE_FRAMES = (*KEPT_FRAMES, LOSSLESS, 0xC9, 0xCA)
"""With lossless and arithmetic-coded ones, which libjpeg-turbo 3 (in Pillow) decodes and others may not."""

_SKIPPED, _FRAME, _APP1, _SCAN, _ALONE, _FILL, _REFUSED = range(7)


def _kinds() -> bytes:
    """What `scan` does with each marker byte; as libjpeg's read_markers does it."""
    kinds = bytearray([_REFUSED] * 256)
    for marker in (0xC4, 0xCC, 0xDB, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE):
        kinds[marker] = _SKIPPED
    for marker in range(0xC0, 0xD0):
        if marker not in (0xC4, 0xC8, 0xCC):
            kinds[marker] = _FRAME
    for marker in (0x00, 0x01, *range(0xD0, 0xD8)):
        kinds[marker] = _ALONE
    kinds[0xE1] = _APP1
    kinds[0xDA] = _SCAN
    kinds[0xFF] = _FILL
    return bytes(kinds)


_KINDS = _kinds()


class JpegHeader(NamedTuple):
    """What the segments before the first scan say."""

    width: int
    """Pixels, as stored."""
    height: int
    """Pixels, as stored."""
    components: int
    """1, 3 or 4."""
    frame: int
    """Second byte of the frame's marker: 0xC0 baseline, 0xC2 progressive, 0xC3 lossless ..."""
    orientation_at: int
    """See `exif.orientation_at`."""


def scan(data: bytes) -> JpegHeader:
    """Reads the headers, and checks that the file is whole: segments, a scan, and an end marker after it.

    The end marker is looked for from the end of the file back to the first scan, so that one in an
    embedded thumbnail does not count and what a camera appends does no harm.

    Args:
        data: a file that begins with `signatures.JPEG`.

    Raises:
        RecordError: image_truncated, image_corrupt or image_unsupported.
    """
    i = 2
    frame = tag = 0
    try:
        while True:
            if data[i] != 0xFF:
                i = data.index(b"\xff", i)
            marker = data[i + 1]
            kind = _KINDS[marker]
            if kind >= _ALONE:
                i = _after_lone_marker(kind, marker, i)
                continue
            end = i + 2 + (data[i + 2] << 8 | data[i + 3])
            if end < i + 4:
                raise RecordError("image_corrupt", f"The JPEG has a segment without a length at byte {i}.")
            if kind != _SKIPPED:
                if kind == _SCAN:
                    break
                if kind == _FRAME:
                    frame = _only(frame, i)
                elif not tag and data.startswith(b"Exif\0\0", i + 4):
                    tag = exif.orientation_at(data, i + 10, min(end, len(data)))
            i = end
        if data.rfind(b"\xff\xd9", end) < 0:
            raise _cut(data)
        return _header(data, frame, tag)
    except (IndexError, ValueError):
        raise _cut(data) from None


def _header(data: bytes, i: int, tag: int) -> JpegHeader:
    """Reads the frame header at offset `i`; 0 if none came before the scan."""
    if not i:
        raise RecordError("image_corrupt", "The JPEG has pixel data without a frame header.")
    marker = data[i + 1]
    precision, components = data[i + 4], data[i + 9]
    height, width = data[i + 5] << 8 | data[i + 6], data[i + 7] << 8 | data[i + 8]
    if (data[i + 2] << 8 | data[i + 3]) != 8 + 3 * components:
        raise RecordError("image_corrupt", f"The JPEG's frame header at byte {i} has a wrong length.")
    if not width or not height:
        raise RecordError("image_corrupt", f"The JPEG's header says {width} x {height} pixels.")
    if marker not in _DECODABLE_FRAMES:
        raise RecordError(
            "image_unsupported", f"The JPEG is hierarchical or lossless with arithmetic coding (SOF{marker & 15})."
        )
    if precision != 8:
        raise RecordError("image_unsupported", f"The JPEG has {precision} bits a channel; 8 are read.")
    if components not in (1, 3, 4):
        raise RecordError("image_unsupported", f"The JPEG has {components} channels; 1, 3 and 4 are read.")
    return JpegHeader(width, height, components, marker, tag)


def untagged(data: bytes) -> bytes:
    """Turns the orientation tag off in place: the length and every other byte stay."""
    return exif.neutralised(data, scan(data).orientation_at)


def _cut(data: bytes) -> RecordError:
    return RecordError("image_truncated", f"The JPEG has no end marker: it is cut off after {len(data)} bytes.")


def _only(before: int, at: int) -> int:
    if before:
        raise RecordError("image_corrupt", f"The JPEG has a second frame header at byte {at}.")
    return at


def _after_lone_marker(kind: int, marker: int, at: int) -> int:
    """Passes over a marker that has no segment; raises if it must not stand before the first scan."""
    if kind != _REFUSED:
        return at + (2 if kind == _ALONE else 1)
    if marker in (0xDE, 0xDF):
        raise RecordError("image_unsupported", "The JPEG is hierarchical.")
    what = {0xD8: "a second start", 0xD9: "its end"}.get(marker, f"the unknown marker 0x{marker:02x}")
    raise RecordError("image_corrupt", f"The JPEG has {what} at byte {at}, before any pixel data.")
