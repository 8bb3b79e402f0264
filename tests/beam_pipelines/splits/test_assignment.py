"""Plans for small families of groups, checked by asking for the split of every group."""

import pickle
from collections import Counter
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.splits import census
from beam_pipelines.splits.assignment import plan_splits, split_of
from beam_pipelines.splits.census import LINE, Census, classes_of, draw
from beam_pipelines.splits.fractions import explain_empty, parse_fractions

DEFAULT = {"train": 0.8, "validation": 0.1, "test": 0.1}
FRACTIONS = st.sampled_from(
    [DEFAULT, {"all": 1.0}, {"a": 0.5, "b": 0.5}, {"test": 0.01, "train": 0.99}, dict.fromkeys("vwxyz", 0.2)]
)
SINGLE_CLASS = st.sampled_from(["", "cat", "dog", "eel", "fox"])
ANY_CLASSES = st.sets(st.sampled_from("abcdef")).map(lambda names: "\0".join(sorted(names)))


def lists_of_groups(signatures, **sizes):
    """Lists of (signature, draw)."""
    drawn = st.lists(signatures, **sizes)
    return st.tuples(drawn, st.integers(0, 9)).map(lambda g: [(s, draw(str(i), g[1])) for i, s in enumerate(g[0])])


def take(groups):
    result = Census()
    for signature, place in groups:
        result.add(signature, place)
    return result


def sizes(plan, groups):
    counts = Counter(split_of(plan, *group) for group in groups)
    return {name: counts[name] for name in plan.names}


def really_missing(plan, groups, splits):
    """(class, split) for every class with enough groups, by asking for the split of every group."""
    counts = Counter(name for signature, _ in groups for name in classes_of(signature))
    there = {(name, split_of(plan, *group)) for group in groups for name in classes_of(group[0])}
    return {(name, s) for name in counts for s in splits if counts[name] >= len(splits) and (name, s) not in there}


def can_cover(groups, splits):
    """Whether any way to divide the groups brings every class with enough groups to every split: tries them all."""
    counts = Counter(name for signature, _ in groups for name in classes_of(signature))
    wanted = [[name for name in classes_of(s) if counts[name] >= splits] for s, _ in groups]

    def search(left, held):
        ahead = Counter(name for names in left for name in names)
        if any(
            splits - len({s for n, s in held if n == name}) > ahead[name] for name in counts if counts[name] >= splits
        ):
            return False
        return not left or any(search(left[1:], held | {(n, split) for n in left[0]}) for split in range(splits))

    return search(wanted, frozenset())


@given(lists_of_groups(ANY_CLASSES, max_size=50), FRACTIONS, st.data())
def test_the_plan_depends_neither_on_order_nor_on_parts(groups, fractions, data):
    with mock.patch.multiple(census, LIMIT=4, MAX_SIGNATURES=10):
        shuffled = data.draw(st.permutations(groups))
        at = data.draw(st.integers(0, len(groups)))
        first, second = take(shuffled[:at]), take(shuffled[at:])
        second.merge(first)
        assert plan_splits(second, fractions) == plan_splits(take(groups), fractions)


@given(lists_of_groups(ANY_CLASSES, max_size=50), FRACTIONS)
def test_the_plan_knows_the_size_of_every_split(groups, fractions):
    plan = plan_splits(take(groups), fractions)
    assert plan.names == tuple(fractions)
    assert plan.groups == sizes(plan, groups)
    assert plan.empty_splits == tuple(name for name, count in plan.groups.items() if not count)


@given(lists_of_groups(ANY_CLASSES, max_size=50), FRACTIONS)
def test_expected_sizes_add_up_where_signatures_are_large_or_folded(groups, fractions):
    with mock.patch.multiple(census, LIMIT=4, MAX_SIGNATURES=10):
        plan = plan_splits(take(groups), fractions)
    assert sum(plan.groups.values()) == len(groups)
    assert set(sizes(plan, groups)) == set(fractions)
    assert all(list(cuts) == sorted(cuts) and len(cuts) == len(fractions) - 1 for cuts in plan.cuts.values())


