"""COCO's figures: hand-made cases, and what pycocotools says."""

from dataclasses import astuple

import numpy as np
import pytest

from trainer.evaluation.coco import NOTHING, RECALLS, ClassFigures, CocoFigures, mean_figures, measure_classes
from trainer.evaluation.pictures import make_found, make_truth

from .reference import by_pycocotools, random_pictures

SIZE = (400, 400)
SMALL, MEDIUM, LARGE = (10, 10, 30, 30), (50, 50, 100, 100), (150, 150, 350, 350)


@pytest.mark.parametrize("seed", range(6))
def test_measure_classes_as_pycocotools(seed):
    class_count = (1, 3, 7)[seed % 3]
    truths, founds = random_pictures(seed, 25, class_count)

    classes = measure_classes(truths, founds, class_count)

    reference = by_pycocotools(truths, founds, class_count)
    own = [-1.0 if value is None else value for value in astuple(mean_figures([one.figures for one in classes]))]
    assert own == pytest.approx(reference.stats.tolist(), abs=1e-9)
    for k, one in enumerate(classes):
        curve = reference.eval["precision"][0, :, k, 0, -1]
        assert one.curve == (pytest.approx(curve.tolist(), abs=1e-9) if curve[0] > -1 else ())
        ap = reference.eval["precision"][:, :, k, 0, -1]
        assert one.figures.ap == (pytest.approx(ap.mean(), abs=1e-9) if ap.min() > -1 else None)


def test_perfect_detector():
    truth = make_truth(1, "a.jpg", SIZE, [SMALL, MEDIUM, LARGE], [0, 0, 0])
    found = make_found(1, [SMALL, MEDIUM, LARGE], [0.9, 0.8, 0.7], [0, 0, 0])

    assert measure_classes([truth], [found], 1) == (
        ClassFigures(CocoFigures(1, 1, 1, 1, 1, 1, pytest.approx(1 / 3), 1, 1, 1, 1, 1), (1.0,) * len(RECALLS)),
    )


def test_empty_detector():
    truth = make_truth(1, "a.jpg", SIZE, [SMALL, MEDIUM, LARGE], [0, 0, 0])

    assert measure_classes([truth], [make_found(1, [], [], [])], 1) == (
        ClassFigures(CocoFigures(*[0.0] * 12), (0.0,) * len(RECALLS)),
    )


def test_class_without_objects_has_no_figures():
    truths = [make_truth(1, "a.jpg", SIZE, [LARGE], [0])]
    founds = [make_found(1, [LARGE, LARGE], [0.9, 0.8], [0, 1])]

    classes = measure_classes(truths, founds, 3)

    assert classes[1:] == (ClassFigures(NOTHING, ()), ClassFigures(NOTHING, ()))
    assert mean_figures([one.figures for one in classes]) == classes[0].figures
    assert classes[0].figures == CocoFigures(1, 1, 1, None, None, 1, 1, 1, 1, None, None, 1)


def test_no_pictures():
    assert measure_classes([], [], 2) == (ClassFigures(NOTHING, ()),) * 2
    assert mean_figures([]) == NOTHING


def test_crowd_takes_any_number_of_detections_and_need_not_be_found():
    boxes, flags = [(0, 0, 100, 100), (200, 200, 300, 300)], [True, False]
    truths = [make_truth(1, "a.jpg", SIZE, boxes, [0, 0], is_crowd=flags)]
    in_crowd = [(0, 0, 50, 50), (10, 10, 60, 60), (50, 50, 95, 95)]
    founds = [make_found(1, [*in_crowd, boxes[1]], [0.9, 0.8, 0.7, 0.6], [0] * 4)]

    figures = measure_classes(truths, founds, 1)[0].figures

    assert figures.ap == 1.0
    assert measure_classes(truths, [make_found(1, [boxes[1]], [0.6], [0])], 1)[0].figures.ap == 1.0


def test_only_crowds_is_nothing_to_measure():
    truth = make_truth(1, "a.jpg", SIZE, [LARGE], [0], is_crowd=[True])

    assert measure_classes([truth], [make_found(1, [LARGE], [0.9], [0])], 1) == (ClassFigures(NOTHING, ()),)


def test_difficult_object_does_not_count_found_or_missed():
    truths = [make_truth(1, "a.jpg", SIZE, [MEDIUM, LARGE], [0, 0], difficult=[True, False])]
    with_it = make_found(1, [MEDIUM, LARGE], [0.7, 0.8], [0, 0])
    without_it = make_found(1, [LARGE], [0.8], [0])

    assert measure_classes(truths, [with_it], 1) == measure_classes(truths, [without_it], 1)
    assert measure_classes(truths, [with_it], 1)[0].figures == CocoFigures(
        1, 1, 1, None, None, 1, 1, 1, 1, None, None, 1
    )


def test_difficult_object_takes_one_detection_that_overlaps_it():
    truths = [make_truth(1, "a.jpg", SIZE, [MEDIUM, LARGE], [0, 0], difficult=[True, False])]
    part = (60, 60, 80, 80)  # would lie in a crowd

    assert measure_classes(truths, [make_found(1, [part, LARGE], [0.9, 0.8], [0, 0])], 1)[0].figures.ap == 0.5
    twice = make_found(1, [MEDIUM, MEDIUM, LARGE], [0.9, 0.85, 0.8], [0, 0, 0])
    assert measure_classes(truths, [twice], 1)[0].figures.ap == 0.5


def test_duplicate_is_wrong():
    truths = [make_truth(1, "a.jpg", SIZE, [MEDIUM, LARGE], [0, 0])]
    founds = [make_found(1, [MEDIUM, MEDIUM, LARGE], [0.9, 0.8, 0.7], [0, 0, 0])]

    assert measure_classes(truths, founds, 1)[0].figures.ap50 == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_areas_are_those_of_the_objects_and_not_of_their_boxes():
    truths = [make_truth(1, "a.jpg", SIZE, [LARGE], [0], areas=[500])]
    founds = [make_found(1, [LARGE], [0.9], [0])]

    figures = measure_classes(truths, founds, 1)[0].figures

    assert (figures.ap_small, figures.ap_medium, figures.ap_large) == (1.0, None, None)


def test_equal_scores_keep_the_order_of_the_pictures():
    empty, full = make_truth(1, "a.jpg", SIZE, [], []), make_truth(2, "b.jpg", SIZE, [LARGE], [0])
    wrong, right = make_found(1, [LARGE], [0.5], [0]), make_found(2, [LARGE], [0.5], [0])

    assert measure_classes([empty, full], [wrong, right], 1)[0].figures.ap == 0.5
    assert measure_classes([full, empty], [right, wrong], 1)[0].figures.ap == 1.0


def test_more_than_100_detections_of_a_picture_do_not_count():
    boxes = [(i, i, i + 1, i + 1) for i in range(100)]
    truths = [make_truth(1, "a.jpg", SIZE, [LARGE], [0])]
    founds = [make_found(1, [*boxes, LARGE], np.linspace(0.9, 0.1, 101), [0] * 101)]

    assert measure_classes(truths, founds, 1)[0].figures.ar100 == 0.0


def test_nothing_is_printed(capfd):
    measure_classes(*random_pictures(0, 5, 2), 2)

    assert capfd.readouterr() == ("", "")
