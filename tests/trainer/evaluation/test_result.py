"""metrics.json, and what docs/evaluation.md says of it."""

import json
import re
from pathlib import Path

from trainer.evaluation.pictures import make_found, make_truth
from trainer.evaluation.result import to_json

from .made_evaluation import SIZE, A, evaluation_of

DOCUMENT = Path(__file__).parents[3] / "docs/evaluation.md"


def test_to_json():
    truths = [make_truth(2**62, "ü.jpg", SIZE, [A], [0])]
    founds = [make_found(2**62, [A, A], [0.9, 0.95], [0, 1])]
    coco = {"AP": 1.0, "AP50": 1.0, "AP75": 1.0, "AP_small": None, "AP_medium": None, "AP_large": 1.0}
    coco |= {"AR1": 1.0, "AR10": 1.0, "AR100": 1.0, "AR_small": None, "AR_medium": None, "AR_large": 1.0}
    nothing = dict.fromkeys([*coco, "voc_AP50"])

    told = json.loads(to_json(evaluation_of(truths, founds, ["dog", "狗"], [2, 5], split="test")))

    assert told == {
        "format_version": 1,
        "split": "test",
        "checkpoint": "best",
        "step": 300,
        "dataset_sha256": "ab" * 32,
        "image_size": 512,
        "resize": "letterbox",
        "decoding": {"score_threshold": 0.05, "nms_iou": 0.5},
        "pictures": 1,
        "objects": 1,
        "crowds": 0,
        "difficult": 0,
        "detections": 2,
        "objects_by_size": {"small": 0, "medium": 0, "large": 1},
        **{f"m{name}" if name.startswith("AP") else name: value for name, value in coco.items()},
        "voc_mAP50": 1.0,
        "classes": [
            {"name": "dog", "id": 2, "objects": 1, **coco, "voc_AP50": 1.0, "precision": 0.0, "recall": 0.0}
            | {"precision_by_recall": [1.0] * 101},
            {"name": "狗", "id": 5, "objects": 0, **nothing, "precision": 0.0, "recall": None}
            | {"precision_by_recall": []},
        ],
        "confusion": {"iou": 0.5, "score": 0.5, "precision": 0.0, "recall": 0.0, "f1": 0.0}
        | {"cells": [{"truth": "dog", "found": "狗", "count": 1}, {"truth": None, "found": "dog", "count": 1}]},
        "scores": {"right": [0] * 20, "wrong": [0] * 18 + [1, 1]},
        "worst": [
            {"source_id": str(2**62), "filename": "ü.jpg", "missed": 0, "confused": 1, "false_alarms": 1},
        ],
    }


def test_text_is_rounded_laid_out_and_the_same_for_equal_evaluations():
    text = to_json(evaluation_of())

    assert text == to_json(evaluation_of())
    assert '\n "mAP": 0.752475,\n' in text
    assert '\n  {"name": "dog", "id": 2, ' in text
    assert '\n "scores": {\n  "right": [0, 0, ' in text


def test_the_document_has_all_keys():
    told = json.loads(to_json(evaluation_of()))
    tables = {
        "Key": told,
        "Key of a class": told["classes"][0],
        "Key of `confusion`": told["confusion"],
        "Key of `scores`": told["scores"],
        "Key of `worst`": told["worst"][0],
    }
    text = DOCUMENT.read_text("utf-8")
    for head, value in tables.items():
        table = text.partition(f"| {head} | What it is |\n|---|---|\n")[2].partition("\n\n")[0]
        named = [key for row in table.splitlines() for key in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
        assert named == list(value)
