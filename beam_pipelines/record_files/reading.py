"""Reads record files: whole ones with their checksum, and single records of them."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import google_crc32c

from beam_pipelines.record_files.framing import HEADER_BYTES, MAX_RECORD_BYTES, Frame, Stream, frames_in, length_in
from beam_pipelines.record_files.opening import OpenFile

_BLOCK = 2**20
_START = 512
_MOST_INFLATED = 2**30
"""Bytes of a record of a compressed file: two megabytes there can promise two gigabytes."""


class RecordReader:
    """Reads a record file once, from its start to its end.

    A file of another program may be compressed as a whole, by gzip or zlib; that is seen by its content, because names
    do not tell.
    """

    def __init__(self, path: str):
        self._path = path
        self.compression = ""
        """'GZIP' or 'ZLIB', as TensorFlow's readers want to be told; known from the first frame on."""
        self.bytes = 0
        """Of the file as it lies on the disk; of all of it when the last frame was read."""
        self._crc = 0

    @property
    def crc32c(self) -> str:
        """Of all bytes so far, as 8 hexadecimal digits."""
        return f"{self._crc:08x}"

    def frames(self) -> Iterator[Frame]:
        """Yields every frame, damaged ones with what is wrong.

        Raises:
            UnreadableFileError: if the file cannot be read.
        """
        with OpenFile(self._path) as file:
            raw = _Counted(file, self)
            begin = raw.read(HEADER_BYTES)
            self.compression = _compression_of(begin)
            stream = _decompressed(_Prefixed(begin, raw), self.compression)
            number = 0
            try:
                for frame in frames_in(stream, _MOST_INFLATED if self.compression else MAX_RECORD_BYTES):
                    number += 1
                    yield frame
                    del frame  # or it would be in memory still when the next one is read
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                message = f"the {self.compression} stream breaks off within record {number}: {error}"
                yield Frame(number, 0, b"", "file_truncated", message)
            while raw.read(_BLOCK):  # what a decompressor leaves
                pass

    def count(self, data: bytes) -> None:
        """Takes note of bytes of the file."""
        self.bytes += len(data)
        self._crc = google_crc32c.extend(self._crc, data)


def read_frames(path: str) -> Iterator[Frame]:
    """Yields every frame of a record file, damaged ones with what is wrong.

    Raises:
        UnreadableFileError: if the file cannot be read.
    """
    return RecordReader(path).frames()


def read_records_at(path: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Yields (number, data) of some records of a file, in the order of their numbers; damaged ones are left out.

    Args:
        path: of the file.
        places: (number, offset of the frame) of each.

    Raises:
        UnreadableFileError: if the file cannot be read.
    """
    wanted = dict(sorted(places))
    if not wanted:
        return
    with OpenFile(path) as file:
        if not _compression_of(file.read(HEADER_BYTES)):
            for number, offset in wanted.items():
                file.seek(offset)
                for frame in frames_in(file):
                    if not frame.code:
                        yield number, frame.data
                    break
            return
    for frame in read_frames(path):
        if frame.number in wanted and not frame.code:
            yield frame.number, frame.data
        if frame.number >= max(wanted):
            return


def read_start(path: str) -> bytes:
    """Returns the first bytes of a file, enough to tell what it is.

    Raises:
        UnreadableFileError: if the file cannot be read.
    """
    with OpenFile(path) as file:
        return file.read(_START)


def _compression_of(begin: bytes) -> str:
    if length_in(begin) is not None:
        return ""
    if begin.startswith(b"\x1f\x8b"):
        return "GZIP"
    # RFC 1950, section 2.2: deflate with a window of 32 KiB, and a check that makes it a multiple of 31.
    if begin[:1] == b"\x78" and int.from_bytes(begin[:2], "big") % 31 == 0:
        return "ZLIB"
    return ""


def _decompressed(stream: io.RawIOBase, compression: str) -> Stream:
    if compression == "GZIP":
        # `read` would lose what comes right before a sudden end.
        return _Pieces(gzip.GzipFile(fileobj=io.BufferedReader(stream, _BLOCK)).read1)
    return _Inflated(stream) if compression == "ZLIB" else _Pieces(stream.read)


class _Pieces:
    """A stream that gives what comes at once."""

    def __init__(self, read: Callable[[int], bytes | None]):
        self._read = read

    def read(self, size: int, /) -> bytes:
        return self._read(size) or b""


class _Inflated:
    """A raw stream that zlib has compressed."""

    def __init__(self, stream: io.RawIOBase):
        self._stream = stream
        self._inflate = zlib.decompressobj()

    def read(self, size: int, /) -> bytes:
        while not self._inflate.eof:
            block = self._inflate.unconsumed_tail or self._stream.read(_BLOCK) or b""
            data = self._inflate.decompress(block, size)
            if data:
                return data
            if not block:
                raise EOFError("it ends too early")
        return b""


class _Counted:
    """A file whose bytes are counted as they are read."""

    def __init__(self, file: OpenFile, reader: RecordReader):
        self._file = file
        self._reader = reader

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._reader.count(data)
        return data


class _Prefixed(io.RawIOBase):
    """A stream of which the first bytes were read already."""

    def __init__(self, begin: bytes, rest: _Counted):
        self._begin, self._rest = begin, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        begin, self._begin = self._begin[:size], self._begin[size:]
        return begin or self._rest.read(size)
