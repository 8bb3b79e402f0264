"""Single moves, in families where it can be seen which is right."""

from array import array

from beam_pipelines.splits.coverage import Coverage, Stratum

LINE = ("test", "validation", "train")


def cover(folded=None, **strata):
    """Returns the moves and what is still missing, for (draws, ends) by the letters of the classes."""
    rows = [Stratum("\0".join(n), tuple(n), array("Q", draws), ends) for n, (draws, ends) in strata.items()]
    letters = {letter for row in rows for letter in row.classes}
    counts = {letter: sum(row.ends[-1] for row in rows if letter in row.classes) for letter in letters}
    coverage = Coverage(LINE, rows, counts, folded or {})
    coverage.improve()
    return coverage.moves(), coverage.missing()


def test_leaves_a_covered_class_alone():
    assert cover(a=([1, 2, 3], (1, 2, 3))) == ([], ())


def test_leaves_a_class_with_fewer_groups_than_splits_alone():
    assert cover(a=([1, 2], (0, 0, 2))) == ([], ())


def test_takes_the_lowest_draw_from_the_split_with_most_groups():
    assert cover(a=([1, 2, 3, 4, 5, 6], (0, 2, 6))) == ([(3, 2, 0)], ())


def test_prefers_groups_with_few_classes():
    moves, missing = cover(ab=([1, 2, 3], (0, 1, 3)), a=([4, 5], (0, 0, 2)), b=([6], (1, 1, 1)))
    assert (moves, missing) == ([(4, 2, 0)], ())


def test_prefers_one_move_to_a_chain():
    moves, missing = cover(a=([1], (0, 0, 1)), ab=([2, 3], (0, 2, 2)), b=([4, 5, 6], (1, 2, 3)))
    assert (moves, missing) == ([(2, 1, 0)], ())


def test_one_move_makes_room_for_another():
    """The only `b` in test may leave for validation after an `ab` has come."""
    assert cover(ab=([1, 2], (0, 0, 2)), a=([3], (0, 1, 1)), b=([4], (1, 1, 1))) == ([(1, 2, 0), (4, 0, 1)], ())


def test_takes_the_last_group_of_another_class_if_that_is_made_good():
    """`a` misses test; whichever leaves its split leaves a gap there, which a `b` of test can close."""
    moves, missing = cover(
        a=([3], (0, 1, 1)),
        ab=([1], (0, 0, 1)),
        ac=([2], (0, 0, 1)),
        b=([10, 11, 12], (2, 3, 3)),
        c=([13, 14], (1, 2, 2)),
    )
    assert (moves, missing) == ([(1, 2, 0), (10, 0, 2)], ())


def test_changes_nothing_where_nothing_helps():
    """Any two of the four groups share a class, so that all of them would have to be in different splits."""
    moves, missing = cover(ab=([1], (0, 1, 1)), bc=([2], (0, 1, 1)), ca=([3], (0, 0, 1)), abc=([4], (1, 1, 1)))
    assert (moves, missing) == ([], (("b", "train"),))


def test_needs_no_move_where_forty_groups_are_expected():
    draws = [1, 2, 3]
    assert cover(a=(draws, (3, 43, 83))) == ([], ())
    assert cover(a=(draws, (3, 42, 83))) == ([(1, 0, 1)], ())


def test_expected_groups_of_strata_and_of_the_folded_add_up():
    assert cover(a=([1, 2, 3], (3, 23, 83)), folded={"a": [0.0, 20.0, 0.0]}) == ([], ())
