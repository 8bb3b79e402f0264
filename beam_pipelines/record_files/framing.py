"""The frames of a TFRecord file, each with its two checksums, and what can be saved of a file that is damaged.

A frame is: length (uint64), masked CRC-32C of the length (uint32), data, masked CRC-32C of the data (uint32), all
little-endian (tensorflow/core/lib/io/record_writer.h).
"""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple, Protocol

import google_crc32c

HEADER_BYTES = 12
_FOOTER_BYTES = 4
_MASK_DELTA = 0xA282EAD8
_BLOCK = 2**20
MAX_RECORD_BYTES = 2**31 - 1
"""protobuf reads no larger message; a length beyond it is taken for damage."""
_MOST_SEARCHED = 2**28
"""Bytes of a file's damaged records in which the next one is looked for: a file that is nothing but headers, each of a
long record, would take hours."""
_NOT_ZERO = re.compile(rb"[^\0]")


class Frame(NamedTuple):
    """One record of a file, or a place where there should be one."""

    number: int
    """From 0: a reader that skips so many records comes to it. A stretch of lost bytes counts as one record."""
    offset: int
    """Of its header, in bytes from the start of the (decompressed) file."""
    data: bytes
    """Empty if it is damaged."""
    code: str = ""
    """'' for a whole one, else 'record_corrupt', 'record_length_corrupt', 'file_truncated' or 'not_tfrecord'."""
    message: str = ""
    """What was found, for a damaged one."""


class Stream(Protocol):
    """What frames are read from."""

    def read(self, size: int, /) -> bytes:
        """Returns up to `size` bytes; none at the end."""


def masked_crc(data: bytes) -> int:
    """Returns the CRC-32C of some bytes, as TFRecord files mask it."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def length_in(header: bytes) -> int | None:
    """Returns the length of the record that a frame's first 12 bytes announce; None if they are no header."""
    if len(header) < HEADER_BYTES:
        return None
    length, crc = struct.unpack("<QI", header)
    return int(length) if length <= MAX_RECORD_BYTES and crc == masked_crc(header[:8]) else None


def frames_in(stream: Stream, most: int = MAX_RECORD_BYTES) -> Iterator[Frame]:
    """Yields every frame of a TFRecord file, and goes on behind damaged ones.

    Where only data are damaged, the length leads to the next frame. Where a length is, the next header is searched.

    Args:
        stream: the (decompressed) file.
        most: bytes of a record of a compressed file; a larger one is passed over as if its length were damaged.

    Yields:
        Frames, whose data are held once while they are read: memory is that of a record, an eighth of it, and a few
        blocks. Only a damaged record within which the next one is found is held twice, up to 256 MiB of it.

    Raises:
        OSError, EOFError: as the stream raises them.
    """
    window = _Window(stream)
    number = 0
    while header := window.peek(HEADER_BYTES):
        length = length_in(header)
        # No name keeps a frame: it would be in memory still when the next one is read.
        if length is None:
            yield _lost(window, number)
        elif length > most:
            yield _too_large(window.offset, number, length, most)
            window.skip(HEADER_BYTES + length + _FOOTER_BYTES)
        else:
            yield _framed(window, number, length)
        number += 1


def _framed(window: "_Window", number: int, length: int) -> Frame:
    """Reads a frame whose header is whole."""
    offset = window.offset
    window.skip(HEADER_BYTES)
    data, footer = window.take(length), window.take(_FOOTER_BYTES)
    if len(footer) == _FOOTER_BYTES and int.from_bytes(footer, "little") == masked_crc(data):
        return Frame(number, offset, data)
    may_search = window.given_back + len(data) <= _MOST_SEARCHED
    begin = _next_within(data, footer, window.peek(HEADER_BYTES)) if may_search else -1
    if begin >= 0:
        window.give_back((data, footer), begin)
        message = f"of the {length:,} bytes of the record some are missing; the next record is among them"
        return Frame(number, offset, b"", "record_corrupt", message)
    if len(footer) < _FOOTER_BYTES:
        missing = length + _FOOTER_BYTES - len(data) - len(footer)
        message = f"the file ends {missing:,} bytes before the end of the record of {length:,} bytes"
        return Frame(number, offset, b"", "file_truncated", message)
    message = f"the {length:,} bytes of the record have another checksum than the one stored with them"
    return Frame(number, offset, b"", "record_corrupt", message)


