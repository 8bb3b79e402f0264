"""Counts of differences."""

from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.comparison.differences import as_json, difference_of
from beam_pipelines.comparison.tally import Tally

from .made_images import box, image

CAT, DOG = box("cat"), box("dog")
FOUND = [
    difference_of(None, image("new.jpg", "1", [CAT, CAT])),
    difference_of(image("old.jpg", "2", [DOG]), None),
    difference_of(image("a.jpg", "3"), image("b.jpg", "3", split="val")),
    difference_of(image("c.jpg", "4", [CAT]), image("c.jpg", "4", [DOG, box("dog", 0.0, 0.0, 0.1, 0.1)])),
    difference_of(image("d.jpg", "5", [CAT], labels=("calm",)), image("d.jpg", "5", [box(xmin=0.3)])),
    difference_of(image("e.jpg", "6", [DOG]), image("e.jpg", "6", labels=("calm", "sunny"))),
    difference_of(image("f.jpg", "7", [CAT]), image("f.jpg", "7", [(*CAT[:5], 1, *CAT[6:])])),
]


def tally_of(differences) -> Tally:
    tally = Tally()
    for one in differences:
        tally.add(one)
    return tally


def test_all_counts():
    result = tally_of(FOUND).as_json()
    samples = result.pop("samples")
    assert result == {
        "images": {
            "added": 1,
            "removed": 1,
            "renamed": 1,
            "replaced": 0,
            "moved": 1,
            "boxes": 4,
            "labels": 2,
            "class_map": 0,
        },
        "moves": [{"before": "train", "after": "val", "images": 1}],
        "boxes": {
            "added": {"dog": 1},
            "removed": {"dog": 1},
            "moved": {"cat": 1},
            "attributes": {"cat": 1},
            "with_added_images": {"cat": 2},
            "with_removed_images": {"dog": 1},
        },
        "reclassified": [{"before": "cat", "after": "dog", "boxes": 1}],
        "labels": {"added": {"calm": 1, "sunny": 1}, "removed": {"calm": 1}},
    }
    assert samples == {
        "added": [as_json(FOUND[0])],
        "removed": [as_json(FOUND[1])],
        "renamed": [as_json(FOUND[2])],
        "replaced": [],
        "moved": [as_json(FOUND[2])],
        "boxes": [as_json(one) for one in FOUND[3:]],
        "labels": [as_json(FOUND[4]), as_json(FOUND[5])],
        "class_map": [],
    }


def test_the_first_ten_by_name():
    tally = tally_of(difference_of(None, image(f"{number:02d}.jpg", str(number))) for number in reversed(range(30)))
    assert tally.kinds == {"added": 30}
    assert [one.sides[0].image for one in tally.samples["added"]] == [f"{number:02d}.jpg" for number in range(10)]


@given(st.permutations(FOUND * 3), st.integers(0, 3 * len(FOUND)), st.integers(0, 3 * len(FOUND)))
@settings(max_examples=30, deadline=None)
def test_merged_in_any_order(differences, first, second):
    first, second = sorted((first, second))
    parts = [tally_of(part) for part in (differences[:first], differences[first:second], differences[second:])]
    merged = Tally()
    for part in parts:
        merged.merge(part)
    assert merged.as_json() == tally_of(FOUND * 3).as_json()
