"""The worst pictures."""

import pytest

from trainer.evaluation.matching import match_all
from trainer.evaluation.mistakes import Mistakes, worst
from trainer.evaluation.pictures import make_found, make_truth

from .made_evaluation import FOUNDS, SIZE, TRUTHS, A, B


def test_worst():
    matchings = match_all(TRUTHS, FOUNDS)

    assert worst(TRUTHS, FOUNDS, matchings, 0.5, 24) == [
        Mistakes(3, 14, "empty.jpg", 0, 0, 1, 0.75, (1,)),
        Mistakes(1, 2**62, "a/confused.jpg", 0, 1, 0, 0.7, (0, 1)),
        Mistakes(2, 13, "missed.jpg", 1, 0, 0, 0.0, (0,)),
    ]
    assert [one.picture for one in worst(TRUTHS, FOUNDS, matchings, 0.5, 2)] == [3, 1]
    assert [one.total for one in worst(TRUTHS, FOUNDS, matchings, 0.1, 24)] == [2, 1, 1]


def test_more_mistakes_go_before_higher_scores_and_the_first_of_equal_ones_before_the_others():
    truths = [make_truth(i, f"{i}.jpg", SIZE, [A, B], [0, 0]) for i in range(4)]
    sure, none = ([A, B], [0.9, 0.9], [1, 0]), ([], [], [])
    founds = [make_found(i, *values) for i, values in enumerate((sure, none, none, sure))]

    found = worst(truths, founds, match_all(truths, founds), 0.5, 24)

    assert [(one.picture, one.missed, one.confused) for one in found] == [(1, 2, 0), (2, 2, 0), (0, 0, 1), (3, 0, 1)]
    assert found[2].wrong_scores == pytest.approx(0.9)


def test_without_mistakes_or_pictures():
    assert worst(TRUTHS[:1], FOUNDS[:1], match_all(TRUTHS[:1], FOUNDS[:1]), 0.5, 24) == []
    assert worst([], [], [], 0.5, 24) == []
