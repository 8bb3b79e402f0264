"""Pairs of things that are alike."""

from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.comparison.pairing import pair_up


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
