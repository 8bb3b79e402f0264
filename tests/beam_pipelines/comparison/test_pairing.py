"""Pairs of things that are alike, and which images of two datasets are the same."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.comparison.images import Image
from beam_pipelines.comparison.pairing import Pair, match_copies, match_namesakes, pair_up

from .made_images import box, image

A, B, C = (image(f"{name}.jpg") for name in "abc")
A_VAL = image("a.jpg", split="val")
A_BOX = image("a.jpg", boxes=[box()])
C_BOX_VAL = image("c.jpg", boxes=[box()], split="val")


def test_in_the_order_of_each_side():
    before = [("a", 1), ("a", 2), ("b", 1)]
    after = [("a", 3), ("b", 4), ("b", 5), ("c", 1)]
    assert pair_up(before, after, lambda one: one[0]) == (
        [(("a", 1), ("a", 3)), (("b", 1), ("b", 4))],
        [("a", 2)],
        [("b", 5), ("c", 1)],
    )


things = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3))).map(sorted)


@given(things, things)
@settings(max_examples=50, deadline=None)
def test_nothing_is_lost_and_the_sides_are_alike(before, after):
    pairs, left, right = pair_up(before, after, lambda one: one[0])
    assert sorted([one for one, _ in pairs] + left) == before
    assert sorted([other for _, other in pairs] + right) == after
    assert not {one[0] for one in left} & {other[0] for other in right}
    assert pair_up(after, before, lambda one: one[0]) == ([(b, a) for a, b in pairs], right, left)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([A], [A], ([], [], [])),
        ([A, B], [B, A], ([], [], [])),
        ([A], [B], ([(A, B)], [], [])),
        ([A], [A_VAL], ([(A, A_VAL)], [], [])),
        ([A], [A_BOX], ([(A, A_BOX)], [], [])),
        ([A, B], [B], ([], [A], [])),
        ([A], [A, A], ([], [], [A])),
        # Of several the one of the same path, then of the same annotation, then of the same split.
        ([A], [B, A_BOX], ([(A, A_BOX)], [], [B])),
        ([A_BOX], [B, C_BOX_VAL], ([(A_BOX, C_BOX_VAL)], [], [B])),
        ([A], [image("b.jpg", split="val"), C], ([(A, C)], [], [image("b.jpg", split="val")])),
        ([A, A_VAL], [A_BOX, A_VAL], ([(A, A_BOX)], [], [])),
        ([A], [A_VAL, A_BOX], ([(A, A_BOX)], [], [A_VAL])),
    ],
)
def test_copies(before, after, expected):
    assert match_copies(before, after) == expected


def test_namesakes():
    other, other_val = A._replace(sha256="2"), A_VAL._replace(sha256="2")
    assert match_namesakes([A], [other_val, other]) == [(A, other), (None, other_val)]
    assert match_namesakes([A], [other_val]) == [(A, other_val)]
    assert match_namesakes([A, A_VAL], [other_val]) == [(A_VAL, other_val), (A, None)]
    assert match_namesakes([], [other]) == [(None, other)]


def compare(before: list[Image], after: list[Image]) -> list[Pair]:
    """All pairs whose sides are not equal, as the pipeline finds them."""
    pairs: list[Pair] = []
    paths: dict[str, tuple[list[Image], list[Image]]] = defaultdict(lambda: ([], []))
    for content in {one.sha256 for one in before + after}:
        of_content = ([one for one in side if one.sha256 == content] for side in (before, after))
        found, *left = match_copies(*of_content)
        pairs += found
        for side, rest in enumerate(left):
            for one in rest:
                paths[one.image][side].append(one)
    for sides in paths.values():
        pairs += match_namesakes(*sides)
    return sorted(pairs, key=repr)


datasets = st.lists(
    st.builds(
        lambda name, content, split, boxes: image(name, content, [box()] * boxes, split=split),
        st.sampled_from(["a.jpg", "b.jpg", "c.jpg"]),
        st.sampled_from("123"),
        st.sampled_from(["train", "val"]),
        st.integers(0, 1),
    ),
    max_size=8,
)


@given(datasets, datasets, datasets)
@settings(max_examples=80, deadline=None)
def test_what_holds_for_any_two_datasets(before, after, both):
    pairs = compare(before, after)
    assert compare(before, before[::-1]) == []
    assert compare(after, before) == sorted(((right, left) for left, right in pairs), key=repr)
    gone = [left for left, _ in pairs if left]
    come = [right for _, right in pairs if right]
    assert sorted(before + come) == sorted(after + gone)
    # What stands in a shard that is equal in both datasets changes nothing: it need not be read.
    assert compare(before + both, both + after) == pairs
