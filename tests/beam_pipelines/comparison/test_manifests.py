"""What two manifests tell of the differences between their datasets."""

from dataclasses import replace

from beam_pipelines.comparison.manifests import compare_manifests, files_to_read
from beam_pipelines.record_files.locating import RecordFile, RecordSet
from data_contract.features import EXTRA_FEATURES, FEATURES
from data_contract.manifest import LabelMapFile, Manifest, Rejects, Shard, Split


def shard(name: str, crc: int = 1, examples: int = 2) -> Shard:
    return Shard(name, examples, 100 * examples, f"{crc:08x}")


def split(*shards: Shard, **changes: object) -> Split:
    plain = Split(
        images=sum(one.examples for one in shards),
        negatives=0,
        boxes={},
        bytes=sum(one.bytes for one in shards),
        shards=shards,
    )
    return replace(plain, **changes)


def manifest(**changes: object) -> Manifest:
    plain = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {"train": split(shard("a.tfrecord"))})
    return replace(plain, **changes)


def records(**splits: Split) -> RecordSet:
    files = [RecordFile(f"/d/{one.name}", one.name, name, one) for name, of in splits.items() for one in of.shards]
    return RecordSet("/d", tuple(files), manifest(splits=splits), "", {1: "cat"})


def names(before: RecordSet, after: RecordSet) -> tuple[list[str], list[str], int]:
    left, right, equal = files_to_read(before, after)
    return [file.name for file in left], [file.name for file in right], equal


def test_equal_shards_are_not_read():
    before = records(train=split(shard("a"), shard("b", 2), shard("c", 3)))
    after = records(train=split(shard("a"), shard("b", 5), shard("d", 3)))
    assert names(before, after) == (["b", "c"], ["b", "d"], 1)
    assert names(before, before) == ([], [], 3)


def test_a_shard_of_another_split_or_size_is_read():
    before = records(train=split(shard("a")))
    assert names(before, records(val=split(shard("a")))) == (["a"], ["a"], 0)
    assert names(before, records(train=split(shard("a", examples=3)))) == (["a"], ["a"], 0)


def test_an_empty_shard_is_not_read():
    assert names(records(train=split(shard("a", 0, 0))), records(train=split(shard("b", 0, 0)))) == ([], [], 0)


def test_equal_manifests():
    boxes = split(shard("a.tfrecord"), boxes={"cat": 3}, labels={"cat": 1}, negatives=1)
    one = manifest(splits={"train": boxes})
    counts = {"images": 2, "negatives": 1, "boxes": 3}
    assert compare_manifests(one, one) == {
        "splits": {"train": {"before": counts, "after": counts}},
        "class_counts": {
            "boxes": {"cat": {"before": 3, "after": 3}},
            "labels": {"cat": {"before": 1, "after": 1}},
        },
        "classes": {},
        "options": {},
        "features": {},
        "rejects": {},
    }


def test_all_that_may_differ():
    before = manifest(
        classes={"cat": 1, "dog": 2},
        splits={"train": split(shard("a"), boxes={"cat": 3}), "old": split(shard("b", examples=1), boxes={"cat": 1})},
        options={"seed": 0, "probe": "header", "duplicates": "keep"},
    )
    after = manifest(
        classes={"ant": 1, "cat": 2},
        splits={"new": split(shard("c", examples=3)), "train": split(shard("a"), boxes={"ant": 2, "cat": 1})},
        options={"seed": 1, "probe": "header", "splits": {"train": 1.0}},
        features=(*FEATURES, *EXTRA_FEATURES["masks"]),
        rejects=Rejects((), {}),
    )
    assert compare_manifests(before, after) == {
        "splits": {
            "train": {
                "before": {"images": 2, "negatives": 0, "boxes": 3},
                "after": {"images": 2, "negatives": 0, "boxes": 3},
            },
            "old": {"before": {"images": 1, "negatives": 0, "boxes": 1}, "after": None},
            "new": {"before": None, "after": {"images": 3, "negatives": 0, "boxes": 0}},
        },
        "class_counts": {
            "boxes": {"ant": {"before": 0, "after": 2}, "cat": {"before": 4, "after": 1}},
            "labels": {},
        },
        "classes": {"ant": {"after": 1}, "cat": {"before": 1, "after": 2}, "dog": {"before": 2}},
        "options": {
            "duplicates": {"before": "keep"},
            "seed": {"before": 0, "after": 1},
            "splits": {"after": {"train": 1.0}},
        },
        "features": {"image/object/mask": {"after": "bytes list"}},
        "rejects": {},
    }
