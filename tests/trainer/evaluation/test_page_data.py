"""What the page of an evaluation shows."""

import re
from importlib.resources import files

import pytest
from PIL import ImageColor

from trainer.evaluation import page_data
from trainer.evaluation.page_data import HeatCell, chart_data, confusion_table, findings, pairs_of, rows_of
from trainer.evaluation.pictures import make_found, make_truth

from .made_evaluation import SIZE, A, B, evaluation_of, many_classes


def test_rows_are_in_the_order_of_their_objects():
    assert [(row.label, row.class_id, row.colour, row.metrics.name) for row in rows_of(evaluation_of())] == [
        (0, 2, "#56b4e9", "dog"),
        (1, 3, "#009e73", "cat"),
        (2, 7, "#cc79a7", "كلب 狗"),
    ]


def test_confusion_table():
    evaluation = evaluation_of()
    assert evaluation.metrics.confusion.score == 0.8

    table = confusion_table(evaluation.metrics, rows_of(evaluation))

    assert table.columns == (("dog", "#56b4e9"), ("cat", "#009e73"))
    assert table.others == 0
    assert table.rows == (
        (
            "dog",
            "#56b4e9",
            (
                HeatCell(2, 0.5, True, "2 of 4 objects of dog: found as dog"),
                HeatCell(0, 0.0, False, "0 of 4 objects of dog: found as cat"),
                HeatCell(2, 0.5, False, "2 of 4 objects of dog: missed"),
            ),
        ),
        (
            "cat",
            "#009e73",
            (
                HeatCell(0, 0.0, False, "0 of 2 objects of cat: found as dog"),
                HeatCell(2, 1.0, True, "2 of 2 objects of cat: found as cat"),
                HeatCell(0, 0.0, False, "0 of 2 objects of cat: missed"),
            ),
        ),
        (
            "nothing there",
            "",
            (
                HeatCell(0, 0.0, False, "0 of 2 detections of dog: nothing is there"),
                HeatCell(0, 0.0, False, "0 of 2 detections of cat: nothing is there"),
                HeatCell(0, 0.0, True, ""),
            ),
        ),
    )


def test_confusion_table_of_many_classes_unites_the_least_confused():
    evaluation = many_classes(40, 100)
    metrics = evaluation.metrics

    table = confusion_table(metrics, rows_of(evaluation))

    assert (len(table.columns), table.columns[-1], table.others) == (17, ("24 other classes", ""), 24)
    assert len(table.rows) == 18
    numbers = [[cell.number for cell in cells] for _, _, cells in table.rows]
    assert sum(map(sum, numbers)) == sum(cell.count for cell in metrics.confusion.cells)
    assert sum(map(sum, numbers[:-1])) == metrics.objects
    assert table.rows[-2][2][-2].part == 0.0


def test_pairs():
    truths = [make_truth(i, "a.jpg", SIZE, [A, B], [0, 1]) for i in range(4)]
    labels = [(1, 0), (1, 1), (0, 1), (0, 1)]
    founds = [make_found(i, [A, B], [0.9, 0.9], own) for i, own in enumerate(labels)]
    evaluation = evaluation_of(truths, founds)

    pairs = pairs_of(evaluation.metrics, rows_of(evaluation))

    assert [(one.truth.metrics.name, one.found.metrics.name, one.number, one.share) for one in pairs] == [
        ("dog", "cat", 2, 0.5),
        ("cat", "dog", 1, 0.25),
    ]


def test_chart_data():
    evaluation = evaluation_of()

    data = chart_data(evaluation, rows_of(evaluation))

    assert [(one["label"], one["name"], one["objects"]) for one in data["classes"]] == [
        (0, "dog", 4),
        (1, "cat", 2),
        (2, "كلب 狗", 0),
    ]
    assert [one["colours"] for one in data["classes"][:2]] == [["#4999c6", "#56b4e9"], ["#009e73", "#009e73"]]
    assert data["classes"][0]["figures"][:3] == [0.505, 0.505, 0.505]
    assert sorted(data["curves"]) == [0, 1]
    assert data["mean_curve"][0] == pytest.approx((data["curves"][0][0] + data["curves"][1][0]) / 2)
    assert (data["score"], sum(data["right"]), sum(data["wrong"])) == (0.8, 4, 3)
    assert data["sizes"] == (0, 0, 6)


def test_lines_are_drawn_on_the_cards_of_the_page():
    css = files("presentation").joinpath("page/base.css").read_text("utf-8")
    light, *dark = (ImageColor.getrgb(card) for card in re.findall("--card: ([^;]+);", css))
    assert (light, *set(dark)) == page_data._CARDS


def test_findings():
    rough = "Fewer than 10 objects, so that chance has a large part in their figures: dog, cat."
    assert list(findings(evaluation_of(was_trained_on=True))) == [
        "The detector was trained on this split: on other pictures it will not be as good.",
        "Without an object in this split, and so without figures: كلب 狗.",
        rough,
        "1 difficult object need not be found: a detection there counts neither for nor against.",
    ]
    truths = [make_truth(1, "a.jpg", SIZE, [A, B, B], [0, 1, 1], is_crowd=[False, True, True])]
    empty = evaluation_of(truths, [make_found(1, [], [], [])], [f"c{i}" for i in range(20)], range(1, 21))
    assert list(findings(empty)) == [
        "Without an object in this split, and so without figures: c1, c2, c3, c4, c5, c6, c7, c8, and 11 more.",
        "Fewer than 10 objects, so that chance has a large part in their figures: c0.",
        "The detector finds nothing at all: was it trained long enough?",
        "2 crowds need not be found: a detection there counts neither for nor against.",
    ]
    wrong = evaluation_of([make_truth(1, "a.jpg", SIZE, [A], [0])], [make_found(1, [B], [0.9], [0])], ["dog"], [1])
    assert list(findings(wrong))[1:] == [
        "No detection is right: was the detector trained long enough, and on boxes like these?"
    ]
    nothing = evaluation_of([make_truth(1, "a.jpg", SIZE, [], [])], [make_found(1, [], [], [])], ["dog"], [1])
    assert list(findings(nothing)) == ["There is no object to find in this split, and so nothing to measure."]
