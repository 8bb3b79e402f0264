"""The orientation tag in an EXIF block, which is a small TIFF file (EXIF 2.32, section 4.5)."""

from typing import Literal

UPRIGHT = 1
"""The orientation of a picture that is stored as it is seen."""

# Tag 0x0112, type SHORT, count 1, as the first eight bytes of a directory entry hold them.
_ENTRY = {
    b"II*\0": b"\x12\x01\x03\x00\x01\x00\x00\x00",
    b"MM\0*": b"\x01\x12\x00\x03\x00\x00\x00\x01",
}


def orientation_at(data: bytes, start: int, end: int) -> int:
    """Finds the orientation in a TIFF structure that lies in `data[start:end]`.

    Only the first directory is asked, and only an entry of the type that the standard names: viewers
    do the same.

    Returns:
        The offset in `data` of the byte that holds the orientation (2..8), so that writing 1 there turns
        the tag off; 0 if there is none, if it is upright already, or invalid.
    """
    wanted = _ENTRY.get(data[start : start + 4])
    if wanted is None:
        return 0
    order: Literal["little", "big"] = "little" if wanted[0] == 0x12 else "big"
    directory = start + int.from_bytes(data[start + 4 : start + 8], order)
    if directory + 2 > end:
        return 0
    count = int.from_bytes(data[directory : directory + 2], order)
    first = directory + 2
    for entry in range(first, min(first + 12 * count, end - 11), 12):
        if data[entry : entry + 8] == wanted:
            low, high = (entry + 8, entry + 9) if order == "little" else (entry + 9, entry + 8)
            return low if data[high] == 0 and 2 <= data[low] <= 8 else 0
    return 0


def orientation(data: bytes, at: int) -> int:
    """Reads the orientation (1..8) at an offset that `orientation_at` returned."""
    return data[at] if at else UPRIGHT


def neutralised(data: bytes, at: int) -> bytes:
    """Copies `data` with the orientation at the offset `at` set to upright; as it is if `at` is 0."""
    return data[:at] + b"\x01" + data[at + 1 :] if at else data
