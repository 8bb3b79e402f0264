"""Evaluations made by hand, and pages of them."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from trainer.evaluation.matching import match_all
from trainer.evaluation.metrics import measure
from trainer.evaluation.mistakes import worst
from trainer.evaluation.page import Drawing
from trainer.evaluation.pictures import Found, Truth, make_found, make_truth
from trainer.evaluation.result import Evaluation

NAMES = ("dog", "cat", "كلب 狗")
IDS = (2, 3, 7)
SIZE = (400, 400)
A, B, C = (0, 0, 100, 100), (200, 200, 300, 300), (0, 200, 20, 220)

TRUTHS = [
    make_truth(11, "fine.jpg", SIZE, [A, B], [0, 1]),
    make_truth(2**62, "a/confused.jpg", SIZE, [A, B], [0, 1]),
    make_truth(13, "missed.jpg", SIZE, [A, B, C], [0, 0, 0], difficult=[False, False, True]),
    make_truth(14, "empty.jpg", SIZE, [], []),
]
FOUNDS = [
    make_found(11, [A, B], [0.9, 0.8], [0, 1]),
    make_found(2**62, [A, B], [0.7, 0.95], [1, 1]),
    make_found(13, [A, C], [0.85, 0.3], [0, 0]),
    make_found(14, [A, B], [0.75, 0.2], [1, 0]),
]


def evaluation_of(
    truths: Sequence[Truth] = TRUTHS,
    founds: Sequence[Found] = FOUNDS,
    names: Sequence[str] = NAMES,
    ids: Sequence[int] = IDS,
    *,
    split: str = "validation",
    was_trained_on: bool = False,
) -> Evaluation:
    matchings = match_all(truths, founds)
    metrics = measure(truths, founds, names, matchings)
    mistakes = worst(truths, founds, matchings, metrics.confusion.score, 24)
    decoding = {"score_threshold": 0.05, "nms_iou": 0.5}
    return Evaluation(
        split, "best", 300, "ab" * 32, 512, "letterbox", decoding, tuple(ids), metrics, tuple(mistakes), was_trained_on
    )


def drawings_of(evaluation: Evaluation, long_side: int = 48) -> list[Drawing]:
    """Returns a plain picture for each of the worst, each of another colour."""
    drawings = []
    for number, _ in enumerate(evaluation.worst):
        file = io.BytesIO()
        Image.new("RGB", (long_side, long_side * 3 // 4), (number * 9, 99, 200)).save(file, "JPEG")
        drawings.append(Drawing(long_side, long_side * 3 // 4, file.getvalue()))
    return drawings


def many_classes(count: int, pictures: int, detections: int = 8) -> Evaluation:
    """Returns an evaluation of many classes on many pictures, on most of which there are mistakes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, count, (pictures, 4))
    first = rng.uniform(0, 200, (pictures, 4, 2))
    boxes = np.concatenate([first, first + 80], axis=2)
    truths, founds = [], []
    for i in range(pictures):
        truths.append(make_truth(i, f"folder/{i}.jpg", SIZE, boxes[i], labels[i]))
        around = np.arange(detections) % 4
        found = np.where(rng.random(detections) < 0.7, labels[i][around], rng.integers(0, count, detections))
        moved = boxes[i][around] + rng.normal(0, 8, (detections, 4))
        founds.append(make_found(i, moved, rng.random(detections), found))
    return evaluation_of(truths, founds, [f"class {k:03d}" for k in range(count)], range(1, count + 1))


def hostile_evaluation() -> Evaluation:
    names = ["</script><script>alert(1)</script>", "a&class=b#c=d<!--", "\u2028'\"`", "\x00\u202eevil", "x" * 500]
    truths = [make_truth(1, "</script><img src=x onerror=alert(2)>.jpg", SIZE, [A, B], [0, 1])]
    founds = [make_found(1, [A, B, C], [0.9, 0.8, 0.7], [2, 1, 3])]
    return evaluation_of(truths, founds, names, range(1, 6), split="<b>'; rm -rf #")
