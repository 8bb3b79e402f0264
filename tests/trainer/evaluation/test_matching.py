"""Which detection finds which object."""

import numpy as np
import pytest

from trainer.evaluation.matching import match, match_all
from trainer.evaluation.pictures import make_found, make_truth

from .reference import random_pictures

SIZE = (400, 400)
A, B = (0, 0, 100, 100), (200, 200, 300, 300)
NEAR_A = (0, 0, 100, 80)
NOWHERE = (300, 0, 400, 100)


def _match(objects, labels, boxes, scores, found_labels, **flags):
    objects, ignored = match(
        make_truth(1, "a.jpg", SIZE, objects, labels, **flags), make_found(1, boxes, scores, found_labels)
    )
    return objects.tolist(), ignored.tolist()


def test_best_score_chooses_first():
    assert _match([A, B], [0, 0], [NEAR_A, A, B, NOWHERE], [0.5, 0.6, 0.7, 0.8], [0] * 4) == (
        [-1, 0, 1, -1],
        [False] * 4,
    )


def test_first_of_equal_scores_chooses_first():
    assert _match([A], [0], [NEAR_A, A], [0.5, 0.5], [0, 0]) == ([0, -1], [False, False])


def test_own_class_goes_before_a_better_overlap():
    assert _match([A, NEAR_A], [0, 1], [A], [0.5], [1]) == ([1], [False])


def test_another_class_is_taken_where_the_own_is_not_there():
    assert _match([A], [0], [A], [0.5], [1]) == ([0], [False])


def test_most_overlapped_of_one_class():
    assert _match([NEAR_A, A], [0, 0], [A], [0.5], [0]) == ([1], [False])


def test_difficult_object_excuses_any_number_of_its_class():
    assert _match([A], [0], [A, A, A], [0.5, 0.4, 0.3], [0, 0, 1], difficult=[True]) == (
        [-1, -1, -1],
        [True, True, False],
    )


def test_crowd_excuses_what_lies_half_in_it():
    half, less, other = (50, 0, 150, 100), (51, 0, 151, 100), (10, 10, 20, 20)
    assert _match([A], [0], [half, less, other], [0.5, 0.4, 0.3], [0, 0, 1], is_crowd=[True]) == (
        [-1, -1, -1],
        [True, False, False],
    )


def test_object_of_its_class_goes_before_an_excuse_and_that_before_another_class():
    flags = {"difficult": [True, False]}
    assert _match([A, NEAR_A], [0, 0], [A], [0.5], [0], **flags) == ([1], [False])
    assert _match([A, NEAR_A], [0, 1], [A], [0.5], [0], **flags) == ([-1], [True])


def test_without_objects_or_detections():
    assert _match([], [], [A], [0.5], [0]) == ([-1], [False])
    assert _match([A], [0], [], [], []) == ([], [])


@pytest.mark.parametrize("seed", range(3))
def test_detections_do_not_depend_on_those_below_them(seed):
    truths, founds = random_pictures(seed, 10, 2)
    above = [found.scores >= 0.5 for found in founds]
    fewer = [
        make_found(found.source_id, found.boxes[kept], found.scores[kept], found.labels[kept])
        for found, kept in zip(founds, above, strict=True)
    ]

    for one, other, kept in zip(match_all(truths, founds), match_all(truths, fewer), above, strict=True):
        np.testing.assert_array_equal(one.objects[kept], other.objects)
        np.testing.assert_array_equal(one.ignored[kept], other.ignored)
