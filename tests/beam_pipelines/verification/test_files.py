"""A file that fails while it is read, and a record on which a check itself fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.verification import files, records
from beam_pipelines.verification.examples import rules_of_others
from beam_pipelines.verification.files import check_file, tasks_of
from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.tally import Tally
from data_contract.example_pb2 import Example


class Failing:
    """A reader of a disk that breaks after two records."""

    compression = ""
    bytes = 100
    crc32c = "00000000"

    def __init__(self, path: str):
        self.path = path

    def frames(self) -> Iterator[Frame]:
        data = Example()
        data.features.feature["image/encoded"].bytes_list.value.append(b"")
        yield Frame(0, 0, data.SerializeToString())
        yield Frame(1, 50, b"", "record_corrupt", "damaged")
        raise OSError(5, "Input/output error")


def checked(file: RecordFile) -> Tally:
    (task,) = tasks_of((file,))
    (*_, tally) = check_file(task, rules_of_others({}), {})
    assert isinstance(tally, Tally)
    return tally


def test_a_file_that_fails_while_it_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "RecordReader", Failing)
    tally = checked(RecordFile("/disk/a.tfrecord", "a.tfrecord", "a"))
    assert tally.findings.in_order({}) == [
        Finding("file_unreadable", "error", "a.tfrecord", -1, "it cannot be read: Input/output error, after 2 records"),
        Finding("image_empty", "error", "a.tfrecord", 0, "the image file has 0 bytes"),
        Finding("record_corrupt", "error", "a.tfrecord", 1, "damaged"),
    ]
    assert (tally.splits["a"].files, tally.splits["a"].records) == (1, 1)


def test_a_check_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "RecordReader", Failing)
    monkeypatch.setattr(records, "check_picture", lambda *_: 1 / 0)
    tally = checked(RecordFile("/disk/a.tfrecord", "a.tfrecord", "a"))
    expected = Finding("unexpected", "error", "a.tfrecord", 0, "ZeroDivisionError: division by zero")
    assert expected in tally.findings.in_order({})


def test_a_lack_of_memory_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "RecordReader", Failing)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(records, "check_picture", fail)
    with pytest.raises(MemoryError):
        checked(RecordFile("/disk/a.tfrecord", "a.tfrecord", "a"))


def test_a_fault_of_the_reader_is_none_of_the_file(monkeypatch: pytest.MonkeyPatch):
    class Faulty(Failing):
        def frames(self) -> Iterator[Frame]:
            yield from ()
            raise KeyError("a fault")

    monkeypatch.setattr(files, "RecordReader", Faulty)
    with pytest.raises(KeyError):
        checked(RecordFile("/disk/a.tfrecord", "a.tfrecord", "a"))


def test_shards_are_numbered_in_their_splits(tmp_path: Path):
    names = [("a0", "a"), ("b0", "b"), ("a1", "a"), ("a2", "a")]
    tasks = tasks_of(tuple(RecordFile(f"/{name}", name, split) for name, split in names))
    assert [(task.file.name, task.index, task.number, task.total) for task in tasks] == [
        ("a0", 0, 0, 3),
        ("b0", 1, 0, 1),
        ("a1", 2, 1, 3),
        ("a2", 3, 2, 3),
    ]
