"""Tables of the page, and remarks on them."""

import pytest

from beam_pipelines.report.page_data import overview_of
from beam_pipelines.report.page_tables import Balance, SplitRow, balances_of, class_rows, findings, split_rows
from beam_pipelines.report.sketch import Sketch
from data_contract.manifest import RejectFile, Rejects

from .made_page import CLASSES, REJECTS, SPLITS, made_sketch, manifest_of, sighting

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SAME = {name: name for name in SPLITS}


def overview(sketch: Sketch | None = None, classes: dict[str, int] = CLASSES, splits: tuple[str, ...] = tuple(SPLITS)):
    return overview_of(sketch or made_sketch(), splits, classes)


@pytest.mark.parametrize(
    ("images", "of_all", "expected"),
    [
        ((80, 10, 10), (800, 100, 100), (Balance(0, False), Balance(0, False), Balance(0, False))),
        ((0, 0), (8, 2), (None, None)),
        ((8, 0), (10, 0), (Balance(0, False), None)),
        ((500, 500), (900, 100), (Balance(500 / 900 - 1, True), Balance(4, True))),
        ((3, 1), (3, 3), (Balance(0.5, False), Balance(-0.5, False))),  # one more or less is chance
        (
            (5500, 4500),
            (5000, 5000),
            (Balance(5500 / 5000 - 1, False), Balance(-500 / 5000, False)),
        ),  # too little to matter
    ],
)
def test_balances(images, of_all, expected):
    found = [one and one._replace(deviation=round(one.deviation, 9)) for one in balances_of(images, of_all)]
    assert found == [one and one._replace(deviation=round(one.deviation, 9)) for one in expected]


def test_rows_of_splits():
    sketch = made_sketch()
    assert split_rows(overview(), manifest_of(sketch, CLASSES), SAME) == [
        SplitRow("train", 32, 0.8, 0.8, 3, 67, 65536, 1),
        SplitRow("validation", 4, 0.1, 0.1, 0, 8, 8192, 1),
        SplitRow("test", 4, 0.1, 0.1, 0, 8, 8192, 1),
    ]
    assert split_rows(overview(), None, SAME)[0] == SplitRow("train", 32, 0.8, None, 3, 67, None, None)


@pytest.mark.parametrize("share", ["80%", True, None, [0.8], 80, float("nan")])
def test_shares_that_are_no_numbers_are_not_told(share):
    manifest = manifest_of(made_sketch(), CLASSES, options={"splits": {**SHARES, "train": share}})
    assert [row.asked for row in split_rows(overview(), manifest, SAME)] == [None, 0.1, 0.1]


def test_rows_of_classes():
    rows = class_rows(overview())[:2]
    assert [(row.place, row.counts.name, row.boxes, row.images) for row in rows] == [
        (0, "dog", 40, 20),
        (1, "cat", 36, 36),
    ]
    assert [row.share for row in rows] == [40 / 83, 36 / 83]
    assert [(round(one.deviation, 9), one.notable) for one in rows[0].balances] == [(0, False)] * 3


def test_one_split_has_no_balance():
    assert [row.balances for row in class_rows(overview(splits=("train",)))] == [(), (), ()]


def found(**changes: object) -> list[str]:
    sketch, classes = changes.pop("sketch", made_sketch()), changes.pop("classes", CLASSES)
    left_out = changes.pop("left_out", {})
    return list(findings(overview(sketch, classes), manifest_of(sketch, classes, **changes), left_out))


def of_splits(**classes: tuple[int, ...]) -> Sketch:
    """Images of one box each: class → how many in each split."""
    sketch = Sketch()
    for place, split in enumerate(SPLITS):
        names = [name for name, numbers in classes.items() for _ in range(numbers[place])]
        sketch.add(split, split, [sighting(number, name) for number, name in enumerate(names)])
    return sketch


