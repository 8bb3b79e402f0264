"""The table at the end, as it stands on a screen of 100 columns."""

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from beam_pipelines.rejects import REMEDIES
from beam_pipelines.summary import print_summary
from data_contract.manifest import LabelMapFile, Manifest, RejectFile, Rejects, Shard, Split
from presentation.wording import printable, readable_size

PATHS = ("out/manifest.json",)


def split(images, boxes, shards=1, negatives=0, labels=None) -> Split:
    files = tuple(Shard(f"s{images}-{i}", images if i == 0 else 0, 0, "00000000") for i in range(shards))
    return Split(images, negatives, boxes, 0, files, labels or {})


def manifest(splits, classes=None, **changes) -> Manifest:
    names = sorted({name for s in splits.values() for name in s.boxes})
    ids = classes or {name: i for i, name in enumerate(names, 1)}
    return Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), ids, splits, **changes)


def printed(found: Manifest, paths=PATHS, seconds=2.0, memory=300 * 2**20, width=100) -> list[str]:
    screen = Console(file=StringIO(), width=width, highlight=False)
    print_summary(found, paths, seconds, memory, screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**20, "1.0 MiB"),
        (300 * 2**20, "300.0 MiB"),
        (5 * 2**30, "5.0 GiB"),
        (3 * 2**40, "3.0 TiB"),
        (5000 * 2**40, "5000.0 TiB"),
    ],
)
def test_sizes(count, text):
    assert readable_size(count) == text


def test_a_whole_summary():
    shard = Shard("train-00000-of-00001.tfrecord", 1200, 2**21, "00000000")
    found = manifest(
        {
            "train": Split(1200, 5, {"cat": 1000, "dog": 700}, 2**21, (shard,)),
            "test": Split(130, 0, {"cat": 100}, 0, (Shard("a", 130, 0, "0" * 8), Shard("b", 0, 0, "0" * 8))),
        },
        repairs={"box_rounded": 3, "size_missing": 1500},
        rejects=Rejects((RejectFile("rejects", 7, 0, "0" * 8),), {"image_missing": 5, "box_outside": 2}),
        seen={"images_without_annotation": 1},
    )
    assert printed(found) == WHOLE.strip("\n").splitlines()


WHOLE = """
Dataset
┏━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━┓
┃             ┃   train ┃    test ┃     all ┃
┡━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━┩
│ images      │   1,200 │     130 │   1,330 │
│   negatives │       5 │       0 │       5 │
│ boxes       │   1,700 │     100 │   1,800 │
│   cat       │   1,000 │     100 │   1,100 │
│   dog       │     700 │       0 │     700 │
│ shards      │       1 │       2 │       3 │
│ size        │ 2.0 MiB │ 0 bytes │ 2.0 MiB │
└─────────────┴─────────┴─────────┴─────────┘
Repairs
┌───────┬──────────────┬─────────────────────────────────────────────────────────────────────────┐
│ 1,500 │ size_missing │ <size> is missing, zero or unreadable: the picture's own size was taken │
│ 3     │ box_rounded  │ a coordinate overshot the picture by at most one pixel, and was clipped │
└───────┴──────────────┴─────────────────────────────────────────────────────────────────────────┘
Rejects
┌───┬───────────────┬───────────────────────────────────────────────────────────────────────────┐
│ 5 │ image_missing │ No image file has this name: check --images, or rename one of the two.    │
│ 2 │ box_outside   │ The box lies wholly outside the picture: was it cropped after annotating? │
└───┴───────────────┴───────────────────────────────────────────────────────────────────────────┘
1 image without annotation left out; --unannotated=negative takes them as negatives.
1 shard without an example: ask for fewer with --num_shards.
Class 'dog' (id 2) has no box in test.
1,330 images, 2.0 MiB in 3 shards, 2.0 s (665 images/s), peak memory 300.0 MiB
out/manifest.json
"""


def test_a_single_split_needs_no_sum():
    lines = printed(manifest({"all": split(3, {"cat": 4})}))
    assert [line.replace(" ", "") for line in lines if "images" in line][:1] == ["│images│3│"]
    assert len(lines[2].split("┃")) == 4


def test_a_dry_run_says_so():
    assert printed(manifest({"all": split(3, {"cat": 4})}), ())[-1] == "Dry run: nothing was written."


def test_a_job_of_no_time():
    lines = printed(manifest({"all": split(1, {"cat": 1})}), seconds=0.0, memory=0)
    assert lines[-2] == "1 image, 0 bytes in 1 shard, 0.0 s, peak memory 0 bytes"


@pytest.mark.parametrize("output", ["data[v2]/x", "out[/bold]", "a:cat:b", "x" * 150, "[red]o"])
def test_paths_are_printed_as_they_are(output):
    paths = [f"{output}/rejects.jsonl", f"{output}/manifest.json"]
    assert printed(manifest({"all": split(3, {"cat": 4})}), paths)[-2:] == paths


