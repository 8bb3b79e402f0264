"""What an evaluation found out, and how it is kept: `metrics.json`, which docs/evaluation.md describes."""

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from trainer.evaluation.coco import CocoFigures
from trainer.evaluation.confusion import BACKGROUND
from trainer.evaluation.matching import IOU
from trainer.evaluation.metrics import ClassMetrics, Metrics
from trainer.evaluation.mistakes import Mistakes

FORMAT_VERSION = 1

_FIGURES = (
    "AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large",
    "AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large",
)  # fmt: skip
"""In the order of `CocoFigures`."""
_DIGITS = 6


@dataclass(frozen=True)
class Evaluation:
    """Of a detector on a split."""

    split: str
    checkpoint: str
    """'best' or 'latest'."""
    step: int | None
    """After which its weights were kept; None if that is not known."""
    dataset_sha256: str
    """Of the dataset's manifest."""
    image_size: int
    resize: str
    decoding: Mapping[str, Any]
    class_ids: tuple[int, ...]
    metrics: Metrics
    worst: tuple[Mistakes, ...]
    """The pictures with the most mistakes."""
    was_trained_on: bool
    """Whether the split is the one that the detector learnt from."""


def to_json(evaluation: Evaluation) -> str:
    """Returns the text of metrics.json: the same for equal evaluations."""
    metrics = evaluation.metrics
    names = [one.name for one in metrics.classes]
    confusion = metrics.confusion
    tree = {
        "format_version": FORMAT_VERSION,
        "split": evaluation.split,
        "checkpoint": evaluation.checkpoint,
        "step": evaluation.step,
        "dataset_sha256": evaluation.dataset_sha256,
        "image_size": evaluation.image_size,
        "resize": evaluation.resize,
        "decoding": dict(evaluation.decoding),
        "pictures": metrics.pictures,
        "objects": metrics.objects,
        "crowds": metrics.crowds,
        "difficult": metrics.difficult,
        "detections": metrics.detections,
        "objects_by_size": dict(zip(("small", "medium", "large"), metrics.objects_by_size, strict=True)),
        **_figures(metrics.coco, "m"),
        "voc_mAP50": metrics.voc_ap50,
        "classes": [_class(one, number) for one, number in zip(metrics.classes, evaluation.class_ids, strict=True)],
        "confusion": {
            "iou": IOU,
            "score": confusion.score,
            "precision": confusion.precision,
            "recall": confusion.recall,
            "f1": confusion.f1,
            "cells": [
                {"truth": _name(cell.truth, names), "found": _name(cell.found, names), "count": cell.count}
                for cell in confusion.cells
            ],
        },
        "scores": {"right": list(confusion.right_by_score), "wrong": list(confusion.wrong_by_score)},
        "worst": [
            {
                "source_id": str(one.source_id),
                "filename": one.filename,
                "missed": one.missed,
                "confused": one.confused,
                "false_alarms": one.false_alarms,
            }
            for one in evaluation.worst
        ],
    }
    return _written(_rounded(tree)) + "\n"


def _figures(figures: CocoFigures, prefix: str = "") -> dict[str, float | None]:
    """Returns the figures by name; of means, average precision has a prefix."""
    named = zip(_FIGURES, astuple(figures), strict=True)
    return {f"{prefix}{name}" if name.startswith("AP") else name: value for name, value in named}


def _class(one: ClassMetrics, number: int) -> dict[str, Any]:
    return {
        "name": one.name,
        "id": number,
        "objects": one.objects,
        **_figures(one.coco),
        "voc_AP50": one.voc_ap50,
        "precision": one.precision,
        "recall": one.recall,
        "precision_by_recall": list(one.curve),
    }


def _name(label: int, names: list[str]) -> str | None:
    return None if label == BACKGROUND else names[label]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(below) for key, below in value.items()}
    return [_rounded(below) for below in value] if isinstance(value, list) else value


def _written(value: Any, indent: str = "") -> str:
    """Returns JSON in which objects of objects are spread over lines, and what is small stands on one."""
    deeper = f"{indent} "
    if isinstance(value, dict) and any(isinstance(below, list | dict) for below in value.values()) and not indent[1:]:
        lines = (f"{deeper}{_plain(key)}: {_written(below, deeper)}" for key, below in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"{deeper}{_plain(below)}" for below in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
