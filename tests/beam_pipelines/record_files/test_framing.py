"""Frames of record files: whole, damaged, and what is saved of damaged files."""

import io
import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.record_files.framing import Frame, frames_in, length_in, masked_crc

from .made_records import frame, frames, masked

RECORDS = [b"first", b"", b"third record", b"\0" * 30, b"last"]
BLOCK = 2**20


class Drip:
    """A stream that gives so many bytes at once."""

    def __init__(self, data: bytes, size: int):
        self._data = io.BytesIO(data)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._size))


def read(data: bytes) -> list[Frame]:
    return list(frames_in(io.BytesIO(data)))


def whole(data: bytes) -> list[bytes]:
    """The records that were saved."""
    return [found.data for found in read(data) if not found.code]


def damage(data: bytes) -> list[tuple[int, int, str, str]]:
    return [(found.number, found.offset, found.code, found.message) for found in read(data) if found.code]


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 400))
def test_what_was_framed_is_read(records: list[bytes], size: int):
    data = frames(*records)
    offsets = [sum(len(record) + 16 for record in records[:i]) for i in range(len(records))]
    expected = [Frame(i, offset, record) for i, (offset, record) in enumerate(zip(offsets, records, strict=True))]
    assert list(frames_in(Drip(data, size))) == expected


@given(st.binary())
def test_checksums_are_masked_as_the_format_says(data: bytes):
    assert struct.pack("<I", masked_crc(data)) == masked(data)


@pytest.mark.parametrize(
    ("header", "length"),
    [
        (frame(b"abc")[:12], 3),
        (frame(b"abc")[:11], None),
        (bytes(12), None),
        (struct.pack("<Q", 2**31 - 1) + masked(struct.pack("<Q", 2**31 - 1)), 2**31 - 1),
        (struct.pack("<Q", 2**31) + masked(struct.pack("<Q", 2**31)), None),
    ],
)
def test_a_length_counts_with_its_checksum(header: bytes, length: int | None):
    assert length_in(header) == length


@pytest.mark.parametrize("bit", [0, 7])
def test_every_flipped_bit_is_found_and_all_other_records_are_read(bit: int):
    data = frames(*RECORDS)
    ends = [sum(len(record) + 16 for record in RECORDS[: i + 1]) for i in range(len(RECORDS))]
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << bit
        found = read(bytes(flipped))
        hit = next(i for i, end in enumerate(ends) if place < end)
        in_length = place - (ends[hit - 1] if hit else 0) < 12
        code = "record_length_corrupt" if in_length else "record_corrupt"
        assert [one.code for one in found] == ["" if i != hit else code for i in range(5)], place
        assert [one.data for one in found] == [record if i != hit else b"" for i, record in enumerate(RECORDS)]
        assert [one.number for one in found] == list(range(5))
        assert [one.offset for one in found] == [0, *ends[:-1]]


@given(st.integers(0, len(frames(*RECORDS)) - 1))
def test_a_cut_file_keeps_the_records_before_the_cut(end: int):
    data = frames(*RECORDS)[:end]
    found = read(data)
    complete = [one.data for one in found if not one.code]
    assert complete == RECORDS[: len(complete)]
    rest = end - len(frames(*complete))
    cut = [] if not rest else ["file_truncated" if complete or rest >= 12 else "not_tfrecord"]
    assert [one.code for one in found[len(complete) :]] == cut


@pytest.mark.parametrize(
    ("data", "place", "code", "message"),
    [
        (
            frames(b"abcd", b"efgh")[:-5],
            (1, 20),
            "file_truncated",
            "the file ends 5 bytes before the end of the record of 4 bytes",
        ),
        (
            frame(b"abcd") + b"12345",
            (1, 20),
            "file_truncated",
            "the file ends within a record's header, 5 bytes long",
        ),
        (
            b"This is no record",
            (0, 0),
            "not_tfrecord",
            "none of its 17 bytes begin a TFRecord",
        ),
        (
            frame(b"abcd")[:-1] + b"?" + frame(b"efgh"),
            (0, 0),
            "record_corrupt",
            "the 4 bytes of the record have another checksum than the one stored with them",
        ),
        (
            b"?" + frames(b"abcd", b"efgh")[1:],
            (0, 0),
            "record_length_corrupt",
            "the length of the record at byte 0 is damaged; 20 bytes up to the next one are lost",
        ),
        (
            frame(b"abcd") + b"?" + frame(b"efgh")[1:],
            (1, 20),
            "record_length_corrupt",
            "the length of the record at byte 20 is damaged; 20 bytes to the end of the file are lost",
        ),
        (
            frame(b"abcdefghijklmnop")[:20] + frames(b"next", b"last"),
            (0, 0),
            "record_corrupt",
            "of the 16 bytes of the record some are missing; the next record is among them",
        ),
        (
            frame(b"x" * 500)[:100] + frames(b"next", b"last"),
            (0, 0),
            "record_corrupt",
            "of the 500 bytes of the record some are missing; the next record is among them",
        ),
    ],
)
def test_sentences(data: bytes, place: tuple[int, int], code: str, message: str):
    assert damage(data) == [(*place, code, message)]


