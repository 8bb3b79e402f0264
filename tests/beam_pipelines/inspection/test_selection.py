"""Which records are found, and which files are opened for that."""

from pathlib import Path

import pytest

from beam_pipelines.failures import DatasetError
from beam_pipelines.inspection.criteria import Criteria
from beam_pipelines.inspection.selection import Wish, select
from beam_pipelines.record_files.locating import find_records
from beam_pipelines.record_files.views import parse_features, short_name
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split
from presentation.refusals import UsageError

from ..record_files.made_records import annotated, example, frames, picture, write
from ..record_files.made_stores import MadeDisk, MadeStore
from .made_datasets import ORDER, contents_of, manifest_of, of_one_file, record, write_dataset

STORE = "made://b/set"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the record files that are opened, in a store that holds the dataset."""
    names: list[str] = []
    monkeypatch.setattr(MadeStore, "contents", contents_of(STORE))
    monkeypatch.setattr(MadeStore, "opened", names)
    return names


def number_of(data: bytes) -> int:
    (name,) = parse_features(data)["image/filename"][1]
    return int(name[4:7])


def wish(**given: object) -> Wish:
    criteria = {key: given.pop(key) for key in ("source_id", "filename", "class_name") if key in given}
    return Wish(**given, criteria=Criteria(**criteria))  # type: ignore[arg-type]


def found(records: object, **given: object) -> list[tuple[int, str, int, int]]:
    """(number in its name, file, number in the file, index) of the records that fit a wish."""
    records = find_records([str(records)])
    return [
        (number_of(one.frame.data), one.file.name, one.frame.number, one.index)
        for one in select(records, wish(**given))
    ]


def refused(records: object, **given: object) -> str:
    with pytest.raises((UsageError, DatasetError)) as caught:
        list(select(find_records([str(records)]), wish(**given)))
    error = caught.value
    return f"{type(error).__name__} {error.sentence if isinstance(error, DatasetError) else error}"


def shards(opened: list[str]) -> list[str]:
    return [path.rpartition("/")[2] for path in opened if path.endswith(".tfrecord")]


TRAIN = [f"train-0000{i}-of-00004.tfrecord" for i in range(4)]
TEST = "test-00000-of-00001.tfrecord"


@pytest.mark.parametrize(
    ("given", "expected", "read"),
    [
        ({}, (0, TRAIN[0], 0, 0), [TRAIN[0]]),
        ({"index": 2}, (3, TRAIN[0], 2, 2), [TRAIN[0]]),
        ({"index": 3}, (4, TRAIN[1], 0, 3), [TRAIN[1]]),
        ({"index": 4}, (12, TRAIN[3], 0, 4), [TRAIN[3]]),
        ({"index": -1}, (7, TEST, 1, 7), [TEST]),
        ({"index": -8}, (0, TRAIN[0], 0, 0), [TRAIN[0]]),
        ({"split": "test"}, (6, TEST, 0, 0), [TEST]),
        ({"split": "test", "index": 1}, (7, TEST, 1, 1), [TEST]),
        ({"split": "train", "index": -1}, (15, TRAIN[3], 1, 5), [TRAIN[3]]),
        ({"class_name": "horse"}, (6, TEST, 0, 0), [TEST]),
        ({"class_name": "cat", "index": 2}, (15, TRAIN[3], 1, 2), TRAIN),
        ({"class_name": "cat", "split": "test"}, (7, TEST, 1, 0), [TEST]),
        ({"source_id": str(12 << 59)}, (12, TRAIN[3], 0, 0), [TRAIN[3]]),
        ({"source_id": str(6 << 59)}, (6, TEST, 0, 0), [TRAIN[1], TEST]),
        ({"filename": "seq/001.jpg"}, (1, TRAIN[0], 1, 0), [TRAIN[0]]),
        ({"filename": "003.jpg"}, (3, TRAIN[0], 2, 0), [TRAIN[0]]),
        ({"filename": "/003.jpg"}, (3, TRAIN[0], 2, 0), [TRAIN[0]]),
        ({"filename": "003.jpg", "class_name": "cat"}, (3, TRAIN[0], 2, 0), [TRAIN[0]]),
    ],
)
def test_one_record(opened: list[str], given: dict, expected: tuple, read: list[str]):
    """What the manifest counts is not read: neither shards before nor shards behind."""
    assert found(STORE, **given) == [expected]
    assert shards(opened) == read


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"count": 8}, list(ORDER)),
        ({"count": 100}, list(ORDER)),
        ({"count": 4}, [0, 1, 12, 6]),
        ({"count": 2}, [0, 12]),
        ({"count": 2, "split": "test"}, [6, 7]),
        ({"count": 3, "index": 2}, [3, 4, 12]),
        ({"count": 3, "index": -2}, [6, 7]),
        ({"count": 3, "class_name": "cat"}, [0, 3, 15]),
        ({"count": 3, "class_name": "cat", "index": 2}, [15, 7]),
    ],
)
def test_several_records(opened: list[str], given: dict, expected: list[int]):
    """Without an index those of all shards in turn, by how much each holds."""
    assert [one[0] for one in found(STORE, **given)] == expected


def test_each_of_several_is_found_alone_by_its_index(opened: list[str]):
    for several in (found(STORE, count=4), found(STORE, count=3, class_name="cat")):
        for one in several:
            given = {"class_name": "cat"} if len(several) == 3 else {}
            assert found(STORE, index=one[3], **given) == [one]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"split": "tset"}, "--split 'tset': there is no such split; did you mean test?"),
        ({"split": "x"}, "--split 'x': there is no such split; there are train, test"),
        ({"index": 8}, "--index 8: there are 8 records, 0 to 7"),
        ({"index": -9}, "--index -9: there are 8 records, 0 to 7"),
        ({"index": 2, "split": "test"}, "--index 2: there are 2 records in split 'test', 0 to 1"),
        ({"class_name": "hrose"}, "--class 'hrose': the dataset has no such class; did you mean horse?"),
        ({"class_name": "x"}, "--class 'x': the dataset has no such class; there are cat, dog, horse, zebra"),
        ({"class_name": "zebra"}, "--class 'zebra': by the manifest, no record has it in train, test"),
        (
            {"class_name": "horse", "split": "train"},
            "--class 'horse': by the manifest, no record has it in train",
        ),
        ({"class_name": "dog", "index": 2}, "--index 2: there are 2 records that fit, 0 to 1"),
        ({"class_name": "horse", "index": 2}, "--index 2: there is one record that fits, which has number 0"),
        (
            {"class_name": "dog", "index": -1},
            "--index -1 counts from the end, which takes a split alone: give a number from 0",
        ),
        ({"source_id": "7"}, "--source_id '7': no record of 8 fits"),
        (
            {"source_id": "576460752303423489"},
            "--source_id '576460752303423489': no record of 8 fits; did you mean 576460752303423488?",
        ),
        ({"filename": "x.gif"}, "--filename 'x.gif': no record of 8 fits"),
        ({"filename": "01.jpg"}, "--filename '01.jpg': no record of 8 fits; did you mean 015.jpg?"),
        ({"filename": "sqe/001.jpg"}, "--filename 'sqe/001.jpg': no record of 8 fits; did you mean seq/001.jpg?"),
        (
            {"filename": "001.jpg", "class_name": "cat"},
            "--class 'cat' and --filename '001.jpg': no record of 8 fits",
        ),
        ({"class_name": ""}, "--class '': the dataset has no such class; there are cat, dog, horse, zebra"),
    ],
)
def test_what_is_not_there(opened: list[str], given: dict, message: str):
    assert refused(STORE, **given) == f"UsageError {message}"


def test_files_without_a_manifest(tmp_path: Path):
    write(tmp_path / "a_train.record-00000-of-00002", record(0, "cat"), record(1, "dog"))
    write(tmp_path / "a_train.record-00001-of-00002", record(2, "dog"))
    write(tmp_path / "a_val.record", record(3, "horse"))
    first = "a_train.record-00000-of-00002"
    assert found(tmp_path) == [(0, first, 0, 0)]
    assert found(tmp_path, index=2) == [(2, "a_train.record-00001-of-00002", 0, 2)]
    assert found(tmp_path, split="a_val") == [(3, "a_val.record", 0, 0)]
    assert found(tmp_path, class_name="dog", index=1) == [(2, "a_train.record-00001-of-00002", 0, 1)]
    assert [one[0] for one in found(tmp_path, count=3)] == [0, 1, 2]
    assert refused(tmp_path, index=4) == "UsageError --index 4: there are 4 records, 0 to 3"
    assert refused(tmp_path, index=-1) == (
        "UsageError --index -1 counts from the end, which only a manifest tells: give a number from 0"
    )
    assert refused(tmp_path, split="a_vla") == (
        "UsageError --split 'a_vla': there is no such split; did you mean a_val?"
    )
    assert refused(tmp_path / "a_val.record", index=1) == (
        "UsageError --index 1: there is one record, which has number 0"
    )
    assert refused(tmp_path, class_name="dgo") == ("UsageError --class 'dgo': no record of 4 fits; did you mean dog?")


def test_one_shard_of_a_dataset_is_counted(tmp_path: Path):
    write_dataset(tmp_path)
    assert found(tmp_path / TRAIN[0], index=-1) == [(3, TRAIN[0], 2, 2)]


def test_classes_of_whole_images_and_of_lists_that_do_not_fit(tmp_path: Path):
    whole = example(annotated(image__class__text=[b"night"], image__filename=[b"seq/001.jpg"]))
    unequal = example(
        annotated(image__object__class__text=[b"eel"], image__object__bbox__xmin=[], image__filename=[b"seq/002.jpg"])
    )
    ids = example(
        annotated(image__object__class__text=[], image__object__class__label=[7, 8], image__filename=[b"seq/003.jpg"])
    )
    path = write(tmp_path / "a.record", whole, unequal, ids)
    for name, number in {"night": 1, "eel": 2, "class 7": 3}.items():
        assert [one[0] for one in found(path, class_name=name)] == [number]
    with_names = of_one_file(path, {8: "newt"})
    assert [one.frame.number for one in select(with_names, wish(class_name="newt"))] == [2]


def test_damaged_records_have_their_number(tmp_path: Path):
    path = write(tmp_path / "a.record", *(record(i, "cat") for i in range(4)), b"no example")
    data = bytearray(path.read_bytes())
    data[len(frames(record(0, "cat"))) + 100] ^= 1
    path.write_bytes(data)
    (second,) = select(of_one_file(path), wish(index=1))
    assert (second.frame.number, second.frame.code, second.frame.data) == (1, "record_corrupt", b"")
    assert found(path, index=2) == [(2, "a.record", 2, 2)]
    assert found(path, class_name="cat", index=1) == [(2, "a.record", 2, 1)]
    assert refused(path, class_name="dog") == (
        "UsageError --class 'dog': no record of 5 fits; there is cat (2 that cannot be read were passed over)"
    )


def test_one_damaged_record_is_told_where_nothing_fits(tmp_path: Path):
    path = write(tmp_path / "a.record", b"no example", record(0, "cat"))
    assert refused(path, filename="x") == (
        "UsageError --filename 'x': no record of 2 fits (one that cannot be read was passed over)"
    )
    assert refused(path, class_name="cat", index=1) == (
        "UsageError --index 1: there is one record that fits, which has number 0 "
        "(one that cannot be read was passed over)"
    )


def test_a_name_from_a_file_can_do_no_harm(tmp_path: Path):
    path = write(tmp_path / "a.record", example({"image/class/text": [b"dog\x1b[31m"]}))
    assert refused(path, class_name="dog") == (
        "UsageError --class 'dog': no record of 1 fits; there is dog\N{REPLACEMENT CHARACTER}[31m"
    )


def test_a_shard_that_is_too_short(tmp_path: Path):
    write_dataset(tmp_path)
    write(tmp_path / TRAIN[0], record(0, "cat"))
    assert found(tmp_path) == [(0, TRAIN[0], 0, 0)]
    assert refused(tmp_path, index=2) == (
        f"DatasetError '{TRAIN[0]}' ends after 1 of the 3 records that the manifest counts: "
        "`shardbox verify` tells what is wrong with it"
    )


def test_a_missing_shard(tmp_path: Path):
    (write_dataset(tmp_path) / TRAIN[1]).unlink()
    assert found(tmp_path, index=4) == [(12, TRAIN[3], 0, 4)]
    message = f"DatasetError '{tmp_path}/{TRAIN[1]}' cannot be read: No such file or directory"
    assert refused(tmp_path, index=3) == message


def test_a_shard_that_is_missing_in_a_store(monkeypatch: pytest.MonkeyPatch):
    contents = contents_of("disk://h/set")
    del contents[f"disk://h/set/{TRAIN[1]}"]
    monkeypatch.setattr(MadeDisk, "contents", contents)
    path = f"disk://h/set/{TRAIN[1]}"
    assert refused("disk://h/set", index=3) == f"DatasetError '{path}' cannot be read: no file {path}"


def test_a_class_of_a_dataset_with_a_long_name(tmp_path: Path):
    name = "x" * 300
    data = record(0, "cat", image__object__class__text=[name.encode()])
    shard = Shard(TEST, 1, 0, "0" * 8)
    split = Split(images=1, negatives=0, boxes={name: 1}, bytes=0, shards=(shard,))
    manifest = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {name: 1}, {"test": split})
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    write(tmp_path / TEST, data)
    assert found(tmp_path, class_name=short_name(name)) == [(0, TEST, 0, 0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'a.record' holds no record: it is empty"),
        (b"filename,width\n", "'a.record' is no TFRecord file: its content is text that begins with 'filename,width'"),
        (picture(), "'a.record' is no TFRecord file: its content is a JPEG picture"),
        (b"\x89P", "'a.record' is no TFRecord file: none of its 2 bytes begin a TFRecord"),
        (
            b"PAR1\x15\0\x15\0",
            "'a.record' is no TFRecord file: its content is of no known kind: it begins with the bytes "
            "50 41 52 31 15 00 15 00",
        ),
    ],
)
def test_files_without_records(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "a.record").write_bytes(content)
    assert refused(tmp_path / "a.record") == f"DatasetError {message}"
    if not content:
        (tmp_path / "b.record").write_bytes(content)
        assert refused(tmp_path) == "DatasetError none of the 2 files holds a record: they are empty"


def test_a_dataset_without_records(tmp_path: Path):
    write(tmp_path / "train-00000-of-00001.tfrecord")
    (tmp_path / "manifest.json").write_text(manifest_of({"train": ((),)}).to_json())
    assert refused(tmp_path) == "DatasetError 'train-00000-of-00001.tfrecord' holds no record: it is empty"
    assert refused(tmp_path, split="train", index=3) == refused(tmp_path, index=-1) == refused(tmp_path)
