"""From evaluation batches and a detector to what is on the pictures and what is found there."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.evaluation.pictures import Found, Truth
from trainer.input_pipeline.letterbox import boxes_from_canvas


def collect(
    batches: Iterable[Mapping[str, tf.Tensor]],
    detect: Callable[[tf.Tensor], Mapping[str, tf.Tensor]],
    image_size: int,
    resize: str,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[list[Truth], list[Found]]:
    """Runs a detector over pictures.

    Args:
        batches: as `trainer.input_pipeline.evaluation.evaluation_batches` makes them.
        detect: uint8 [b, S, S, 3] → `boxes` float32 [b, k, 4] as fractions of the square, `scores` float32 [b, k],
            `classes` int32 [b, k] from 0, `counts` int32 [b]: the first so many are detections.
        image_size: side S of the square, in pixels.
        resize: how pictures came onto the square, 'letterbox' or 'stretch'.
        progress: is told how many pictures are done, after each batch.

    Returns:
        Of each picture what is on it and what is found, in the order of the batches.
    """
    truths: list[Truth] = []
    founds: list[Found] = []
    for batch in batches:
        outputs = detect(batch["images"])
        boxes = boxes_from_canvas(outputs["boxes"], batch["original_sizes"], image_size, resize)
        plain = {name: np.asarray(value) for name, value in batch.items() if name != "images"}
        truths += _truths(plain)
        founds += _founds(plain, {name: np.asarray(value) for name, value in {**outputs, "boxes": boxes}.items()})
        progress(len(truths))
    return truths, founds


def _truths(batch: Mapping[str, Any]) -> list[Truth]:
    boxes = batch["boxes"].astype(np.float64) * _sides(batch["original_sizes"])
    truths = []
    for i, (height, width) in enumerate(batch["original_sizes"].tolist()):
        kept = batch["labels"][i] >= 0
        truths.append(
            Truth(
                int(batch["source_ids"][i]),
                batch["filenames"][i].decode("utf-8", "replace"),
                height,
                width,
                boxes[i][kept],
                batch["labels"][i][kept].astype(np.int64),
                batch["is_crowd"][i][kept],
                batch["difficult"][i][kept],
                batch["areas"][i][kept].astype(np.float64),
            )
        )
    return truths


def _founds(batch: Mapping[str, Any], outputs: Mapping[str, Any]) -> list[Found]:
    boxes = outputs["boxes"].astype(np.float64) * _sides(batch["original_sizes"])
    return [
        Found(
            int(source_id),
            boxes[i, :count],
            outputs["scores"][i, :count].astype(np.float64),
            outputs["classes"][i, :count].astype(np.int64),
        )
        for i, (source_id, count) in enumerate(zip(batch["source_ids"], outputs["counts"].tolist(), strict=True))
    ]


def _sides(sizes: Any) -> Any:
    """Returns float64 [b, 1, 4]: what fractions of (ymin, xmin, ymax, xmax) are multiplied by."""
    return np.concatenate([sizes, sizes], axis=1).astype(np.float64)[:, np.newaxis]
