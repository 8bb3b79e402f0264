"""Overlaps of boxes."""

import numpy as np

from trainer.evaluation.overlaps import overlaps, shares_within

BOXES = np.array([(0, 0, 10, 10), (5, 5, 5, 9), (20, 20, 30, 30)], float)
OTHERS = np.array([(0, 0, 10, 10), (0, 5, 10, 15), (5, 5, 5, 9)], float)


def test_overlaps():
    np.testing.assert_allclose(overlaps(BOXES, OTHERS), [[1, 1 / 3, 0], [0, 0, 0], [0, 0, 0]])


def test_shares_within():
    np.testing.assert_allclose(shares_within(BOXES, OTHERS), [[1, 0.5, 0], [0, 0, 0], [0, 0, 0]])


def test_none():
    assert overlaps(BOXES, OTHERS[:0]).shape == (3, 0)
    assert shares_within(BOXES[:0], OTHERS).shape == (0, 3)
