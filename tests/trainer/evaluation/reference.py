"""pycocotools on the same pictures, and random pictures to compare on."""

import contextlib
import io
from collections.abc import Sequence

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from trainer.evaluation.pictures import Found, Truth, make_found, make_truth


def by_pycocotools(truths: Sequence[Truth], founds: Sequence[Found], class_count: int) -> COCOeval:
    """Returns its evaluation of all classes together; `stats` are COCO's twelve figures, -1 where there are none.

    Difficult objects lie outside its ranges of areas.
    """
    objects, detections = [], []
    for i, (truth, found) in enumerate(zip(truths, founds, strict=True)):
        for j, (ymin, xmin, ymax, xmax) in enumerate(truth.boxes):
            objects.append(
                {
                    "id": len(objects) + 1,
                    "image_id": i,
                    "category_id": int(truth.labels[j]),
                    "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
                    "area": -1.0 if truth.difficult[j] else truth.areas[j],
                    "iscrowd": int(truth.is_crowd[j]),
                }
            )
        for j, (ymin, xmin, ymax, xmax) in enumerate(found.boxes):
            detections.append(
                {
                    "id": len(detections) + 1,
                    "image_id": i,
                    "category_id": int(found.labels[j]),
                    "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
                    "area": (xmax - xmin) * (ymax - ymin),
                    "score": found.scores[j],
                }
            )
    with contextlib.redirect_stdout(io.StringIO()):
        tables = []
        for annotations in (objects, detections):
            table = COCO()
            table.dataset = {
                "images": [{"id": i} for i in range(len(truths))],
                "annotations": annotations,
                "categories": [{"id": k} for k in range(class_count)],
            }
            table.createIndex()
            tables.append(table)
        evaluation = COCOeval(*tables, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def random_pictures(seed: int, pictures: int, class_count: int) -> tuple[list[Truth], list[Found]]:
    """Returns pictures with objects of all sizes, crowds and difficult ones among them, and detections around them.

    Scores have two digits, so that some are equal; some pictures have no objects or no detections.
    """
    rng = np.random.default_rng(seed)
    truths, founds = [], []
    for i in range(pictures):
        count, detections = rng.integers(0, 9), rng.integers(0, 30)
        first = rng.uniform(0, 300, (count, 2))
        boxes = np.concatenate([first, first + np.exp(rng.uniform(1.5, 5.5, (count, 2)))], axis=1)
        labels = rng.integers(0, class_count, count)
        truths.append(
            make_truth(
                7 * i,
                f"{i}.jpg",
                (600, 600),
                boxes,
                labels,
                is_crowd=rng.random(count) < 0.1,
                difficult=rng.random(count) < 0.15,
            )
        )
        if not count:
            first = rng.uniform(0, 300, (detections, 2))
            boxes = np.concatenate([first, first + 50], axis=1)
            founds.append(make_found(7 * i, boxes, np.full(detections, 0.5), np.zeros(detections)))
            continue
        around = rng.integers(0, count, detections)
        sides = np.tile(boxes[around, 2:] - boxes[around, :2], 2)
        moved = boxes[around] + rng.normal(0, 0.08, (detections, 4)) * sides
        other = rng.integers(0, class_count, detections)
        founds.append(
            make_found(
                7 * i,
                np.concatenate([moved[:, :2], np.maximum(moved[:, 2:], moved[:, :2] + 1)], axis=1),
                np.round(rng.random(detections), 2),
                np.where(rng.random(detections) < 0.8, labels[around], other),
            )
        )
    return truths, founds
