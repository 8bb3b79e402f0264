"""Record files read from the disk, from a store, and from compressed files."""

import gzip
import io
import pickle
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import google_crc32c
import pytest

from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.opening import MissingFileError, UnreadableFileError
from beam_pipelines.record_files.reading import RecordReader, read_frames, read_records_at, read_start

from .made_records import frame, frames, masked, write
from .made_stores import ForeignError, MadeDisk, MadeStore

RECORDS = [b"first", b"", random.Random(0).randbytes(3_000_000), bytes(5_000_000), b"last"]
BLOCK = 2**20
PACKED = {"GZIP": gzip.compress, "ZLIB": zlib.compress}


def offsets(records: list[bytes]) -> list[int]:
    return [sum(len(record) + 16 for record in records[:i]) for i in range(len(records))]


def contents(path: Path | str) -> list[bytes]:
    return [found.data for found in read_frames(str(path))]


def test_a_file_is_read_with_its_checksum(tmp_path: Path):
    path = write(tmp_path / "a", *RECORDS)
    reader = RecordReader(str(path))
    expected = [Frame(i, offset, data) for i, (offset, data) in enumerate(zip(offsets(RECORDS), RECORDS, strict=True))]
    assert list(reader.frames()) == expected
    assert reader.bytes == path.stat().st_size
    assert reader.crc32c == f"{google_crc32c.value(path.read_bytes()):08x}"
    assert reader.compression == ""


@pytest.mark.parametrize("kind", PACKED)
def test_a_compressed_file_is_read_as_what_it_holds(tmp_path: Path, kind: str):
    packed = PACKED[kind](frames(*RECORDS))
    path = tmp_path / "a.tfrecord"
    path.write_bytes(packed)
    reader = RecordReader(str(path))
    assert [(one.number, one.offset, one.data, one.code) for one in reader.frames()] == [
        (i, offset, data, "") for i, (offset, data) in enumerate(zip(offsets(RECORDS), RECORDS, strict=True))
    ]
    assert (reader.compression, reader.bytes) == (kind, len(packed))
    assert reader.crc32c == f"{google_crc32c.value(packed):08x}"


def test_several_gzip_members_are_one_file(tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(b"".join(gzip.compress(frame(record)) for record in RECORDS))
    assert contents(path) == RECORDS


@pytest.mark.parametrize("level", [0, 1, 9])
def test_every_kind_of_zlib_header_is_known(tmp_path: Path, level: int):
    (tmp_path / "a").write_bytes(zlib.compress(frames(b"one", b"two"), level))
    assert contents(tmp_path / "a") == [b"one", b"two"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [("GZIP", "Compressed file ended before the end-of-stream marker was reached"), ("ZLIB", "it ends too early")],
)
def test_a_cut_compressed_file_gives_what_it_still_holds(tmp_path: Path, kind: str, why: str):
    path = tmp_path / "a"
    path.write_bytes(PACKED[kind](frames(*RECORDS))[:-2_000_000])
    reader = RecordReader(str(path))
    *saved, last = reader.frames()
    assert [one.data for one in saved] == RECORDS[:2]
    message = f"the {kind} stream breaks off within record 2: {why}"
    assert last == Frame(2, 0, b"", "file_truncated", message)
    assert reader.bytes == path.stat().st_size


@pytest.mark.parametrize("kind", PACKED)
def test_a_damaged_compressed_file_is_told(tmp_path: Path, kind: str):
    packed = bytearray(PACKED[kind](random.Random(1).randbytes(5000).hex().encode()))
    packed[2000] ^= 255
    (tmp_path / "a").write_bytes(packed)
    assert [one.code for one in read_frames(str(tmp_path / "a"))][-1] in ("file_truncated", "not_tfrecord")


def test_what_follows_a_compressed_stream_is_counted(tmp_path: Path):
    packed = zlib.compress(frame(b"one")) + b"and more" * 300_000
    (tmp_path / "a").write_bytes(packed)
    reader = RecordReader(str(tmp_path / "a"))
    assert [one.data for one in reader.frames()] == [b"one"]
    assert (reader.bytes, reader.crc32c) == (len(packed), f"{google_crc32c.value(packed):08x}")


def test_an_empty_file_has_no_frame(tmp_path: Path):
    reader = RecordReader(str(write(tmp_path / "a")))
    assert list(reader.frames()) == []
    assert (reader.bytes, reader.crc32c) == (0, "00000000")


@pytest.mark.parametrize("read", [contents, read_start, lambda path: list(read_records_at(path, [(0, 0)]))])
@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("{}/a", MissingFileError, "No such file or directory"),
        ("{}", UnreadableFileError, "Is a directory"),
        ("made://b/a", UnreadableFileError, "there is no object made://b/a"),
        ("disk://h/a", UnreadableFileError, "no file disk://h/a"),
        ("nowhere://h/a", UnreadableFileError, "Unable to get filesystem from specified path"),
    ],
)
def test_files_that_cannot_be_read_fail_in_one_way(tmp_path: Path, read: Callable, path: str, kind: type, reason: str):
    place = path.replace("{}", str(tmp_path))
    with pytest.raises(UnreadableFileError) as caught:
        read(place)
    assert type(caught.value) is kind
    assert (caught.value.filename, caught.value.strerror[: len(reason)]) == (place, reason)
    assert str(caught.value) == f"'{place}' cannot be read: {caught.value.strerror}"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.errno) == (kind, str(caught.value), caught.value.errno)


