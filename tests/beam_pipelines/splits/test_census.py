"""Every pruning of the census, at a small scale."""

import pickle
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.splits import census
from beam_pipelines.splits.census import LINE, Census, classes_of, draw

SIGNATURES = ["", *("\0".join(names) for names in ("a", "b", "c", "d", "ab", "ac", "bcd", "cd"))]
GROUPS = st.lists(
    st.tuples(st.sampled_from(SIGNATURES), st.integers(0, LINE - 1)), max_size=60, unique_by=lambda g: g[1]
)


@pytest.fixture(autouse=True, scope="module")
def _small():
    """Three draws a signature and four signatures: every pruning happens within sixty groups."""
    with mock.patch.multiple(census, LIMIT=3, MAX_SIGNATURES=4):
        yield


def take(groups):
    result = Census()
    for signature, place in groups:
        result.add(signature, place)
    return result


def content(result):
    result.settle()
    kept = {signature: (count, list(draws)) for signature, count, draws in result.signatures()}
    return kept, result.folded_groups, result.folded_classes


def merge_in_some_order(groups, data):
    parts = [take(groups[i::3]) for i in range(3)] + [Census()]
    while len(parts) > 1:
        first = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        second = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        first.merge(second)
        parts.append(pickle.loads(pickle.dumps(first)))
    return parts[0]


def test_draw_is_the_same_everywhere_and_always():
    assert draw("a", 0) == 3184771597325617221
    assert draw("a", 1) == 4598133879899299678
    assert draw("a", -1) == 4217315493947725702


def test_draw_takes_a_name_that_is_no_utf8():
    assert 0 <= draw("caf\udce9.jpg", 0) < LINE


def test_draws_are_spread_over_the_whole_line():
    quarters = Counter(draw(str(i), 7) * 4 // LINE for i in range(4000))
    assert set(quarters) == {0, 1, 2, 3}
    assert all(abs(count - 1000) < 4 * 1000**0.5 for count in quarters.values())


@given(GROUPS, st.data())
def test_content_depends_neither_on_order_nor_on_parts(groups, data):
    shuffled = data.draw(st.permutations(groups))
    assert content(take(groups)) == content(merge_in_some_order(shuffled, data))


@given(GROUPS)
def test_keeps_the_lowest_draws_of_the_signatures_with_the_lowest_marks(groups):
    counts = Counter(signature for signature, _ in groups)
    kept = sorted(counts, key=census._mark)[:4]
    lowest = {s: sorted(place for signature, place in groups if signature == s)[:3] for s in kept}
    folded = Counter(name for s, _ in groups if s not in kept for name in classes_of(s))
    assert content(take(groups)) == (
        {s: (counts[s], lowest[s]) for s in kept},
        sum(counts[s] for s in counts if s not in kept),
        folded,
    )


@given(GROUPS, st.data())
def test_counts_of_classes_and_of_all_groups_are_exact_at_any_time(groups, data):
    merged = merge_in_some_order(groups, data)
    assert merged.classes() == Counter(name for signature, _ in groups for name in classes_of(signature))
    assert merged.groups() == len(groups)


@given(GROUPS)
def test_memory_is_bounded(groups):
    result = take(groups)
    kept = [len(draws) for _, _, draws in result.signatures()]
    assert len(kept) <= 5
    assert max(kept, default=0) <= 6


@given(GROUPS, GROUPS)
def test_the_other_side_of_a_merge_stays_as_it_was(groups, more):
    first, second = take(groups), take(more)
    before = pickle.dumps(second)
    first.merge(second)
    for signature, place in more:
        first.add(signature, place)
    assert pickle.dumps(second) == before


def test_classes_of():
    assert classes_of("") == []
    assert classes_of("cat\0dog") == ["cat", "dog"]
