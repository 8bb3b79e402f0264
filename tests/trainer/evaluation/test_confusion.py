"""The score that is chosen, and what is taken for what."""

import pytest

from trainer.evaluation.confusion import BACKGROUND, Cell, Confusion, confuse
from trainer.evaluation.matching import match_all
from trainer.evaluation.pictures import make_found, make_truth

SIZE = (400, 400)
A, B, C, D = (0, 0, 100, 100), (200, 200, 300, 300), (0, 200, 100, 300), (200, 0, 300, 100)


def _confuse(truths, founds):
    return confuse(truths, founds, match_all(truths, founds))


def _bins(**counts):
    return tuple(counts.get(f"b{i}", 0) for i in range(20))


def test_confuse():
    truths = [
        make_truth(1, "a.jpg", SIZE, [A, B, C], [0, 1, 0]),
        make_truth(2, "b.jpg", SIZE, [A, B], [1, 1], difficult=[False, True]),
    ]
    founds = [
        make_found(1, [A, B, D], [0.9, 0.6, 0.7], [0, 0, 1]),
        make_found(2, [A, B, D], [0.5, 0.95, 0.2], [1, 1, 0]),
    ]

    assert _confuse(truths, founds) == Confusion(
        score=0.5,
        precision=0.5,
        recall=0.5,
        f1=0.5,
        cells=(
            Cell(0, 0, 1),
            Cell(0, BACKGROUND, 1),
            Cell(1, 0, 1),
            Cell(1, 1, 1),
            Cell(BACKGROUND, 1, 1),
        ),
        right_by_score=_bins(b18=1, b10=1),
        wrong_by_score=_bins(b12=1, b14=1, b4=1),
    )


def test_score_is_the_highest_of_the_best_ones():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 0])]
    founds = [make_found(1, [A, C, D, B], [0.9, 0.8, 0.8, 0.8], [0] * 4)]

    result = _confuse(truths, founds)  # F1 is 2/3 at both scores

    assert (result.score, result.precision, result.recall, result.f1) == (0.9, 1.0, 0.5, pytest.approx(2 / 3))


def test_equal_scores_are_taken_together():
    truths = [make_truth(1, "a.jpg", SIZE, [A], [0])]
    founds = [make_found(1, [A, C, D], [0.8, 0.8, 0.8], [0] * 3)]

    result = _confuse(truths, founds)

    assert (result.score, result.precision, result.f1) == (0.8, pytest.approx(1 / 3), 0.5)

    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 0])]
    founds = [make_found(1, [A, B, C, D, D], [0.9, 0.5, 0.5, 0.5, 0.5], [0] * 5)]
    assert _confuse(truths, founds).score == 0.9


def test_perfect_detector():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 1])]

    assert _confuse(truths, [make_found(1, [A, B], [1.0, 0.6], [0, 1])]) == Confusion(
        0.6, 1.0, 1.0, 1.0, (Cell(0, 0, 1), Cell(1, 1, 1)), _bins(b19=1, b12=1), _bins()
    )


def test_empty_detector():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 1])]

    assert _confuse(truths, [make_found(1, [], [], [])]) == Confusion(
        0.5, None, 0.0, 0.0, (Cell(0, BACKGROUND, 1), Cell(1, BACKGROUND, 1)), _bins(), _bins()
    )


def test_without_objects():
    truths = [make_truth(1, "a.jpg", SIZE, [], [])]

    assert _confuse(truths, [make_found(1, [A, B], [0.7, 0.3], [0, 0])]) == Confusion(
        0.5, 0.0, None, None, (Cell(BACKGROUND, 0, 1),), _bins(), _bins(b14=1, b6=1)
    )
    assert _confuse([], []) == Confusion(0.5, None, None, None, (), _bins(), _bins())