def test_a_missing_file_is_known_as_such(tmp_path: Path):
    with pytest.raises(FileNotFoundError) as caught:
        contents(tmp_path / "a\x1b")
    assert str(caught.value) == f"'{tmp_path}/a\N{REPLACEMENT CHARACTER}' cannot be read: No such file or directory"


def test_a_store_that_breaks_off(monkeypatch: pytest.MonkeyPatch):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= BLOCK:
                raise ForeignError("reset by peer")
            return super().read(size)

    monkeypatch.setattr(MadeDisk, "open", lambda *_: Broken(frames(*RECORDS)))
    found = read_frames("disk://h/a")
    assert [next(found).data, next(found).data] == RECORDS[:2]
    with pytest.raises(UnreadableFileError, match=r"^'disk://h/a' cannot be read: reset by peer$"):
        next(found)


def test_a_fault_of_ours_is_none_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(ZeroDivisionError):
        contents(tmp_path / "a")


def promise(length: int) -> bytes:
    """The header of a record of so many bytes."""
    header = struct.pack("<Q", length)
    return header + masked(header)


@pytest.mark.parametrize("kind", PACKED)
def test_a_huge_record_of_a_compressed_file_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str):
    monkeypatch.setattr("beam_pipelines.record_files.reading._MOST_INFLATED", 4_999_999)
    (tmp_path / "a").write_bytes(PACKED[kind](frames(*RECORDS)))
    found = list(read_frames(str(tmp_path / "a")))
    message = (
        "the record at byte 3,000,053 is said to hold 5,000,000 bytes; "
        "of a compressed file, none above 4,999,999 is read"
    )
    assert [one.data for one in found] == [*RECORDS[:3], b"", RECORDS[4]]
    assert found[3] == Frame(3, 3_000_053, b"", "record_length_corrupt", message)


@pytest.mark.parametrize("length", [2**30 + 1, 2**31 - 1])
def test_what_a_compressed_file_promises_is_told_before_it_is_read(tmp_path: Path, length: int):
    (tmp_path / "a").write_bytes(gzip.compress(promise(length) + bytes(100)))
    assert next(read_frames(str(tmp_path / "a"))) == Frame(
        0,
        0,
        b"",
        "record_length_corrupt",
        f"the record at byte 0 is said to hold {length:,} bytes; "
        "of a compressed file, none above 1,073,741,824 is read",
    )


def peak(path: Path) -> int:
    """The most memory that is taken while a file is read."""
    tracemalloc.start()
    try:
        for found in read_frames(str(path)):
            del found
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zlib.compress], ids=["plain", "gzip", "zlib"])
@pytest.mark.parametrize("damage", [b"", b"?"], ids=["whole", "damaged"])
def test_no_more_memory_is_taken_than_one_record_needs(tmp_path: Path, packed: Callable, damage: bytes):
    size = 32_000_000
    record = frame(bytes(size))
    (tmp_path / "a").write_bytes(packed((record[: len(record) - len(damage)] + damage) * 2))
    assert size < peak(tmp_path / "a") < 1.125 * size + 4 * BLOCK


def test_what_is_promised_and_not_there_takes_no_memory(tmp_path: Path):
    (tmp_path / "a").write_bytes(promise(2**31 - 1) + bytes(100))
    assert peak(tmp_path / "a") < 5_000_000


def test_single_records(tmp_path: Path):
    path = write(tmp_path / "a", *RECORDS)
    places = list(enumerate(offsets(RECORDS)))
    assert list(read_records_at(str(path), [places[4], places[1]])) == [(1, b""), (4, b"last")]
    assert list(read_records_at(str(path), [])) == []


@pytest.mark.parametrize("kind", PACKED)
def test_single_records_of_a_compressed_file(tmp_path: Path, kind: str):
    (tmp_path / "a").write_bytes(PACKED[kind](frames(*RECORDS)))
    assert list(read_records_at(str(tmp_path / "a"), [(4, 0), (0, 0)])) == [(0, b"first"), (4, b"last")]
    assert list(read_records_at(str(tmp_path / "a"), [])) == []


def test_damaged_single_records_are_left_out(tmp_path: Path):
    path = write(tmp_path / "a", b"one", b"two", b"three")
    data = bytearray(path.read_bytes())
    data[14] ^= 1
    path.write_bytes(data)
    assert list(read_records_at(str(path), [(0, 0), (1, 19), (9, 10_000)])) == [(1, b"two")]


def test_files_of_a_store(monkeypatch: pytest.MonkeyPatch):
    data = frames(*RECORDS)
    monkeypatch.setattr(MadeStore, "contents", {"made://b/a.tfrecord": data, "made://b/a.gz": gzip.compress(data)})
    assert contents("made://b/a.tfrecord") == contents("made://b/a.gz") == RECORDS
    assert list(read_records_at("made://b/a.tfrecord", [(4, offsets(RECORDS)[4])])) == [(4, b"last")]
    assert read_start("made://b/a.tfrecord") == data[:512]


def test_the_start_of_a_file(tmp_path: Path):
    (tmp_path / "a").write_bytes(bytes(range(256)) * 3)
    assert read_start(str(tmp_path / "a")) == bytes(range(256)) * 2
