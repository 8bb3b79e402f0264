"""Average precision as Pascal VOC has defined it since 2010: the area below the curve, at an IoU of at least .50.

(M. Everingham, J. Winn: The PASCAL VOC 2012 Challenge Development Kit, 3.4; but boxes have no pixel more.)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.evaluation.overlaps import overlaps, shares_within
from trainer.evaluation.pictures import Flags, Floats, Found, Integers, Truth

_IOU = 0.5


def voc_ap50(truths: Sequence[Truth], founds: Sequence[Found], class_count: int) -> tuple[float | None, ...]:
    """Returns the average precision of each class, 0..1; None where it has no object.

    A detection belongs to the object of its class that it overlaps most. Of several for one object the best is right,
    the others are wrong. Difficult objects, and detections that belong to one, do not count. VOC knows no crowds: what
    lies at least half in one, and belongs to no object, does not count either.

    Args:
        truths: of each picture.
        founds: of the same pictures, in the same order.
        class_count: classes are 0..class_count - 1.
    """
    labels = _joined([truth.labels[truth.counted] for truth in truths], np.int64)
    counts = np.bincount(labels, minlength=class_count)
    numbers, kept = _assign_all(truths, founds)
    found_labels = _joined([found.labels for found in founds], np.int64)
    scores = _joined([found.scores for found in founds], np.float64)
    values: list[float | None] = []
    for k in range(class_count):
        chosen = kept & (found_labels == k)
        values.append(_average_precision(scores[chosen], numbers[chosen], int(counts[k])) if counts[k] else None)
    return tuple(values)


def _assign_all(truths: Sequence[Truth], founds: Sequence[Found]) -> tuple[Integers, Flags]:
    """Returns the object that each detection belongs to, numbered through all pictures (-1: none), and what counts."""
    numbers, kept, objects = [], [], 0
    for truth, found in zip(truths, founds, strict=True):
        own, skipped = _assign(truth, found)
        numbers.append(np.where(own < 0, -1, own + objects))
        kept.append(~skipped)
        objects += len(truth.labels)
    return _joined(numbers, np.int64), _joined(kept, np.bool_)


def _assign(truth: Truth, found: Found) -> tuple[Integers, Flags]:
    """Returns the object that each detection belongs to (-1: none), and whether it is left out."""
    count = len(found.scores)
    if not count or not len(truth.labels):
        return np.full(count, -1, np.int64), np.zeros(count, bool)
    same = found.labels[:, None] == truth.labels[None, :]
    near = np.where(same & ~truth.is_crowd, overlaps(found.boxes, truth.boxes), 0.0)
    within = np.where(same & truth.is_crowd, shares_within(found.boxes, truth.boxes), 0.0)
    best = near.argmax(axis=1)
    is_near = near.max(axis=1) >= _IOU
    skipped = np.where(is_near, truth.difficult[best], (within >= _IOU).any(axis=1))
    return np.where(is_near, best, -1), skipped


def _average_precision(scores: Floats, numbers: Integers, count: int) -> float:
    """Returns the area below precision by recall, where precision is the best that is reached there or beyond.

    Args:
        scores: of the detections of a class.
        numbers: of the objects that they belong to; -1: none.
        count: of objects.
    """
    numbers = numbers[np.argsort(-scores, kind="stable")]
    right = np.zeros(len(numbers), bool)
    firsts = np.unique(numbers, return_index=True)[1]
    right[firsts] = True
    right &= numbers >= 0
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(numbers) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[right].sum() / count)


def _joined(parts: Sequence[Any], dtype: Any) -> Any:
    return np.concatenate([np.zeros(0, dtype), *parts])
