"""Two datasets that were built, and what `shardbox diff` says of them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from beam_pipelines.comparison.differences import KINDS, as_json, difference_of
from beam_pipelines.comparison.images import Image

from .made_sets import flags, good_set, jpeg, pair, voc_xml, write_set
from .shardbox_runs import build, shardbox

DOCUMENT = Path(__file__).parents[2] / "docs" / "comparison.md"
OPTIONS = ("--split_by_folder", "--num_shards=2", "--no_report")
MIRRORED = {
    "added": "removed",
    "removed": "added",
    "with_added_images": "with_removed_images",
    "with_removed_images": "with_added_images",
    "before": "after",
    "after": "before",
}
CAT, MOVED_CAT, DOG, BIRD = (
    {"class": name, "box": box}
    for name, box in (
        ("cat", [4.0, 3.0, 20.0, 15.0]),
        ("cat", [5.0, 3.0, 20.0, 15.0]),
        ("dog", [22.0, 3.0, 38.0, 15.0]),
        ("bird", [4.0, 3.0, 20.0, 15.0]),
    )
)


def placed(split: str, name: str, picture: str = "", **xml: Any) -> dict[str, bytes]:
    """The two files of an image in the folder of a split, with the picture of another name if one is given."""
    files = pair(f"{split}/{name}", **xml)
    if picture:
        files[f"JPEGImages/{split}/{name}.jpg"] = jpeg(picture)
    return files


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("diff")
    same = {name.replace("good", "train/good"): data for name, data in good_set(8).items()}
    cat, dog, bird = (name_and_box(name) for name in ("cat", "dog", "bird"))
    before = same | placed("train", "box", boxes=[cat]) | placed("train", "gone", boxes=[cat, dog])
    before |= placed("train", "name", "shown") | placed("train", "retaken", "first")
    before |= placed("val", "moved", boxes=[cat]) | placed("val", "class", boxes=[cat, dog])
    after = (
        same
        | placed("train", "box", boxes=[("cat", 5, 3, 20, 15), ("dog", 22, 3, 38, 15)])
        | placed("train", "new", boxes=[bird])
    )
    after |= placed("train", "other name", "shown") | placed("train", "retaken", "second")
    after |= placed("train", "moved", "val/moved", boxes=[cat]) | placed("val", "class", boxes=[cat, bird])
    after["Annotations/val/outside.xml"] = voc_xml("outside.jpg", [cat, ("cat", 50, 3, 60, 9)]).encode()
    after["JPEGImages/val/outside.jpg"] = jpeg("outside")
    for name, files in (("before", before), ("after", after)):
        build(*flags(write_set(folder / name, files), folder / f"{name}-dataset"), *OPTIONS)
    return folder / "before-dataset", folder / "after-dataset"


def name_and_box(name: str) -> tuple[str, int, int, int, int]:
    return name, 4, 3, 20, 15


def compare(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = shardbox("diff", *arguments, "--json")
    assert result.err == ""
    return result.code, json.loads(result.out)


def line(*kinds: str, before: str = "", after: str = "", **more: object) -> dict[str, Any]:
    """What is listed of an image."""
    sides = {
        side: {"image": f"{path}.jpg", "split": path.split("/")[0]} if path else None
        for side, path in (("before", before), ("after", after))
    }
    return {"kinds": list(kinds), **sides, **more}


BOX = line(
    "boxes",
    before="train/box",
    after="train/box",
    boxes=[
        {"kind": "moved", "before": CAT, "after": MOVED_CAT},
        {"kind": "added", "before": None, "after": DOG},
    ],
)
GONE = line("removed", before="train/gone")
MOVED = line("renamed", "moved", before="val/moved", after="train/moved")
NAME = line("renamed", before="train/name", after="train/other name")
NEW = line("added", after="train/new")
RETAKEN = line("replaced", before="train/retaken", after="train/retaken")
RETAKEN["before"]["size"] = RETAKEN["after"]["size"] = [40, 30]
CLASS = line(
    "boxes",
    before="val/class",
    after="val/class",
    boxes=[{"kind": "class", "before": CAT | {"class": "dog"}, "after": BIRD}],
)
OUTSIDE = line("added", after="val/outside")

FOUND = {
    "differ": True,
    "splits": {
        "train": {
            "before": {"images": 12, "negatives": 0, "boxes": 13},
            "after": {"images": 13, "negatives": 0, "boxes": 14},
        },
        "val": {
            "before": {"images": 2, "negatives": 0, "boxes": 3},
            "after": {"images": 2, "negatives": 0, "boxes": 3},
        },
    },
    "class_counts": {
        "boxes": {
            "bird": {"before": 0, "after": 2},
            "cat": {"before": 10, "after": 10},
            "dog": {"before": 6, "after": 5},
        },
        "labels": {},
    },
    "classes": {"bird": {"after": 1}, "cat": {"before": 1, "after": 2}, "dog": {"before": 2, "after": 3}},
    "options": {},
    "features": {},
    "rejects": {"box_outside": {"after": 1}},
    "images": {
        "added": 2,
        "removed": 1,
        "renamed": 2,
        "replaced": 1,
        "moved": 1,
        "boxes": 2,
        "labels": 0,
        "class_map": 0,
    },
    "moves": [{"before": "val", "after": "train", "images": 1}],
    "boxes": {
        "added": {"dog": 1},
        "removed": {},
        "moved": {"cat": 1},
        "attributes": {},
        "with_added_images": {"bird": 1, "cat": 1},
        "with_removed_images": {"cat": 1, "dog": 1},
    },
    "reclassified": [{"before": "dog", "after": "bird", "boxes": 1}],
    "labels": {"added": {}, "removed": {}},
    "samples": {
        "added": [NEW, OUTSIDE],
        "removed": [GONE],
        "renamed": [MOVED, NAME],
        "replaced": [RETAKEN],
        "moved": [MOVED],
        "boxes": [BOX, CLASS],
        "labels": [],
        "class_map": [],
    },
    "shards": {"equal": 0, "before": 3, "after": 3},
}


def test_json_and_list(datasets: tuple[Path, Path], tmp_path: Path):
    code, found = compare(*datasets, "--list", tmp_path / "changes.jsonl")
    assert (code, found, list(found)) == (1, FOUND, list(FOUND))
    lines = [json.loads(text) for text in (tmp_path / "changes.jsonl").read_text("utf-8").splitlines()]
    assert lines == [BOX, GONE, MOVED, NAME, NEW, RETAKEN, CLASS, OUTSIDE]


def documented(first_cell: str) -> list[str]:
    """The names in the table of the document whose head begins so."""
    _, table = DOCUMENT.read_text("utf-8").split(f"\n| {first_cell} |")
    return re.findall(r"^\| `(\w+)` \|", table.split("\n\n")[0], re.MULTILINE)


def test_the_document_lists_every_key():
    assert documented("Field of the object") == list(FOUND)  # which another test holds to what is printed
    assert documented("Kind of a difference") == list(KINDS)
    plain = Image("a.jpg", "train", "1", 40, 30, boxes=(), labels=(), class_map="")
    box = ("cat", 0.1, 0.2, 0.3, 0.4, 0, 0, "", 0, 0.0, "")
    full = difference_of(plain, plain._replace(boxes=(box,), labels=("calm",)))
    assert documented("Field of a line") == list(as_json(full))


def mirrored(value: Any) -> Any:
    """The same differences, seen from the other dataset."""
    if isinstance(value, dict):
        return {MIRRORED.get(name, name): mirrored(of) for name, of in value.items()}
    if isinstance(value, list):
        return [mirrored(one) for one in value]
    return MIRRORED.get(value, value) if isinstance(value, str) else value


def test_the_other_way_round(datasets: tuple[Path, Path]):
    code, found = compare(*reversed(datasets))
    assert (code, found) == (1, mirrored(FOUND))


def test_the_same(datasets: tuple[Path, Path]):
    result = shardbox("diff", datasets[0], datasets[0])
    sentence = "No difference: the same 14 images in the same splits, with the same annotations.\n"
    assert result == (0, sentence, "")


def test_a_shard_that_was_cut_off_is_seen_though_it_is_not_read(datasets: tuple[Path, Path], tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(datasets[0], copy)
    shard = max(copy.glob("*.tfrecord*"), key=lambda path: path.stat().st_size)
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[: size // 2])
    sentence = (
        f"shardbox: '{shard}' holds {size // 2:,} bytes, and its dataset's manifest says {size:,}; "
        "`shardbox verify` tells more\n"
    )
    assert shardbox("diff", datasets[0], copy) == (2, "", sentence)


def test_tables(datasets: tuple[Path, Path]):
    result = shardbox("diff", *datasets)
    assert (result.code, result.err) == (1, "")
    titles = ["Splits", "Images", "Boxes", "Reclassified", "Label map", "Rejects", "Boxes changed:"]
    lines = [text.rstrip() for text in result.out.splitlines()]
    assert [text for text in lines if text and text[0] not in " │┏┃┡└"] == titles
    assert lines[-5:] == [
        "  train/box.jpg (train)",
        "    moved    cat xmin=4 ymin=3 xmax=20 ymax=15 → xmin=5",
        "    added    dog xmin=22 ymin=3 xmax=38 ymax=15",
        "  val/class.jpg (val)",
        "    class    dog xmin=4 ymin=3 xmax=20 ymax=15 → bird",
    ]


def test_a_wrong_folder(datasets: tuple[Path, Path], tmp_path: Path):
    result = shardbox("diff", datasets[0], tmp_path / "none")
    sentence = f"shardbox: {tmp_path}/none: no such folder; give the folder that `shardbox build` wrote to.\n"
    assert result == (2, "", sentence)
