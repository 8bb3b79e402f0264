"""Record files read from the disk, from a store, and from compressed files."""

import gzip
import random
import zlib
from pathlib import Path

import google_crc32c
import pytest

from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.reading import RecordReader, read_frames, read_records_at, read_start

from .made_records import frame, frames, write
from .made_stores import MadeStore

RECORDS = [b"first", b"", random.Random(0).randbytes(3_000_000), bytes(5_000_000), b"last"]
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


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        contents(tmp_path / "a")


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
