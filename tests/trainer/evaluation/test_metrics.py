"""All figures together."""

from trainer.evaluation.coco import NOTHING, CocoFigures
from trainer.evaluation.confusion import BACKGROUND, Cell, Confusion
from trainer.evaluation.metrics import ClassMetrics, Metrics, measure
from trainer.evaluation.pictures import make_found, make_truth

SIZE = (400, 400)
SMALL, MEDIUM, LARGE, CROWD = (10, 10, 30, 30), (50, 50, 100, 100), (150, 150, 350, 350), (0, 200, 100, 400)
ONES, ZEROS = (1.0,) * 101, (0.0,) * 101
TRUTHS = [
    make_truth(1, "a.jpg", SIZE, [LARGE, CROWD, SMALL], [0, 0, 1], is_crowd=[False, True, False]),
    make_truth(2, "b.jpg", SIZE, [MEDIUM, SMALL], [0, 0], difficult=[False, True]),
]
NO_SCORES = (0,) * 20


def test_perfect_detector():
    founds = [make_found(1, [LARGE, SMALL], [0.95, 0.95], [0, 1]), make_found(2, [MEDIUM], [0.95], [0])]

    dog = CocoFigures(1, 1, 1, None, 1, 1, 1, 1, 1, None, 1, 1)
    cat = CocoFigures(1, 1, 1, 1, None, None, 1, 1, 1, 1, None, None)
    assert measure(TRUTHS, founds, ["dog", "cat", "cow"]) == Metrics(
        pictures=2,
        objects=3,
        crowds=1,
        difficult=1,
        detections=3,
        objects_by_size=(1, 1, 1),
        coco=CocoFigures(*[1.0] * 12),
        voc_ap50=1.0,
        classes=(
            ClassMetrics("dog", 2, dog, 1.0, 1.0, 1.0, ONES),
            ClassMetrics("cat", 1, cat, 1.0, 1.0, 1.0, ONES),
            ClassMetrics("cow", 0, NOTHING, None, None, None, ()),
        ),
        confusion=Confusion(0.95, 1.0, 1.0, 1.0, (Cell(0, 0, 2), Cell(1, 1, 1)), (*(0,) * 19, 3), NO_SCORES),
    )


def test_empty_detector():
    dog = CocoFigures(0, 0, 0, None, 0, 0, 0, 0, 0, None, 0, 0)
    cat = CocoFigures(0, 0, 0, 0, None, None, 0, 0, 0, 0, None, None)
    missed = (Cell(0, BACKGROUND, 2), Cell(1, BACKGROUND, 1))
    assert measure(TRUTHS, [make_found(1, [], [], []), make_found(2, [], [], [])], ["dog", "cat", "cow"]) == Metrics(
        pictures=2,
        objects=3,
        crowds=1,
        difficult=1,
        detections=0,
        objects_by_size=(1, 1, 1),
        coco=CocoFigures(*[0.0] * 12),
        voc_ap50=0.0,
        classes=(
            ClassMetrics("dog", 2, dog, 0.0, None, 0.0, ZEROS),
            ClassMetrics("cat", 1, cat, 0.0, None, 0.0, ZEROS),
            ClassMetrics("cow", 0, NOTHING, None, None, None, ()),
        ),
        confusion=Confusion(0.5, None, 0.0, 0.0, missed, NO_SCORES, NO_SCORES),
    )


def test_without_any_box():
    truths, founds = [make_truth(1, "a.jpg", SIZE, [], [])], [make_found(1, [], [], [])]

    assert measure(truths, founds, ["dog"]) == Metrics(
        1,
        0,
        0,
        0,
        0,
        (0, 0, 0),
        NOTHING,
        None,
        (ClassMetrics("dog", 0, NOTHING, None, None, None, ()),),
        Confusion(0.5, None, None, None, (), NO_SCORES, NO_SCORES),
    )


def test_a_difficult_crowd_is_a_crowd():
    truth = make_truth(1, "a.jpg", SIZE, [CROWD], [0], is_crowd=[True], difficult=[True])

    metrics = measure([truth], [make_found(1, [CROWD], [0.9], [0])], ["dog"])

    assert (metrics.objects, metrics.crowds, metrics.difficult, metrics.coco.ap) == (0, 1, 0, None)
    assert metrics.confusion.cells == ()
