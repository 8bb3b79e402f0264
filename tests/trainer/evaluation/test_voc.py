"""VOC's figure: hand-made cases, and what the development kit says."""

import numpy as np
import pytest

from trainer.evaluation.pictures import make_found, make_truth
from trainer.evaluation.voc import voc_ap50

from .reference import random_pictures

SIZE = (400, 400)
A, B, C = (0, 0, 100, 100), (200, 200, 300, 300), (0, 200, 100, 300)


def test_area_below_the_curve():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B, C], [0, 0, 0])]
    nowhere = (300, 0, 400, 100)
    founds = [make_found(1, [A, nowhere, B, nowhere], [0.9, 0.8, 0.7, 0.6], [0] * 4)]

    assert voc_ap50(truths, founds, 1) == (pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3),)


def test_perfect_and_empty_detector():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 1]), make_truth(2, "b.jpg", SIZE, [C], [0])]

    perfect = [make_found(1, [A, B], [0.9, 0.8], [0, 1]), make_found(2, [C], [0.7], [0])]
    assert voc_ap50(truths, perfect, 2) == (1.0, 1.0)
    assert voc_ap50(truths, [make_found(1, [], [], []), make_found(2, [], [], [])], 2) == (0.0, 0.0)


def test_without_objects():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B, C], [0, 1, 2], difficult=[False, True, False], is_crowd=[0, 0, 1])]

    assert voc_ap50(truths, [make_found(1, [A, B], [0.9, 0.8], [0, 1])], 4) == (1.0, None, None, None)
    assert voc_ap50([], [], 2) == (None, None)


def test_detections_of_a_difficult_object_do_not_count():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 0], difficult=[True, False])]
    founds = [make_found(1, [A, A, A, B], [0.9, 0.8, 0.7, 0.6], [0] * 4)]

    assert voc_ap50(truths, founds, 1) == (1.0,)


def test_detections_in_a_crowd_do_not_count():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 0], is_crowd=[True, False])]
    founds = [make_found(1, [A, (0, 0, 30, 30), (60, 60, 90, 90), B], [0.95, 0.9, 0.8, 0.7], [0] * 4)]

    assert voc_ap50(truths, founds, 1) == (1.0,)
    assert voc_ap50(truths, [make_found(1, [A], [0.9], [0])], 1) == (0.0,)


def test_a_second_detection_of_an_object_is_wrong():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 0])]
    founds = [make_found(1, [A, A, B], [0.9, 0.8, 0.7], [0] * 3)]

    assert voc_ap50(truths, founds, 1) == (pytest.approx(0.5 + 0.5 * 2 / 3),)


def test_a_detection_belongs_to_the_object_that_it_overlaps_most_taken_or_not():
    beside = (0, 0, 100, 110)
    truths = [make_truth(1, "a.jpg", SIZE, [A, beside], [0, 0])]
    founds = [make_found(1, [A, A], [0.9, 0.8], [0, 0])]

    assert voc_ap50(truths, founds, 1) == (0.5,)


def test_another_class_is_wrong():
    truths = [make_truth(1, "a.jpg", SIZE, [A, B], [0, 1])]
    founds = [make_found(1, [B, A], [0.9, 0.8], [0, 0])]

    assert voc_ap50(truths, founds, 2) == (0.5, 0.0)


def test_half_an_overlap_is_enough():
    truths = [make_truth(1, "a.jpg", SIZE, [A], [0])]

    assert voc_ap50(truths, [make_found(1, [(0, 0, 50, 100)], [0.9], [0])], 1) == (1.0,)
    assert voc_ap50(truths, [make_found(1, [(0, 0, 49.9, 100)], [0.9], [0])], 1) == (0.0,)


@pytest.mark.parametrize("seed", range(4))
def test_as_the_development_kit(seed):
    truths, founds = random_pictures(seed, 30, 3)
    truths = [truth._replace(is_crowd=np.zeros_like(truth.is_crowd)) for truth in truths]

    assert voc_ap50(truths, founds, 3) == tuple(pytest.approx(_devkit(truths, founds, k), abs=1e-12) for k in range(3))


def _devkit(truths, founds, label):
    """VOCevaldet.m of the development kit of 2012, line by line, with boxes that have no pixel more."""
    taken = [np.zeros(len(truth.labels), bool) for truth in truths]
    count = sum(int((~t.difficult & (t.labels == label)).sum()) for t in truths)
    rows = [(i, j) for i, found in enumerate(founds) for j in np.flatnonzero(found.labels == label)]
    rows.sort(key=lambda row: -founds[row[0]].scores[row[1]])
    right, wrong = [], []
    for i, j in rows:
        box, best, best_overlap = founds[i].boxes[j], -1, -np.inf
        for n in np.flatnonzero(truths[i].labels == label):
            other = truths[i].boxes[n]
            height, width = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
            if height > 0 and width > 0:
                union = np.prod(box[2:] - box[:2]) + np.prod(other[2:] - other[:2]) - height * width
                if height * width / union > best_overlap:
                    best, best_overlap = n, height * width / union
        is_difficult = best_overlap >= 0.5 and truths[i].difficult[best]
        is_right = best_overlap >= 0.5 and not is_difficult and not taken[i][best]
        if is_right:
            taken[i][best] = True
        right.append(is_right)
        wrong.append(not is_right and not is_difficult)
    hits, misses = np.cumsum(right), np.cumsum(wrong)
    recall = np.concatenate([[0], hits / count, [1]])
    precision = np.concatenate([[0], hits / np.maximum(hits + misses, 1), [0]])
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    steps = np.flatnonzero(recall[1:] != recall[:-1]) + 1
    return float(((recall[steps] - recall[steps - 1]) * precision[steps]).sum())
