"""All figures of a detector on a split."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.evaluation.coco import SIZES, CocoFigures, mean_figures, measure_classes
from trainer.evaluation.confusion import Cell, Confusion, confuse
from trainer.evaluation.matching import Matching, match_all
from trainer.evaluation.pictures import Found, Truth
from trainer.evaluation.voc import voc_ap50


@dataclass(frozen=True)
class ClassMetrics:
    """Of one class."""

    name: str
    objects: int
    """That have to be found: neither crowds nor difficult ones."""
    coco: CocoFigures
    voc_ap50: float | None
    """Average precision at IoU .50 as Pascal VOC defines it; None without objects."""
    precision: float | None
    """Share of the detections of the class that find one, from `Confusion.score` on; None without detections."""
    recall: float | None
    """Share of the objects that are found as what they are, from the same score on; None without objects."""
    curve: tuple[float, ...]
    """Precision at IoU .50 at each of `coco.RECALLS`; empty without objects."""


@dataclass(frozen=True)
class Metrics:
    """How well a detector finds what is on pictures. Figures are 0..1; None where there is no object to measure on."""

    pictures: int
    objects: int
    """That have to be found: neither crowds nor difficult ones."""
    crowds: int
    difficult: int
    """Objects that are no crowds."""
    detections: int
    objects_by_size: tuple[int, int, int]
    """Small, medium and large ones, as COCO tells them apart."""
    coco: CocoFigures
    """Means over the classes that have objects."""
    voc_ap50: float | None
    """Mean over the classes that have objects."""
    classes: tuple[ClassMetrics, ...]
    """In the order of the network's classes."""
    confusion: Confusion


def measure(
    truths: Sequence[Truth],
    founds: Sequence[Found],
    class_names: Sequence[str],
    matchings: Sequence[Matching] | None = None,
) -> Metrics:
    """Measures detections by what is on the pictures.

    Args:
        truths: of each picture.
        founds: of the same pictures, in the same order.
        class_names: of the classes 0, 1, ….
        matchings: of the same pictures, if they are there already.
    """
    by_class = measure_classes(truths, founds, len(class_names))
    by_voc = voc_ap50(truths, founds, len(class_names))
    confusion = confuse(truths, founds, match_all(truths, founds) if matchings is None else matchings)
    objects = Counter(label for truth in truths for label in truth.labels[truth.counted].tolist())
    right, found = _counts(confusion.cells)
    known_voc = [value for value in by_voc if value is not None]
    return Metrics(
        pictures=len(truths),
        objects=objects.total(),
        crowds=int(sum(truth.is_crowd.sum() for truth in truths)),
        difficult=int(sum((truth.difficult & ~truth.is_crowd).sum() for truth in truths)),
        detections=sum(len(one.scores) for one in founds),
        objects_by_size=_sizes(truths),
        coco=mean_figures([one.figures for one in by_class]),
        voc_ap50=sum(known_voc) / len(known_voc) if known_voc else None,
        classes=tuple(
            ClassMetrics(
                name,
                objects[k],
                by_class[k].figures,
                by_voc[k],
                right[k] / found[k] if found[k] else None,
                right[k] / objects[k] if objects[k] else None,
                by_class[k].curve,
            )
            for k, name in enumerate(class_names)
        ),
        confusion=confusion,
    )


def _counts(cells: Sequence[Cell]) -> tuple[Counter[int], Counter[int]]:
    """Returns for each class how many objects are found as what they are, and how many detections there are."""
    right, found = Counter[int](), Counter[int]()
    for cell in cells:
        found[cell.found] += cell.count
        if cell.truth == cell.found:
            right[cell.truth] += cell.count
    return right, found


def _sizes(truths: Sequence[Truth]) -> tuple[int, int, int]:
    areas = np.concatenate([np.zeros(0), *(truth.areas[truth.counted] for truth in truths)])
    small, medium, large = np.histogram(areas, [0, *SIZES, np.inf])[0].tolist()
    return small, medium, large