@given(lists_of_groups(SINGLE_CLASS, max_size=80), FRACTIONS)
def test_whole_and_every_class_are_near_their_shares(groups, fractions):
    plan = plan_splits(take(groups), fractions)
    splits = len(fractions)
    for chosen in (groups, *([g for g in groups if g[0] == name] for name in ("", "cat", "dog", "eel", "fox"))):
        pinned = sum(place in plan.pinned for _, place in chosen)
        for name, count in sizes(plan, chosen).items():
            assert abs(count - fractions[name] * len(chosen)) <= splits + pinned


@given(lists_of_groups(SINGLE_CLASS, max_size=60), FRACTIONS)
def test_a_class_with_as_many_groups_as_splits_is_in_every_split(groups, fractions):
    plan = plan_splits(take(groups), fractions)
    assert plan.uncovered == ()
    assert really_missing(plan, groups, fractions) == set()


@settings(derandomize=True, max_examples=400, deadline=None)
@given(lists_of_groups(ANY_CLASSES, max_size=9), FRACTIONS)
def test_pictures_of_several_classes_are_covered_wherever_it_can_be_done(groups, fractions):
    plan = plan_splits(take(groups), fractions)
    missing = really_missing(plan, groups, fractions)
    assert set(plan.uncovered) == missing
    assert bool(missing) == (not can_cover(groups, len(fractions)))


@given(lists_of_groups(ANY_CLASSES, max_size=50), FRACTIONS)
def test_what_is_missing_is_reported_even_where_draws_are_forgotten(groups, fractions):
    with mock.patch.multiple(census, LIMIT=4, MAX_SIGNATURES=10):
        plan = plan_splits(take(groups), fractions)
    assert really_missing(plan, groups, fractions) <= set(plan.uncovered)


def test_a_triangle_of_classes_cannot_be_covered():
    groups = [("a\0b", 1), ("b\0c", 2), ("a\0c", 3)]
    plan = plan_splits(take(groups), {"train": 0.5, "test": 0.5})
    assert set(plan.uncovered) == really_missing(plan, groups, ("train", "test"))
    assert len(plan.uncovered) == 1


@pytest.mark.parametrize("seed", range(5))
def test_five_pictures_of_one_class(seed):
    groups = [("cat", draw(str(i), seed)) for i in range(5)]
    plan = plan_splits(take(groups), DEFAULT)
    assert sizes(plan, groups) == {"train": 3, "validation": 1, "test": 1}


def test_many_rare_classes():
    groups = [(f"class {i % 40}", draw(str(i), 0)) for i in range(400)]
    plan = plan_splits(take(groups), DEFAULT)
    for i in range(40):
        assert sizes(plan, groups[i::40]) == {"train": 8, "validation": 1, "test": 1}


def test_rare_classes_have_their_shares_among_frequent_ones():
    groups = [(f"frequent {i % 7}\0rare {i % 40}", draw(str(i), 0)) for i in range(400)]
    plan = plan_splits(take(groups), DEFAULT)
    assert plan.pinned == {}
    for i in range(40):
        assert sizes(plan, groups[i::40]) == {"train": 8, "validation": 1, "test": 1}
    for i in range(7):  # as good as by chance, though every rare class comes with the same frequent ones
        found = sizes(plan, [group for group in groups if group[0].startswith(f"frequent {i}")])
        assert found["train"] == pytest.approx(57 * 0.8, abs=4 * (57 * 0.8 * 0.2) ** 0.5)


@given(lists_of_groups(SINGLE_CLASS, max_size=50), FRACTIONS)
def test_negatives_take_nothing_from_others(groups, fractions):
    without = plan_splits(take([group for group in groups if group[0]]), fractions)
    plan = plan_splits(take(groups), fractions)
    assert plan._replace(cuts={**plan.cuts, "": ()}, groups={}, empty_splits=()) == without._replace(
        cuts={**without.cuts, "": ()}, groups={}, empty_splits=()
    )


