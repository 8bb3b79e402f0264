"""Two datasets that were written by hand, and all that is found between them."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from beam_pipelines.comparison import running
from beam_pipelines.comparison.running import compare
from beam_pipelines.failures import DatasetError
from beam_pipelines.record_files.locating import RecordFile, RecordSet, find_records
from data_contract.features import EXTRA_FEATURES, FEATURES, OBJECT_DIFFICULT, Feature
from presentation.refusals import UsageError

from .made_images import example, write_dataset

CAT = ("cat", 0.25, 0.5, 0.75, 1.0)
DOG = ("dog", 0.25, 0.5, 0.75, 1.0)
NONE = dict.fromkeys(["added", "removed", "renamed", "replaced", "moved", "boxes", "labels", "class_map"], 0)


def dataset(folder: Path, **more: object) -> RecordSet:
    return find_records([str(write_dataset(folder, **more))])  # type: ignore[arg-type]


def spoil(file: RecordFile) -> None:
    """Leaves nothing of a shard but its size."""
    path = Path(file.path)
    path.write_bytes(bytes(path.stat().st_size))


def before_and_after(folder: Path) -> tuple[RecordSet, RecordSet]:
    """Datasets with a shard that is equal in both, and one difference of each kind in the others."""
    same = ("train", [example("same.jpg", boxes=[CAT])])
    before = dataset(
        folder / "before",
        shards={
            "same": same,
            "train": (
                "train",
                [
                    example("boxes.jpg", boxes=[CAT]),
                    example("gone.jpg", boxes=[CAT]),
                    example("name.jpg", "content"),
                    example("replaced.jpg", "old"),
                    example("copy.jpg", "same.jpg"),
                ],
            ),
            "val": ("val", [example("moved.jpg")]),
        },
        boxes={"train": {"cat": 3}},
    )
    after = dataset(
        folder / "after",
        shards={
            "same": same,
            "train": (
                "train",
                [
                    example("boxes.jpg", boxes=[DOG]),
                    example("new.jpg", boxes=[CAT, CAT]),
                    example("other name.jpg", "content"),
                    example("replaced.jpg", "new"),
                    example("moved.jpg"),
                ],
            ),
        },
        boxes={"train": {"cat": 3, "dog": 1}},
    )
    return before, after


def line(*kinds: str, before: str = "", after: str = "", **more: object) -> dict[str, object]:
    sides = {
        side: {"image": place.split(":")[1], "split": place.split(":")[0]} if place else None
        for side, place in (("before", before), ("after", after))
    }
    return {"kinds": list(kinds), **sides, **more}


PIXELS = [10.0, 15.0, 30.0, 30.0]
BOXES = line(
    "boxes",
    before="train:boxes.jpg",
    after="train:boxes.jpg",
    boxes=[{"kind": "class", "before": {"class": "cat", "box": PIXELS}, "after": {"class": "dog", "box": PIXELS}}],
)
COPY = line("removed", before="train:copy.jpg")
GONE = line("removed", before="train:gone.jpg")
MOVED = line("moved", before="val:moved.jpg", after="train:moved.jpg")
RENAMED = line("renamed", before="train:name.jpg", after="train:other name.jpg")
NEW = line("added", after="train:new.jpg")
REPLACED = line("replaced", before="train:replaced.jpg", after="train:replaced.jpg")
for _side in ("before", "after"):
    REPLACED[_side]["size"] = [40, 30]  # type: ignore[index]

EXPECTED = {
    "differ": True,
    "splits": {
        "train": {
            "before": {"images": 6, "negatives": 0, "boxes": 3},
            "after": {"images": 6, "negatives": 0, "boxes": 4},
        },
        "val": {"before": {"images": 1, "negatives": 0, "boxes": 0}, "after": None},
    },
    "class_counts": {
        "boxes": {"cat": {"before": 3, "after": 3}, "dog": {"before": 0, "after": 1}},
        "labels": {},
    },
    "classes": {},
    "options": {},
    "features": {},
    "rejects": {},
    "images": NONE | {"added": 1, "removed": 2, "renamed": 1, "replaced": 1, "moved": 1, "boxes": 1},
    "moves": [{"before": "val", "after": "train", "images": 1}],
    "boxes": {
        "added": {},
        "removed": {},
        "moved": {},
        "attributes": {},
        "with_added_images": {"cat": 2},
        "with_removed_images": {"cat": 1},
    },
    "reclassified": [{"before": "cat", "after": "dog", "boxes": 1}],
    "labels": {"added": {}, "removed": {}},
    "samples": {
        "added": [NEW],
        "removed": [COPY, GONE],
        "renamed": [RENAMED],
        "replaced": [REPLACED],
        "moved": [MOVED],
        "boxes": [BOXES],
        "labels": [],
        "class_map": [],
    },
    "shards": {"equal": 1, "before": 2, "after": 1},
}


def test_all_that_is_found(tmp_path):
    before, after = before_and_after(tmp_path)
    spoil(before.files[0])  # it is not read: its checksum is that of the other
    listed = BytesIO()
    assert compare(before, after, (), listed) == EXPECTED
    lines = [json.loads(text) for text in listed.getvalue().decode().splitlines()]
    assert lines == [BOXES, COPY, GONE, MOVED, RENAMED, NEW, REPLACED]


def test_in_two_processes(tmp_path):
    before, after = before_and_after(tmp_path)
    flags = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
    assert compare(before, after, flags) == EXPECTED


def test_of_equal_datasets_nothing_is_read(tmp_path):
    same = {"shards": {"a": ("train", [example("a.jpg")])}}
    before, after = (dataset(tmp_path / name, **same) for name in ("before", "after"))
    for records in (before, after):
        spoil(records.files[0])
    listed = BytesIO()
    result = compare(before, after, ("--runner=FlinkRunner",), listed)
    assert (result["differ"], result["shards"]) == (False, {"equal": 1, "before": 0, "after": 0})
    assert (result["images"], listed.getvalue()) == (NONE, b"")


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"classes": {"cat": 2, "dog": 1}}, "classes"),
        ({"options": {"seed": 1}}, "options"),
        ({"features": (*FEATURES, *EXTRA_FEATURES["labels"])}, "features"),
        ({"shards": {"a": ("train", []), "b": ("val", [])}}, "splits"),
    ],
)
def test_datasets_may_differ_in_their_manifests_alone(tmp_path, more, part):
    plain = {"shards": {"a": ("train", [])}}
    result = compare(dataset(tmp_path / "before", **plain), dataset(tmp_path / "after", **plain | more))
    assert result["differ"]
    assert result[part]


def test_what_only_one_dataset_tells_of_boxes_is_not_compared(tmp_path):
    def with_difficult(name: str, difficult: int, keys: tuple[Feature, ...]) -> RecordSet:
        plain = example(name="a.jpg", boxes=[(*CAT, difficult)])
        return dataset(tmp_path / name, shards={"a": ("train", [plain])}, features=keys)

    before, after = (with_difficult(f"with-{difficult}", difficult, FEATURES) for difficult in (0, 1))
    fewer = tuple(feature for feature in FEATURES if feature.key != OBJECT_DIFFICULT)
    without = with_difficult("without", 1, fewer)
    assert compare(before, after)["boxes"]["attributes"] == {"cat": 1}
    result = compare(before, without)
    assert (result["features"], result["images"]) == ({OBJECT_DIFFICULT: {"before": "int64 list"}}, NONE)


def test_the_list_is_sorted_by_more_than_names(tmp_path):
    splits = ["c", "f", "a", "e", "b", "d"]
    shards = {f"{split}.tfrecord": (split, [example("a.jpg", split)]) for split in splits}
    before = dataset(tmp_path / "before", shards=shards)
    after = dataset(tmp_path / "after", shards={"x": ("c", [example("x.jpg", "c")])})
    listed = BytesIO()
    compare(before, after, (), listed)
    lines = [json.loads(text) for text in listed.getvalue().decode().splitlines()]
    found = [(one["before"]["split"], *one["kinds"]) for one in lines]
    assert found == [(split, "renamed" if split == "c" else "removed") for split in "abcdef"]


def test_records_in_another_order(tmp_path):
    records = [example("a.jpg"), example("b.jpg")]
    before = dataset(tmp_path / "before", shards={"a": ("train", records)})
    after = dataset(tmp_path / "after", shards={"a": ("train", records[::-1])})
    result = compare(before, after)
    assert (result["differ"], result["images"]) == (True, NONE)


@pytest.mark.parametrize("late", [False, True])
def test_a_shard_that_is_cut_off_is_seen_though_it_is_not_read(tmp_path, late):
    before, after = (dataset(tmp_path / name, shards={"a": ("train", [example("a.jpg")])}) for name in "12")
    path = Path((after if late else before).files[0].path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetError) as caught:
        compare(before, after)
    assert caught.value.sentence == (
        f"'{path}' holds {size - 20:,} bytes, and its dataset's manifest says {size:,}; `shardbox verify` tells more"
    )


def test_the_list_is_the_same_in_more_parts(tmp_path, monkeypatch):
    before, after = before_and_after(tmp_path)
    one, many = BytesIO(), BytesIO()
    compare(before, after, (), one)
    monkeypatch.setattr(running, "_PART", 2)
    numbers = []
    job = running.CompareRecords
    monkeypatch.setattr(running, "CompareRecords", lambda *given: numbers.append(given[-1].number) or job(*given))
    assert compare(before, after, (), many) == EXPECTED
    assert (numbers, many.getvalue()) == ([6], one.getvalue())


def test_a_damaged_record(tmp_path):
    before, after = before_and_after(tmp_path)
    path = Path(after.files[1].path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DatasetError) as caught:
        compare(before, after)
    assert caught.value.sentence.startswith(
        f"record 4 of '{path}' is damaged: the file ends 20 bytes before the end of"
    )
    assert caught.value.sentence.endswith("; `shardbox verify` tells more")


def test_a_remote_runner_needs_a_place(tmp_path):
    with pytest.raises(UsageError) as caught:
        compare(*before_and_after(tmp_path), ("--runner=FlinkRunner",))
    assert str(caught.value) == ("shardbox diff on a remote runner needs --temp_location, where its result can be left")