LACKING = ["Class 'كلب 狗' is without a box in split 'validation'.", "Class 'كلب 狗' is without a box in split 'test'."]
WANTED = "each class is to be in each split, and groups stay whole."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, LACKING),
        ({"remarks": ("As the job says.",)}, ["As the job says.", *LACKING]),
        (
            {"options": {"splits": {"train": 0.6, "validation": 0.2, "test": 0.2}}},
            [
                "The splits hold train 80% instead of 60%, validation 10% instead of 20%, test 10% instead of 20% "
                f"of the images: {WANTED}",
                *LACKING,
            ],
        ),
        ({"options": {"splits": {"other": 1}}}, LACKING),
        ({"options": {}}, LACKING),
        *(
            ({"options": {"splits": {**SHARES, "train": share}}}, LACKING)
            for share in ("80%", True, None, [0.8], {"of": 1}, 10**400)
        ),
        *(({"options": {"splits": splits}}, LACKING) for splits in ("0.8", [0.8, 0.1, 0.1], None, 3)),
        (
            {"left_out": {"boxes": 2, "records": 1300}},
            ["1,300 records and 2 boxes could not be counted: `shardbox verify` tells why.", *LACKING],
        ),
        ({"left_out": {"records": 1}}, ["1 record could not be counted: `shardbox verify` tells why.", *LACKING]),
        ({"left_out": {"records": 0, "boxes": 0}}, LACKING),
        (
            {"rejects": REJECTS, "seen": {"annotations": 1}},
            ["5 objects or pictures were left out, where 1 annotation was given: see Rejects.", *LACKING],
        ),
        (
            {"rejects": REJECTS},
            ["5 objects or pictures were left out, where 43 annotations were given: see Rejects.", *LACKING],
        ),
        (
            {"rejects": Rejects((RejectFile("r", 1, 1, "0" * 8),), {"image_empty": 1}), "seen": {"rows": 9}},
            ["1 object or picture was left out: see Rejects.", *LACKING],
        ),
        ({"rejects": REJECTS, "seen": {"annotations": 501}}, LACKING),
        (
            {"classes": {**CLASSES, "cow": 4, "owl": 5}},
            ["Classes 'cow' and 'owl' are in the label map, but in no image.", *LACKING],
        ),
        (
            {"sketch": of_splits(cat=(80, 10, 10), dog=(80, 2, 60)), "classes": {"cat": 1, "dog": 2}, "options": {}},
            ["Classes 'dog' and 'cat' are spread unevenly over the splits: see the balance in the table of classes."],
        ),
        (
            {"sketch": of_splits(cat=(2, 0, 2)), "classes": {"cat": 1}, "options": {}},
            ["Split 'validation' has no image."],
        ),
        (
            {"sketch": of_splits(a=(9, 9, 9), **dict.fromkeys("bcdefg", (2, 0, 2))), "options": {}}
            | {"classes": {name: number for number, name in enumerate("abcdefg", 1)}},
            [
                "6 classes ('b', 'c', 'd', 'e', 'f' and so on) are without a box in split 'validation'.",
                "Class 'a' is spread unevenly over the splits: see the balance in the table of classes.",
            ],
        ),
    ],
)
def test_findings(changes, expected):
    assert found(**changes) == expected


def test_a_long_name_is_shortened():
    long = "x" * 500
    assert found(sketch=Sketch(), classes={long: 1}, options={})[-1].startswith("Class 'xxx")
    assert len(found(sketch=Sketch(), classes={long: 1}, options={})[-1]) < 200


def test_files_of_others_have_no_remarks_of_the_job():
    assert list(findings(overview(), None, {})) == LACKING


def test_classes_that_many_files_lack_are_no_remark():
    sketch = Sketch()
    splits = tuple(f"file {number}" for number in range(7))
    for number, split in enumerate(splits):
        sketch.add(split, split, [sighting(0, f"class {number}")])
    assert list(findings(overview_of(sketch, splits, {}), None, {})) == []
