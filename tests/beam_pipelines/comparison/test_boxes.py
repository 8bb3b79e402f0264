"""What became of the boxes of an image: each kind by hand, and that the order of the datasets does not matter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.comparison.boxes import BoxChange, compare_boxes

from .made_images import box

CAT, DOG = box("cat"), box("dog")
NEAR = box("cat", xmin=0.3)  # IoU 0.9
FAR = box("cat", 0.0, 0.0, 0.1, 0.1)
DIFFICULT = (*CAT[:5], 1, *CAT[6:])


def mirrored(changes: list[BoxChange]) -> list[BoxChange]:
    names = {"added": "removed", "removed": "added"}
    return [BoxChange(names.get(kind, kind), after, before) for kind, before, after in changes]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], []),
        ([CAT, DOG], [DOG, CAT], []),
        ([], [CAT], [("added", None, CAT)]),
        ([CAT], [], [("removed", CAT, None)]),
        ([CAT], [CAT, CAT], [("added", None, CAT)]),
        ([CAT], [NEAR], [("moved", CAT, NEAR)]),
        ([CAT], [FAR], [("removed", CAT, None), ("added", None, FAR)]),
        ([CAT], [DOG], [("class", CAT, DOG)]),
        ([DOG], [NEAR], [("class", DOG, NEAR)]),
        ([CAT], [DIFFICULT], [("attributes", CAT, DIFFICULT)]),
        # A box of the same class goes before one of the same place.
        ([CAT, DOG], [NEAR, CAT], [("class", DOG, NEAR)]),
        ([CAT], [DOG, DIFFICULT], [("attributes", CAT, DIFFICULT), ("added", None, DOG)]),
        # The one that overlaps most, not the first.
        (
            [CAT],
            [box("cat", xmin=0.4), NEAR],
            [("moved", CAT, NEAR), ("added", None, box("cat", xmin=0.4))],
        ),
        # An overlap of exactly a half is enough, and a little less is not.
        ([CAT], [box("cat", xmin=0.5)], [("moved", CAT, box("cat", xmin=0.5))]),
        (
            [CAT],
            [box("cat", xmin=0.5078125)],
            [("removed", CAT, None), ("added", None, box("cat", xmin=0.5078125))],
        ),
    ],
)
def test_by_hand(before, after, expected):
    assert sorted(compare_boxes(before, after), key=repr) == sorted((BoxChange(*one) for one in expected), key=repr)


def test_in_the_order_of_the_boxes():
    changes = compare_boxes([FAR, DOG], [NEAR, box("ant", 0.8, 0.8, 0.9, 0.9)])
    assert changes == [
        BoxChange("added", None, box("ant", 0.8, 0.8, 0.9, 0.9)),
        BoxChange("removed", FAR, None),
        BoxChange("class", DOG, NEAR),
    ]


places = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75])
boxes = st.lists(
    st.builds(
        lambda name, x, y, w, h, difficult: (*box(name, x, y, x + w, y + h)[:5], difficult, *CAT[6:]),
        st.sampled_from(["cat", "dog"]),
        places,
        places,
        st.sampled_from([0.125, 0.25]),
        st.sampled_from([0.125, 0.25]),
        st.integers(0, 1),
    ),
    max_size=6,
)


@given(boxes, boxes)
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_which_comes_first(before, after):
    changes = compare_boxes(before, after)
    assert mirrored(changes) == compare_boxes(after, before)
    assert compare_boxes(reversed(before), reversed(after)) == changes
    gone = [change.before for change in changes if change.before]
    come = [change.after for change in changes if change.after]
    assert sorted(before + come) == sorted(after + gone)


@given(boxes)
@settings(max_examples=20, deadline=None)
def test_equal_boxes_have_no_difference(some):
    assert compare_boxes(some, reversed(some)) == []
