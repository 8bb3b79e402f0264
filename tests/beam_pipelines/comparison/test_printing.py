"""What a person sees of the differences."""

from io import StringIO
from typing import Any

from rich.console import Console

from beam_pipelines.comparison.differences import KINDS, difference_of
from beam_pipelines.comparison.printing import show
from beam_pipelines.comparison.tally import Tally

from .made_images import box, image

CAT, DOG = box("cat"), box("dog")


def result_of(*differences: tuple[Any, Any], **changes: Any) -> dict[str, Any]:
    tally = Tally()
    for before, after in differences:
        tally.add(difference_of(before, after))
    counts = {"images": 1200, "negatives": 0, "boxes": 3}
    return {
        "differ": True,
        "splits": {"train": {"before": counts, "after": counts}},
        "class_counts": {"boxes": {}, "labels": {}},
        "classes": {},
        "options": {},
        "features": {},
        "rejects": {},
        **tally.as_json(),
        "shards": {"equal": 0, "before": 1, "after": 1},
        **changes,
    }


def lines_of(result: dict[str, Any]) -> list[str]:
    screen = Console(file=StringIO(), width=80, highlight=False)
    show(result, screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def rows_of(title: str, result: dict[str, Any]) -> list[list[str]]:
    """The rows of a table without its head."""
    lines = lines_of(result)
    table = lines[lines.index(title) :]
    return [[cell.strip() for cell in line[1:-1].split("│")] for line in table[: _end(table)] if line.startswith("│")]


def _end(table: list[str]) -> int:
    return next(number for number, line in enumerate(table) if line.startswith("└"))


def test_no_difference():
    assert lines_of(result_of(differ=False)) == [
        "No difference: the same 1,200 images in the same splits, with the same annotations."
    ]


def test_record_files_alone():
    assert lines_of(result_of())[-1] == "The images and their annotations are the same; only the record files differ."


def test_splits():
    result = result_of(
        splits={
            "train": {
                "before": {"images": 1200, "negatives": 7, "boxes": 3},
                "after": {"images": 1199, "negatives": 7, "boxes": 4},
            },
            "[b]val[/b]\x1b": {"before": None, "after": {"images": 20, "negatives": 0, "boxes": 0}},
        }
    )
    assert rows_of("Splits", result) == [
        ["train", "1,200 → 1,199", "7", "3 → 4"],
        ["[b]val[/b]�", "0 → 20", "0", "0"],
        ["all", "1,200 → 1,219", "7", "3 → 4"],
    ]


def test_images():
    differences = [
        *((None, image(f"new-{number}.jpg", str(number))) for number in range(4)),
        (image("old.jpg", "10"), image("[b]name.jpg", "10")),
        (image("a.jpg", "11"), image("a.jpg", "11", split="val")),
        (image("b.jpg", "12", split="val"), image("b.jpg", "12")),
        (image("c.jpg", "13"), image("c.jpg", "13", split="val")),
    ]
    assert rows_of("Images", result_of(*differences)) == [
        [KINDS["added"], "4", "new-0.jpg, new-1.jpg, new-2.jpg, …"],
        [KINDS["renamed"], "1", "old.jpg → [b]name.jpg"],
        [KINDS["moved"], "3", "train → val 2, val → train 1"],
    ]


def test_boxes_add_up():
    differences = [
        (None, image("new.jpg", "1", [CAT, CAT])),
        (image("old.jpg", "2", [DOG, CAT]), None),
        (image("a.jpg", "3", [DOG]), image("a.jpg", "3", [CAT])),
        (image("b.jpg", "4", [CAT, DOG]), image("b.jpg", "4", [box(xmin=0.3), box("dog", 0.0, 0.0, 0.1, 0.1)])),
        (image("c.jpg", "5", [CAT]), image("c.jpg", "5", [(*CAT[:5], 1, *CAT[6:])])),
    ]
    counts = {
        "ant": {"before": 9, "after": 9},
        "cat": {"before": 1000, "after": 1002},
        "dog": {"before": 7, "after": 5},
    }
    result = result_of(*differences, class_counts={"boxes": counts, "labels": {}})
    assert rows_of("Boxes", result) == [
        ["cat", "1,000 → 1,002", "+2 −1", "", "", "+1", "1", "1"],
        ["dog", "7 → 5", "−1", "+1", "−1", "−1", "", ""],
    ]
    assert rows_of("Reclassified", result) == [["dog → cat", "1"]]


def test_labels_and_settings():
    result = result_of(
        (image("a.jpg", labels=("calm",)), image("a.jpg", labels=("sunny",))),
        class_counts={
            "boxes": {},
            "labels": {
                "calm": {"before": 3, "after": 2},
                "sunny": {"before": 1, "after": 2},
                "x": {"before": 1, "after": 1},
            },
        },
        classes={"dog": {"after": 3}},
        options={"seed": {"before": 0, "after": 1}, "splits": {"before": None, "after": {"train": 1.0}}},
        features={"image/object/mask": {"after": "bytes list"}},
        rejects={"box_outside": {"before": 2}},
    )
    assert rows_of("Classes of whole images", result) == [["calm", "3 → 2", "−1"], ["sunny", "1 → 2", "+1"]]
    assert rows_of("Label map", result) == [["dog", "–", "3"]]
    assert rows_of("Options", result) == [["seed", "0", "1"], ["splits", "–", '{"train": 1.0}']]
    assert rows_of("Features", result) == [["image/object/mask", "–", "bytes list"]]
    assert rows_of("Rejects", result) == [["box_outside", "2", "–"]]


def test_long_tables_are_cut():
    rows = rows_of("Label map", result_of(classes={f"class-{number:02d}": {"after": number} for number in range(42)}))
    assert (len(rows), rows[29:]) == (31, [["class-29", "–", "29"], ["… 12 more", "", ""]])


def test_boxes_one_by_one():
    changed = (*DOG[:5], 1, 0, "Left", 0, 0.0, "")
    many = [box("ant", x / 16, 0.0, (x + 1) / 16, 0.25) for x in range(7)]
    differences = [
        (
            image("a.jpg", "1", [CAT, DOG]),
            image("[b]b.jpg", "1", [box("cat", xmin=0.3), changed], split="val"),
        ),
        (image("c.jpg", "2", [CAT]), image("c.jpg", "2", many)),
        (image("d.jpg", "3", [CAT]), image("d.jpg", "3", [DOG])),
    ]
    lines = lines_of(result_of(*differences))
    assert lines[lines.index("Boxes changed:") + 1 :] == [
        "  a.jpg → [b]b.jpg (train → val)",
        "    moved    cat xmin=10 ymin=15 xmax=30 ymax=30 → xmin=12",
        "    changed  dog xmin=10 ymin=15 xmax=30 ymax=30 difficult=0 view=Unspecified → difficult=1 view=Left",
        "  c.jpg (train)",
        "    added    ant xmin=0 ymin=0 xmax=2.5 ymax=7.5",
        "    added    ant xmin=2.5 ymin=0 xmax=5 ymax=7.5",
        "    added    ant xmin=5 ymin=0 xmax=7.5 ymax=7.5",
        "    added    ant xmin=7.5 ymin=0 xmax=10 ymax=7.5",
        "    added    ant xmin=10 ymin=0 xmax=12.5 ymax=7.5",
        "    … 3 more",
        "  d.jpg (train)",
        "    class    cat xmin=10 ymin=15 xmax=30 ymax=30 → dog",
    ]


def test_the_first_of_many_images():
    differences = [(image(f"{n:02d}.jpg", str(n), [CAT]), image(f"{n:02d}.jpg", str(n))) for n in range(12)]
    lines = lines_of(result_of(*differences))
    begin = lines.index("Boxes changed, the first 10 of 12 images:")
    assert lines[begin + 1 : begin + 3] == [
        "  00.jpg (train)",
        "    removed  cat xmin=10 ymin=15 xmax=30 ymax=30",
    ]
    assert len(lines) == begin + 21