@pytest.mark.parametrize("change", [b"", b"!!"], ids=["one byte less", "one byte more"])
def test_records_behind_one_of_another_length_are_read(change: bytes):
    """A byte that an editor or a transfer took or added moves all that follow."""
    broken = frame(b"the record")
    assert whole(frame(b"first") + broken[:15] + change + broken[16:] + frames(b"next", b"last")) == [
        b"first",
        b"next",
        b"last",
    ]


@pytest.mark.parametrize(
    ("lost", "kept"),
    [
        (BLOCK, [b"first", b"next", b"last"]),
        (5, [b"first", b"next", b"last"]),  # the next header begins in the record's footer
        (3_000_016 - 12, [b"first", b"next", b"last"]),
    ],
)
def test_records_behind_a_large_one_that_lacks_bytes_are_read(lost: int, kept: list[bytes]):
    large = frame(random.Random(0).randbytes(3_000_000))
    data = frame(b"first") + large[: len(large) - lost] + frames(b"next", b"last")
    found = read(data)
    assert [one.data for one in found if not one.code] == kept
    assert [one.offset for one in found] == [0, 21, len(data) - 40, len(data) - 20]


def test_a_file_of_headers_alone_is_read_in_time():
    """Each promises more than there is: after some of them, no more headers are searched within."""
    header = frame(bytes(10_000_000))[:12]
    start = time.perf_counter()
    assert {one.code for one in frames_in(Drip(header * 800_000, BLOCK))} == {"record_corrupt", "file_truncated"}
    assert time.perf_counter() - start < 5


def test_two_damaged_neighbours_are_two():
    data = bytearray(frames(b"abcd", b"efgh", b"ijkl"))
    data[17:25] = bytes(8)  # the end of one and the begin of the next, as a lost sector leaves them
    assert [(one.number, one.code, one.data) for one in read(bytes(data))] == [
        (0, "record_corrupt", b""),
        (1, "record_length_corrupt", b""),
        (2, "", b"ijkl"),
    ]


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 65536])
@pytest.mark.parametrize("lost", [1, 7, 8, 9, 10, 11, 12, 13, 40])
def test_a_header_behind_zeros_is_found(length: int, lost: int):
    """Zeros may belong to the header: to a length of 256, or to that of an empty record."""
    assert whole(frame(b"first") + bytes(lost) + frames(b"z" * length, b"last")) == [b"first", b"z" * length, b"last"]


@pytest.mark.parametrize("shift", range(-14, 3))
@pytest.mark.parametrize("fill", [b"\xff", b"\0"])
def test_a_header_across_two_blocks_of_the_search_is_found(shift: int, fill: bytes):
    assert whole(frame(b"first") + b"\xff" + fill * (BLOCK + shift) + frame(b"last")) == [b"first", b"last"]


@pytest.mark.parametrize("length", [BLOCK - 29, BLOCK - 28, BLOCK - 27, BLOCK - 17, BLOCK - 16, BLOCK, 3 * BLOCK + 1])
def test_frames_across_blocks(length: int):
    records = [b"first", random.Random(0).randbytes(length), b"last"]
    assert whole(frames(*records)) == records


def test_many_zeros_are_passed_over_quickly():
    start = time.perf_counter()
    assert damage(frame(b"first") + bytes(50_000_000) + frame(b"last")) == [
        (
            1,
            21,
            "record_length_corrupt",
            "the length of the record at byte 21 is damaged; 50,000,000 bytes up to the next one are lost",
        )
    ]
    assert time.perf_counter() - start < 10  # a look at each byte would take a minute


@given(st.binary(max_size=2000))
def test_garbage_is_read_to_its_end(data: bytes):
    found = read(data)
    assert [one.number for one in found] == list(range(len(found)))
    assert bool(found) == bool(data)


def test_nothing_is_read_ahead_of_what_is_needed():
    stream = Drip(frames(*[b"x" * 1000] * 5000), 2**30)
    assert next(iter(frames_in(stream))).data == b"x" * 1000
    assert stream._data.tell() == BLOCK