@pytest.mark.parametrize(
    "name", ["[bold]", "[/bold]", ":cat:", 'a"b', "naïve café", "true", "a\\[b]", "\\", "[", "x\\"]
)
def test_names_of_classes_are_printed_as_they_are(name):
    lines = printed(manifest({"a": split(3, {name: 4}), "b": split(1, {}, negatives=1)}, {name: 1}))
    [row] = [line for line in lines if line.startswith("│   ") and "negatives" not in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [name, "4", "0", "4"]
    assert f"Class '{name}' (id 1) has no box in b." in lines


def test_control_characters_do_not_reach_the_screen():
    name = "cat\x1b[31m\r\x07"
    assert printable(name) == "cat\ufffd[31m\ufffd\ufffd"
    text = "\n".join(printed(manifest({"a": split(3, {name: 4})}, {name: 1})))
    assert "cat\ufffd[31m\ufffd\ufffd" in text
    assert not set(text) & {"\x1b", "\r", "\x07"}


@given(st.text())
def test_printable_texts_can_be_printed(text):
    found = printable(text)
    assert len(found) == len(text)
    assert all(c.isprintable() for c in found)
    assert not text.isprintable() or found == text


def test_many_classes():
    names = [f"class {i:02}" for i in range(1, 41)]
    boxes = {name: 10 + i for i, name in enumerate(names)}
    lines = printed(manifest({"all": split(3, boxes)}))
    rows = [line for line in lines if "class" in line]
    assert [row.split("│")[1].strip() for row in rows] == [*names[:30], "10 more classes"]
    assert rows[-1].split("│")[2].strip() == str(sum(10 + i for i in range(30, 40)))


def test_classes_are_in_the_order_of_their_ids():
    lines = printed(manifest({"all": split(3, {"a": 1, "b": 2})}, {"a": 9, "b": 4}))
    assert [line.split("│")[1].strip() for line in lines if line.startswith("│   ")][1:] == ["b", "a"]


def test_remarks():
    found = manifest(
        {"train": split(10, {"cat": 4}, shards=3), "test": split(2, {"dog": 1})},
        {"cat": 1, "dog": 2, "eel": 3},
        seen={"images_without_annotation": 1234},
    )
    assert printed(found)[-7:-2] == [
        "1,234 images without annotation left out; --unannotated=negative takes them as negatives.",
        "2 shards without an example: ask for fewer with --num_shards.",
        "Class 'cat' (id 1) has no box in test.",
        "Class 'dog' (id 2) has no box in train.",
        "Class 'eel' (id 3) has no box in train, test.",
    ]


def rows_of(lines: list[str]) -> list[list[str]]:
    """The cells of the rows of the first table."""
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]


def test_classes_of_whole_images():
    found = manifest(
        {"train": split(9, {}, labels={"cat": 5, "dog": 4}), "test": split(2, {}, labels={"cat": 1}, negatives=1)},
        {"cat": 1, "dog": 2},
    )
    lines = printed(found)
    assert rows_of(lines)[2:6] == [
        ["labels", "9", "1", "10"],
        ["cat", "5", "1", "6"],
        ["dog", "4", "0", "4"],
        ["shards", "1", "1", "2"],
    ]
    assert lines[-3] == "Class 'dog' (id 2) has no image in test."


def test_classes_of_boxes_and_of_whole_images():
    found = manifest({"all": split(9, {"cat": 3}, labels={"barn": 4})}, {"barn": 1, "cat": 2, "eel": 3})
    lines = printed(found)
    assert rows_of(lines)[2:10] == [
        *(["labels", "4"], ["barn", "4"], ["cat", "0"], ["eel", "0"]),
        *(["boxes", "3"], ["barn", "0"], ["cat", "3"], ["eel", "0"]),
    ]
    assert [line for line in lines if line.startswith("Class")] == ["Class 'eel' (id 3) has no image in all."]


def test_remarks_of_the_manifest_come_first():
    found = manifest(
        {"all": split(3, {"cat": 4}, shards=2)}, remarks=("the splits share pictures", "  'a\x1b[1m.jpg' (train) [b]")
    )
    assert printed(found)[-5:-2] == [
        "the splits share pictures",
        "  'a\ufffd[1m.jpg' (train) [b]",
        "1 shard without an example: ask for fewer with --num_shards.",
    ]


def test_many_remarks():
    names = {f"class {i}": i for i in range(1, 101)}
    lines = printed(manifest({"all": split(3, {"class 1": 4})}, names))
    assert [line for line in lines if line.startswith("Class")] == [
        f"Class 'class {i}' (id {i}) has no box in all." for i in range(2, 22)
    ]
    assert "… and 79 more remarks." in lines


def test_every_code_has_its_meaning():
    counts = {code: i for i, code in enumerate(REMEDIES, 1)}
    rejects = Rejects((RejectFile("r", sum(counts.values()), 0, "0" * 8),), counts)
    text = " ".join(printed(manifest({"all": split(3, {"cat": 4})}, rejects=rejects), width=200))
    assert all(f"│ {code} " in text and meaning in text for code, meaning in REMEDIES.items())
