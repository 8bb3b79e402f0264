"""Average precision and recall as COCO defines them (cocodataset.org/#detection-eval), by faster-coco-eval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from trainer.evaluation.pictures import Floats, Found, Integers, Truth

RECALLS = tuple(i / 100 for i in range(101))
"""At which precision is read off."""

SIZES = (32.0**2, 96.0**2)
"""Areas from which on objects are medium and large, in square pixels."""

_IGNORED_AREA = -1.0
"""Lies outside all ranges of sizes; such objects may be found or missed, once each, and nothing is counted."""


@dataclass(frozen=True)
class CocoFigures:
    """The twelve figures of COCO, each 0..1; None where there is no object to measure it on.

    Precision (ap) is the mean over the IoU thresholds .50, .55, … .95 where no other is named, and over the classes;
    recall (ar) is with so many detections a picture, 100 by default. Sizes are areas of objects: small up to 32²
    pixels, large from 96² on.
    """

    ap: float | None
    ap50: float | None
    ap75: float | None
    ap_small: float | None
    ap_medium: float | None
    ap_large: float | None
    ar1: float | None
    ar10: float | None
    ar100: float | None
    ar_small: float | None
    ar_medium: float | None
    ar_large: float | None


NOTHING = CocoFigures(*[None] * len(fields(CocoFigures)))


@dataclass(frozen=True)
class ClassFigures:
    """Of one class."""

    figures: CocoFigures
    curve: tuple[float, ...]
    """Precision at IoU .50 at each of `RECALLS`: the best that is reached there or beyond. Empty without objects."""


def measure_classes(truths: Sequence[Truth], founds: Sequence[Found], class_count: int) -> tuple[ClassFigures, ...]:
    """Measures each class by itself, on the pictures that have an object or a detection of it.

    Crowds are honoured as COCO does. Difficult objects are ignored as COCO ignores those outside a range of sizes:
    whoever finds one gains nothing, whoever misses it loses nothing.

    Args:
        truths: of each picture.
        founds: of the same pictures, in the same order.
        class_count: classes are 0..class_count - 1.
    """
    if not truths:
        return (ClassFigures(NOTHING, ()),) * class_count
    objects = _objects_by_class(truths, class_count)
    detections = _detections_by_class(founds, class_count)
    return tuple(_measure_class(*pair) for pair in zip(objects, detections, strict=True))


def mean_figures(classes: Sequence[CocoFigures]) -> CocoFigures:
    """Returns the mean of each figure over the classes that have it."""
    return CocoFigures(*(_mean([getattr(one, field.name) for one in classes]) for field in fields(CocoFigures)))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _objects_by_class(truths: Sequence[Truth], class_count: int) -> Iterator[list[dict[str, Any]]]:
    boxes = _as_coco(np.concatenate([truth.boxes for truth in truths]))
    crowds = np.concatenate([truth.is_crowd for truth in truths])
    difficult = np.concatenate([truth.difficult for truth in truths])
    areas = np.where(difficult, _IGNORED_AREA, np.concatenate([truth.areas for truth in truths]))
    for rows, pictures in _rows_by_class([truth.labels for truth in truths], class_count):
        yield [
            {"image_id": picture, "category_id": 1, "bbox": box, "area": area, "iscrowd": crowd}
            for picture, box, area, crowd in zip(
                pictures, boxes[rows].tolist(), areas[rows].tolist(), crowds[rows].astype(int).tolist(), strict=True
            )
        ]


def _detections_by_class(founds: Sequence[Found], class_count: int) -> Iterator[list[dict[str, Any]]]:
    boxes = _as_coco(np.concatenate([found.boxes for found in founds]))
    scores = np.concatenate([found.scores for found in founds])
    for rows, pictures in _rows_by_class([found.labels for found in founds], class_count):
        yield [
            {"image_id": picture, "category_id": 1, "bbox": box, "area": box[2] * box[3], "score": score}
            for picture, box, score in zip(pictures, boxes[rows].tolist(), scores[rows].tolist(), strict=True)
        ]


def _rows_by_class(labels: Sequence[Integers], class_count: int) -> Iterator[tuple[Integers, list[int]]]:
    """Yields for each class the rows that have it, of all pictures one after the other, and the pictures of these."""
    pictures = np.repeat(np.arange(len(labels)), [len(own) for own in labels])
    together = np.concatenate(labels)
    order = np.argsort(together, kind="stable")
    ends = np.searchsorted(together[order], np.arange(class_count + 1))
    for first, end in pairwise(ends.tolist()):
        yield order[first:end], pictures[order[first:end]].tolist()


def _as_coco(boxes: Floats) -> Floats:
    """Returns [n, 4]: (x, y, width, height)."""
    return np.concatenate([boxes[:, 1::-1], boxes[:, 3:1:-1] - boxes[:, 1::-1]], axis=1)


def _measure_class(objects: list[dict[str, Any]], detections: list[dict[str, Any]]) -> ClassFigures:
    if not objects:
        return ClassFigures(NOTHING, ())
    evaluation = COCOeval_faster(
        _table(objects, detections, objects),
        _table(objects, detections, detections),
        "bbox",
        print_function=_say_nothing,
    )
    evaluation.evaluate()
    evaluation.accumulate()
    # Of one class, by IoU threshold (and recall), range of sizes and number of detections; -1 without objects.
    precision = evaluation.eval["precision"][:, :, 0]
    recall = evaluation.eval["recall"][:, 0]
    figures = CocoFigures(
        _known_mean(precision[:, :, 0, -1]),
        _known_mean(precision[0, :, 0, -1]),
        _known_mean(precision[5, :, 0, -1]),
        *(_known_mean(precision[:, :, size, -1]) for size in (1, 2, 3)),
        *(_known_mean(recall[:, 0, most]) for most in (0, 1, 2)),
        *(_known_mean(recall[:, size, -1]) for size in (1, 2, 3)),
    )
    return ClassFigures(figures, () if figures.ap50 is None else tuple(precision[0, :, 0, -1].tolist()))


def _table(objects: list[dict[str, Any]], detections: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> COCO:
    """Returns annotations as COCO's program takes them; their ids are from 1, as 0 stands for 'unmatched' there."""
    pictures = sorted({one["image_id"] for one in (*objects, *detections)})
    for number, one in enumerate(annotations, start=1):
        one["id"] = number
    return COCO(
        {"images": [{"id": i} for i in pictures], "annotations": annotations, "categories": [{"id": 1}]},
        print_function=_say_nothing,
    )


def _known_mean(values: Floats) -> float | None:
    known = values[values > -1]
    return float(known.mean()) if known.size else None


def _say_nothing(*_: object) -> None:
    pass