@given(lists_of_groups(st.just(""), max_size=30), FRACTIONS)
def test_negatives_are_never_pinned(groups, fractions):
    plan = plan_splits(take(groups), fractions)
    assert (plan.pinned, plan.uncovered) == ({}, ())


def test_seed_moves_groups():
    def assignment(seed):
        plan = plan_splits(take([("cat", draw(str(i), seed)) for i in range(100)]), DEFAULT)
        return [split_of(plan, "cat", draw(str(i), seed)) for i in range(100)]

    assert assignment(1) == assignment(1)
    assert assignment(1) != assignment(2)
    assert Counter(assignment(1)) == Counter(assignment(2))


def test_a_large_signature_has_exact_small_splits_and_expected_large_ones():
    fractions = {"train": 0.6, "half": 0.35, "test": 0.05}
    groups = [("cat", draw(str(i), 0)) for i in range(20_000)]
    plan = plan_splits(take(groups), fractions)
    assert plan.line == ("test", "half", "train")
    assert plan.groups == {"train": 12_000, "half": 7_000, "test": 1_000}
    found = sizes(plan, groups)
    assert found["test"] == 1_000
    assert found["half"] == pytest.approx(7_000, abs=4 * (20_000 * 0.35 * 0.65) ** 0.5)
    assert found["half"] != 7_000  # else the census has remembered more than it may


def test_small_parts_of_many_large_signatures_are_not_rounded_away():
    fractions = {"train": 0.9998, "test": 0.0002}
    groups = [(str(i % 10), draw(str(i), 0)) for i in range(20_000)]
    plan = plan_splits(take(groups), fractions)
    assert plan.groups["test"] >= 4  # 0.4 of each signature
    assert plan.uncovered == ()
    assert sizes(plan, groups) == plan.groups


def test_folded_signatures_are_cut_by_hash():
    groups = [(f"class {i}", draw(str(i), 0)) for i in range(5_000)]
    with mock.patch.object(census, "MAX_SIGNATURES", 100):
        plan = plan_splits(take(groups), DEFAULT)
    assert len(plan.cuts) == 100
    assert plan.default_cuts == (LINE // 10, LINE // 5)
    assert plan.groups == {"train": 4_000, "validation": 500, "test": 500}
    for name, count in sizes(plan, groups).items():
        assert count == pytest.approx(plan.groups[name], abs=4 * 500**0.5)


def test_a_class_that_is_only_in_folded_signatures_is_covered_by_numbers_alone():
    """Five are too few to be sure of, a thousand are not."""
    # The one signature that is kept is of a group of the frequent class.
    groups = [(f"{i}\0often", draw(str(i), 0)) for i in range(1_000)]
    groups += [(f"{i}\0rare", draw(str(i), 0)) for i in range(1_000, 1_005)]
    with mock.patch.object(census, "MAX_SIGNATURES", 1):
        plan = plan_splits(take(groups), DEFAULT)
    assert plan.pinned == {}
    assert plan.uncovered == (("rare", "validation"), ("rare", "test"), ("rare", "train"))


def test_the_explanation_of_empty_splits_works_when_followed():
    groups = [(f"class {i}", draw(str(i), 0)) for i in range(5)]
    plan = plan_splits(take(groups), DEFAULT)
    assert plan.empty_splits == ("test",)
    sentence = explain_empty(len(groups), DEFAULT, plan.empty_splits)
    advice = parse_fractions(sentence.split("for example --splits ")[1].split(";")[0])
    assert plan_splits(take(groups), advice).groups == {"train": 3, "validation": 1, "test": 1}


def test_an_empty_dataset_leaves_every_split_empty():
    plan = plan_splits(Census(), DEFAULT)
    assert plan.empty_splits == ("train", "validation", "test")


def test_a_plan_can_be_sent():
    plan = plan_splits(take([("cat", 1), ("dog", 2), ("cat", 3)]), DEFAULT)
    assert pickle.loads(pickle.dumps(plan)) == plan