def _next_within(data: bytes, footer: bytes, following: bytes) -> int:
    """Returns where in the data and the footer of a damaged frame the next frame begins; -1 if it does not."""
    if length_in(following) is not None:
        return -1
    found = _find_header(data)
    if found >= 0:
        return found
    last = max(0, len(data) - HEADER_BYTES + 1)
    found = _find_header(data[last:] + footer + following)
    return last + found if found >= 0 else -1


def _too_large(offset: int, number: int, length: int, most: int) -> Frame:
    announced = f"the record at byte {offset:,} is said to hold {length:,} bytes"
    message = f"{announced}; of a compressed file, none above {most:,} is read"
    return Frame(number, offset, b"", "record_length_corrupt", message)


def _lost(window: "_Window", number: int) -> Frame:
    """Passes over what is no frame, up to the next header. Returns what stands for it."""
    start = window.offset
    found = _search_header(window)
    lost = window.offset - start
    if found:
        message = f"the length of the record at byte {start:,} is damaged; {lost:,} bytes up to the next one are lost"
        return Frame(number, start, b"", "record_length_corrupt", message)
    if number == 0:
        return Frame(number, start, b"", "not_tfrecord", f"none of its {lost:,} bytes begin a TFRecord")
    if lost < HEADER_BYTES:
        return Frame(number, start, b"", "file_truncated", f"the file ends within a record's header, {lost} bytes long")
    message = f"the length of the record at byte {start:,} is damaged; {lost:,} bytes to the end of the file are lost"
    return Frame(number, start, b"", "record_length_corrupt", message)


def _search_header(window: "_Window") -> bool:
    """Goes on to the next header, or to the end. Returns whether there is one."""
    while block := window.peek(_BLOCK):
        found = _find_header(block)
        if found >= 0:
            window.skip(found)
            return True
        # A header may begin in one block and end in the next.
        window.skip(len(block) if len(block) < _BLOCK else _BLOCK - HEADER_BYTES + 1)
    return False


def _find_header(block: bytes) -> int:
    """Returns where the first header in some bytes begins; -1 if there is none.

    A length has four zero bytes at its upper end, which compressed pictures rarely have: only there is a look worth it.
    """
    position = 4
    while (zeros := block.find(bytes(4), position)) >= 0:
        begin = zeros - 4
        header = block[begin : begin + HEADER_BYTES]
        if length_in(header) is not None:
            return begin
        position = zeros + 1
        if header == bytes(HEADER_BYTES):
            # The next header that can be here is that of an empty record, whose checksum has no byte of 0.
            other = _NOT_ZERO.search(block, begin)
            position = (other.start() if other else len(block)) - 4
    return -1


class _Window:
    """Bytes of a stream that were read ahead."""

    def __init__(self, stream: Stream):
        self._stream = stream
        self._bytes = b""
        self._start = 0
        self.offset = 0
        """Of what `peek` returns, in the stream."""
        self.given_back = 0
        """Bytes, in all."""

    def peek(self, size: int) -> bytes:
        """Returns the next bytes, no more than a block or than were read already; fewer at the end."""
        end = self._start + size
        if end > len(self._bytes):
            parts = [self._bytes[self._start :]]
            have = len(parts[0])
            while have < size and (part := self._stream.read(_BLOCK)):
                parts.append(part)
                have += len(part)
            self._bytes, self._start, end = b"".join(parts), 0, size
        return self._bytes[self._start : end]

    def take(self, size: int) -> bytes:
        """Returns the next bytes, fewer at the end, and passes over them."""
        if size <= _BLOCK or size <= len(self._bytes) - self._start:
            data = self.peek(size)
            self._start += len(data)
        else:
            # Read piece by piece: a length may promise far more than there is. `getvalue` makes no copy.
            out = BytesIO()
            have = out.write(memoryview(self._bytes)[self._start :])
            self._bytes, self._start = b"", 0
            while have < size and (part := self._stream.read(min(_BLOCK, size - have))):
                have += out.write(part)
            data = out.getvalue()
        self.offset += len(data)
        return data

    def give_back(self, taken: tuple[bytes, ...], begin: int) -> None:
        """Puts what was taken last, from its byte `begin` on, before the next bytes."""
        rest = b"".join((*taken, memoryview(self._bytes)[self._start :]))
        self._bytes, self._start = rest, begin
        size = sum(map(len, taken)) - begin
        self.offset -= size
        self.given_back += size

    def skip(self, size: int) -> None:
        """Passes over bytes, as far as there are any."""
        while size and (part := self.peek(min(size, _BLOCK))):
            self._start += len(part)
            self.offset += len(part)
            size -= len(part)
