"""The figures on a terminal."""

import io

from rich.console import Console

from trainer.evaluation.printing import print_evaluation

from .made_evaluation import evaluation_of, hostile_evaluation, many_classes


def _printed(evaluation, width=80):
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    print_evaluation(evaluation, screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_print_evaluation():
    assert _printed(evaluation_of()) == [
        "best weights of step 300 on validation: 4 pictures, 6 objects",
        "class   objects    mAP  mAP50  mAP75  AR100    VOC  precision  recall",
        "─────────────────────────────────────────────────────────────────────",
        "dog           4  0.505  0.505  0.505  0.500  0.500      1.000   0.500",
        "cat           2  1.000  1.000  1.000  1.000  1.000      1.000   1.000",
        "كلب 狗        0      –      –      –      –      –          –       –",
        "",
        "all           6  0.752  0.752  0.752  0.750  0.750      1.000   0.667",
        "precision and recall: of detections with a score of 0.800 or more",
        "Without an object in this split, and so without figures: كلب 狗.",
        "Fewer than 10 objects, so that chance has a large part in their figures: dog, cat.",
        "1 difficult object need not be found: a detection there counts neither for nor against.",
    ]


def test_names_are_printed_as_they_are_but_for_control_characters():
    lines = _printed(hostile_evaluation(), 400)
    assert any(line.startswith("</script><script>alert(1)</script> ") for line in lines)
    assert not any("\x00" in line for line in lines)


def test_many_classes_are_cut():
    lines = _printed(many_classes(70, 40))
    assert sum(line.startswith("class 0") for line in lines) == 60
    assert "the 60 classes with the most objects of 70 classes" in lines
