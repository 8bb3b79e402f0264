"""Whether a folder without a manifest that can be used is ours, and which label maps differ."""

from pathlib import Path

import pytest

from beam_pipelines.verification.folder import _differences, is_ours

SHARD = "train-00000-of-00002.tfrecord"
TEMP = f"shardbox-temp-{'0' * 32}"


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        ((), False),
        (("a.tfrecord",), False),
        (("a.tfrecord", "label_map.pbtxt", "run.json"), False),
        ((SHARD,), False),
        ((SHARD, "labels.pbtxt", "notes.jsonl"), False),
        ((SHARD, "coco_label_map.pbtxt"), False),
        ((f"{SHARD}.gz", "label_map.pbtxt"), False),
        ((SHARD, "label_map.pbtxt"), True),
        ((SHARD, "run.json"), True),
        ((SHARD, "rejects-00000-of-00001.jsonl"), True),
        (("a.tfrecord", "manifest.json"), True),
        (("a.tfrecord", TEMP), True),
        (("a.tfrecord", "shardbox-temp-notes"), False),
    ],
)
def test_whose_folder_it_is(names: tuple[str, ...], ours: bool, tmp_path: Path):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert is_ours(str(tmp_path)) is ours


def test_only_the_first_of_many_classes_are_named():
    found = {f"c{i}": i for i in range(9)} | {"same": 20, "\x1b" + "x" * 100: 21}
    expected = {f"c{i}": i + 1 for i in range(9)} | {"same": 20}
    assert _differences(found, expected) == [
        "'\N{REPLACEMENT CHARACTER}" + "x" * 78 + "…' is not in the manifest",
        "'c0' has id 0 instead of 1",
        "'c1' has id 1 instead of 2",
        "7 more classes differ",
    ]
