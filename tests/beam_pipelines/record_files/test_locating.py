"""Which files are meant, and what their names say."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from beam_pipelines.record_files.locating import RecordFile, RecordSet, family_of, find_records, is_record_name
from beam_pipelines.record_files.views import short_name
from data_contract.label_map import LabelMap
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split
from presentation.refusals import UsageError

from ..made import put, put_all
from .made_stores import ForeignError, MadeDisk, MadeStore

MAP = LabelMap.from_names(["cat", "dog"])
SHARDS = (
    Shard("train-00000-of-00002.tfrecord", 3, 1, "00000000"),
    Shard("train-00001-of-00002.tfrecord", 0, 0, "0" * 8),
)
TEST = Shard("test-00000-of-00001.tfrecord", 1, 1, "00000000")
MANIFEST = Manifest(
    label_map=LabelMapFile("label_map.pbtxt", "0" * 64),
    classes={"cat": 1, "dog": 2},
    splits={"train": Split(3, 0, {"cat": 3}, 1, SHARDS), "test": Split(1, 1, {}, 1, (TEST,))},
)


def put_dataset(folder: Path) -> Path:
    """The files of a dataset; of shards only their names matter here."""
    put_all(folder, *(shard.name for shard in (*SHARDS, TEST)), "rejects-00000-of-00001.jsonl", "run.json")
    put(folder, "label_map.pbtxt", MAP.to_pbtxt())
    put(folder, "manifest.json", MANIFEST.to_json())
    return folder


def of_dataset(folder: Path) -> RecordSet:
    files = [(split, shard) for split, content in MANIFEST.splits.items() for shard in content.shards]
    return RecordSet(
        str(folder),
        tuple(RecordFile(f"{folder}/{shard.name}", shard.name, split, shard) for split, shard in files),
        MANIFEST,
        "",
        {1: "cat", 2: "dog"},
    )


def named(*given: object) -> list[tuple[str, str]]:
    """(name, split) of the files that are found."""
    found = find_records([str(path) for path in given])
    assert found.manifest is None
    return [(file.name, file.split) for file in found.files]


def refused(*given: object) -> str:
    with pytest.raises(UsageError) as caught:
        find_records([str(path) for path in given])
    return str(caught.value)


NAMES = {
    "train-00000-of-00010.tfrecord": "train",
    "coco_train.record-00003-of-00100": "coco_train",
    "coco/train.record-00003-of-00100": "coco/train",
    "pascal_train.record": "pascal_train",
    "train-00000-of-01024": "train",
    "mnist-train.tfrecord-00000-of-00001": "mnist-train",
    "data_tfrecord-00000-of-00001.gz": "data_tfrecord",
    "train_0001_of_0010.tfrecords": "train",
    "train-0-of-4.tfrecord": "train",
    "val.tfrecord.gz": "val",
    "val.TFRecord": "val",
    "train.tf_record": "train",
    "train00-2071.tfrec": "train",
    "train2017.tfrecord": "train2017",
    "voc_2012.record": "voc_2012",
    "train0093.tfrecord": "train",
    "shard_007.records": "shard",
    "part-r-00000.tfrecord": "part-r",
    "train/Raccoon.tfrecord": "train/Raccoon",
    "valid/0001.tfrecord": "valid",
    "0001.tfrecord": "0001",
    "train-00000-of-00010.tfrecord.zz": "train",
    "segment-10017090168044687777_6380_with_camera_labels.tfrecord": (
        "segment-10017090168044687777_6380_with_camera_labels"
    ),
}


@pytest.mark.parametrize(("name", "family"), NAMES.items())
def test_names_of_many_programs(name: str, family: str):
    assert is_record_name(name)
    assert family_of(name) == family


@pytest.mark.parametrize(
    "name",
    [
        *("label_map.pbtxt", "manifest.json", "a.jpg", "recorder.py", "of", "x-of-y", "rejects-00000-of-00001.jsonl"),
        *("train.tfrecord.index", "train.record.bak", "events.out.tfevents.1"),
    ],
)
def test_other_names(name: str):
    assert not is_record_name(name)


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        lambda folder: f"{folder}/",
        lambda folder: f"{folder}/manifest.json",
        lambda folder: f"file://{folder}",
        os.path.relpath,
    ],
)
def test_a_dataset(tmp_path: Path, spelled: Callable[[Path], str]):
    put_dataset(tmp_path)
    put(tmp_path, "stray-00000-of-00001.tfrecord")
    assert find_records([spelled(tmp_path)]) == of_dataset(tmp_path)
    assert find_records([spelled(tmp_path)]).class_ids == {"cat": 1, "dog": 2}


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path):
    put_dataset(tmp_path / "set[1]")
    assert find_records([f"{tmp_path}/set[1]"]) == of_dataset(tmp_path / "set[1]")


def test_the_number_of_images_is_that_of_the_manifest(tmp_path: Path):
    put_dataset(tmp_path)
    assert find_records([str(tmp_path)]).images == 4
    assert find_records([f"{tmp_path}/test*"]).images is None


def test_ids_of_classes_are_found_by_the_names_of_views():
    assert RecordSet("/x", (), None, "", {1: "cat", 7: "x" * 201}).class_ids == {"cat": 1, short_name("x" * 201): 7}


def test_the_manifest_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(put_dataset(tmp_path))
    assert find_records(["manifest.json"]) == find_records(["."]) == of_dataset(tmp_path)


def test_shards_of_a_dataset(tmp_path: Path):
    """They are known by the manifest beside them, but nothing is said of the others."""
    whole = of_dataset(put_dataset(tmp_path))
    assert find_records([whole.files[1].path]) == RecordSet(
        str(tmp_path), whole.files[1:2], None, "", {1: "cat", 2: "dog"}
    )
    train = tuple(sorted(whole.files[:2], key=lambda file: file.name))
    for pattern in ("train-*", "t*-of-00002.tfrecord"):
        assert find_records([str(tmp_path / pattern)]).files == train
    above = find_records([f"{tmp_path}*/train-*"])
    assert above.files == tuple(replace(file, name=f"{tmp_path.name}/{file.name}") for file in train)


def test_a_pattern_for_all_takes_what_is_named_as_records(tmp_path: Path):
    put_dataset(tmp_path)
    assert [name for name, _ in named(tmp_path / "*")] == [TEST.name, *(shard.name for shard in SHARDS)]


def test_a_pattern_takes_other_names_where_there_is_no_better(tmp_path: Path):
    put_all(tmp_path, "part-r-00000", "part-r-00001")
    assert named(tmp_path / "part-*") == [("part-r-00000", "part-r"), ("part-r-00001", "part-r")]


def test_a_file_may_have_any_name(tmp_path: Path):
    put(tmp_path, "a.jpg")
    assert named(tmp_path / "a.jpg") == named(f"file://{tmp_path}/a.jpg") == [("a.jpg", "a.jpg")]


def test_folders_of_others(tmp_path: Path):
    put_all(tmp_path, "train/x.tfrecord", "train/.hidden.tfrecord", "test/deep/x.tfrecord", "a.jpg", "readme.md")
    found = find_records([str(tmp_path)])
    assert [(file.name, file.split) for file in found.files] == [
        ("test/deep/x.tfrecord", "test/deep/x"),
        ("train/x.tfrecord", "train/x"),
    ]
    unfinished = "no manifest: the dataset is not finished; wait for `shardbox build`, or run it again."
    assert found.problem == f"{tmp_path}: {unfinished}"
    assert named(tmp_path / "train", tmp_path / "test") == [(file.name, file.split) for file in found.files]


@pytest.mark.parametrize("content", ["{", '{"format_version": 9}'])
def test_a_manifest_that_cannot_be_used(tmp_path: Path, content: str):
    put_dataset(tmp_path)
    put(tmp_path, "manifest.json", content)
    found = find_records([str(tmp_path)])
    assert found.problem.startswith(f"{tmp_path}/manifest.json: ")
    assert [(file.name, file.split, file.expected) for file in found.files] == [
        (TEST.name, "test", None),
        *((shard.name, "train", None) for shard in SHARDS),
    ]
    assert found.class_names == {1: "cat", 2: "dog"}


def put_map(folder: Path, name: str, *classes: str) -> None:
    put(folder, name, LabelMap.from_names(classes).to_pbtxt())


def test_label_maps_beside_the_files(tmp_path: Path):
    put_all(tmp_path, "train/a.record", "test/a.record")

    def names() -> dict[int, str]:
        return find_records([str(tmp_path)]).class_names

    assert names() == {}
    put_map(tmp_path, "train/x_label_map.pbtxt", "cat", "dog")
    put_map(tmp_path, "test/x_label_map.pbtxt", "cat", "dog")
    put(tmp_path, "graph.pbtxt", "node { name: 'input' }")
    put(tmp_path, "folder.pbtxt/x")
    assert names() == {1: "cat", 2: "dog"}
    put_map(tmp_path, "other.pbtxt", "horse")
    assert names() == {}


def test_a_huge_pbtxt_is_no_label_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path, "a.record")
    put_map(tmp_path, "label_map.pbtxt", "cat")
    monkeypatch.setattr("beam_pipelines.record_files.locating._LARGEST_LABEL_MAP", 10)
    assert find_records([str(tmp_path)]).class_names == {}


@pytest.mark.parametrize(
    ("files", "given", "message"),
    [
        (["a.jpg"], "", "'{}' holds no record files; give the folder of a dataset, or files of TFRecords."),
        (["a.jpg", "b.xml"], "*.jp", "'{}/*.jp' matches nothing (the folder '{}' exists and holds 2 entries)"),
        ([], "", "'{}' matches nothing (the folder '{}' exists and holds 0 entries)"),
        (["x"], "no/x", "'{}/no/x' matches nothing (of its path only '{}' exists)"),
        (["x"], "no/manifest.json", "'{}/no/manifest.json' matches nothing (of its path only '{}' exists)"),
        (
            ["shardbox-temp-0123456789abcdef0123456789abcdef/x"],
            "",
            "{}: no manifest: the dataset is not finished; wait for `shardbox build`, or run it again.",
        ),
    ],
)
def test_refusals(tmp_path: Path, files: list[str], given: str, message: str):
    folder = tmp_path / "set"
    folder.mkdir()
    put_all(folder, *files)
    place = str(folder / given)
    assert refused(place) == message.replace("{}", str(folder))


def test_a_broken_manifest_alone(tmp_path: Path):
    put(tmp_path, "manifest.json", "{")
    assert re.fullmatch(
        f"{tmp_path}/manifest.json: not JSON .*: restore the file or build .* again.", refused(tmp_path)
    )


def test_a_dataset_in_a_store(monkeypatch: pytest.MonkeyPatch):
    contents = {f"made://b/set/{shard.name}": b"x" for shard in (*SHARDS, TEST)}
    contents["made://b/set/manifest.json"] = MANIFEST.to_json().encode()
    contents["made://b/other/a-00000-of-00001.record"] = b"x"
    monkeypatch.setattr(MadeStore, "contents", contents)
    whole = of_dataset("made://b/set")  # type: ignore[arg-type]
    assert find_records(["made://b/set"]) == find_records(["made://b/set/manifest.json"]) == whole
    assert find_records([whole.files[2].path]) == RecordSet(
        "made://b/set", whole.files[2:], None, "", whole.class_names
    )
    assert find_records(["made://b/set/te*"]).files == whole.files[2:]
    found = find_records(["made://b/other"])
    expected = RecordFile("made://b/other/a-00000-of-00001.record", "a-00000-of-00001.record", "a")
    assert (found.files, found.manifest, found.class_names) == ((expected,), None, {})
    assert found.problem.startswith("made://b/other/manifest.json could not be read (")
    assert refused("made://b/nothing") == "'made://b/nothing' matches nothing"


def test_a_store_with_folders(monkeypatch: pytest.MonkeyPatch):
    contents = {f"disk://h/set/{shard.name}": b"x" for shard in (*SHARDS, TEST)}
    contents["disk://h/set/manifest.json"] = MANIFEST.to_json().encode()
    contents["disk://h/other/a-00000-of-00001.record"] = b"x"
    monkeypatch.setattr(MadeDisk, "contents", contents)
    whole = of_dataset("disk://h/set")  # type: ignore[arg-type]
    assert find_records(["disk://h/set"]) == find_records(["disk://h/set/manifest.json"]) == whole
    assert find_records([whole.files[2].path]) == RecordSet(
        "disk://h/set", whole.files[2:], None, "", whole.class_names
    )
    found = find_records(["disk://h/other"])
    expected = RecordFile("disk://h/other/a-00000-of-00001.record", "a-00000-of-00001.record", "a")
    assert found.files == (expected,)
    assert found.problem.startswith("disk://h/other/manifest.json could not be read (no file ")
    alone = find_records([expected.path])
    assert (alone.files, alone.problem) == ((expected,), "")


def test_a_store_that_fails(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> bool:
        raise ForeignError("403: go away")

    monkeypatch.setattr(MadeDisk, "exists", refuse)
    assert refused("disk://h/x") == "'disk://h/x' cannot be read: 403: go away"


def test_a_store_that_is_not_known():
    assert refused("nowhere://b/x").startswith("'nowhere://b/x' is on no file system that Beam knows: ")


@pytest.mark.parametrize("given", [[""], ["a", "  "]])
def test_an_empty_place_is_refused(given):
    with pytest.raises(UsageError) as refused:
        find_records(given)
    assert str(refused.value) == ("one of the places to look at is empty text: was a variable of the shell not set?")


def test_a_dataset_among_other_places_is_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    with pytest.raises(UsageError) as refused:
        find_records([str(tmp_path / "a"), str(tmp_path / "b")])
    assert str(refused.value) == (f"'{tmp_path}/a' is a dataset, and others are given beside it: give one at a time")
