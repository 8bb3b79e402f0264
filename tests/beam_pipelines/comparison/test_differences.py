"""What changed in one image, and its line in the list."""

import pytest

from beam_pipelines.comparison.boxes import BoxChange
from beam_pipelines.comparison.differences import Difference, as_json, changed_labels, difference_of, differences_of

from .made_images import box, image

CAT, DOG = box("cat"), box("dog")
A = image("a.jpg", "1", [CAT])
WITH_AREA, WITH_OTHER_AREA = ((*CAT[:9], area, "") for area in (300.0, 75.0))


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        (A._replace(image="b.jpg"), ("renamed",)),
        (A._replace(sha256="2"), ("replaced",)),
        (A._replace(split="val"), ("moved",)),
        (A._replace(boxes=()), ("boxes",)),
        (A._replace(labels=("sunny",)), ("labels",)),
        (A._replace(class_map="1"), ("class_map",)),
        (A._replace(image="b.jpg", split="val", boxes=(DOG,)), ("renamed", "moved", "boxes")),
        (
            A._replace(sha256="2", split="val", labels=("sunny",), class_map="1"),
            ("replaced", "moved", "labels", "class_map"),
        ),
        (None, ("removed",)),
    ],
)
def test_kinds(after, kinds):
    assert difference_of(A, after).kinds == kinds
    mirrored = {"removed": "added"}
    assert difference_of(after, A).kinds == tuple(mirrored.get(kind, kind) for kind in kinds)


def test_boxes_of_images_on_both_sides_alone():
    assert difference_of(None, A) == Difference(("added",), None, A)
    after = A._replace(boxes=(DOG,))
    assert difference_of(A, after) == Difference(("boxes",), A, after, (BoxChange("class", CAT, DOG),))


def test_areas_are_not_compared_where_pictures_have_other_sizes():
    before, after = A._replace(boxes=(WITH_AREA,)), A._replace(boxes=(WITH_OTHER_AREA,))
    assert difference_of(before, after).kinds == ("boxes",)
    smaller = after._replace(width=20, height=15, sha256="2")
    assert difference_of(before, smaller) == Difference(("replaced",), before, smaller)


def test_an_image_that_differs_in_nothing_that_a_person_sees_is_left_out():
    assert differences_of([(A, A._replace(width=41)), (A, None)]) == [Difference(("removed",), A, None)]


def test_labels():
    before, after = A._replace(labels=("calm", "sunny")), A._replace(labels=("sunny", "windy"))
    assert changed_labels(difference_of(before, after)) == (["windy"], ["calm"])
    assert changed_labels(difference_of(None, after)) == ([], [])


def test_line_of_an_added_image():
    assert as_json(difference_of(None, A)) == {
        "kinds": ["added"],
        "before": None,
        "after": {"image": "a.jpg", "split": "train"},
    }


def test_line_of_an_image_of_which_everything_changed():
    before = image("a.jpg", "1", [CAT, (*DOG[:5], 1, 0, "Left", 0, 300.0, "")], labels=("calm",))
    after = image("a.jpg", "2", [box("cat", xmin=0.3), (*DOG[:5], 0, 0, "Left", 0, 0.0, "")], split="val", width=80)
    assert as_json(difference_of(before, after)) == {
        "kinds": ["replaced", "moved", "boxes", "labels"],
        "before": {"image": "a.jpg", "split": "train", "size": [40, 30]},
        "after": {"image": "a.jpg", "split": "val", "size": [80, 30]},
        "boxes": [
            {
                "kind": "moved",
                "before": {"class": "cat", "box": [10.0, 15.0, 30.0, 30.0]},
                "after": {"class": "cat", "box": [24.0, 15.0, 60.0, 30.0]},
            },
            {
                "kind": "attributes",
                "before": {"class": "dog", "box": [10.0, 15.0, 30.0, 30.0], "difficult": 1},
                "after": {"class": "dog", "box": [20.0, 15.0, 60.0, 30.0], "difficult": 0},
            },
        ],
        "labels": {"added": [], "removed": ["calm"]},
    }


def test_areas_of_boxes_in_the_list():
    """An annotated area that changed is told; that a box which moved has another is not."""
    changed = as_json(difference_of(A._replace(boxes=(WITH_AREA,)), A._replace(boxes=(WITH_OTHER_AREA,))))
    assert [one["before"] for one in changed["boxes"]] == [
        {"class": "cat", "box": [10.0, 15.0, 30.0, 30.0], "area": 300.0}
    ]
    elsewhere = (*box("cat", xmin=0.3)[:9], 270.0, "")
    moved = as_json(difference_of(A._replace(boxes=(WITH_AREA,)), A._replace(boxes=(elsewhere,))))
    assert [one["after"] for one in moved["boxes"]] == [{"class": "cat", "box": [12.0, 15.0, 30.0, 30.0]}]


def test_a_box_of_another_program_that_is_nowhere():
    broken = image("a.jpg", boxes=[("cat", float("nan"), 0.0, float("inf"), 1.0, *CAT[5:])])
    (change,) = as_json(difference_of(image("a.jpg"), broken))["boxes"]
    assert change["after"] == {"class": "cat", "box": [None, 0.0, None, 30.0]}
