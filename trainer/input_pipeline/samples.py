"""From serialized records to decoded pictures with their boxes, one by one."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from trainer.input_pipeline.letterbox import boxes_to_canvas
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.input_pipeline.records import padded_targets, parse_records, training_labels
from trainer.input_pipeline.tracing import as_written
from trainer.settings import InputSettings

_PARSED_AT_A_TIME = 32


def parsed_samples(records: tf.data.Dataset, class_ids: Sequence[int], settings: InputSettings) -> tf.data.Dataset:
    """Returns, for each record, what `decode_sample` takes."""

    @as_written
    def parse(serialized: tf.Tensor) -> dict[str, Any]:
        parsed = parse_records(serialized)
        labels = training_labels(parsed, class_ids, settings.difficult == "ignore")
        targets = padded_targets(parsed["boxes"], labels, settings.max_boxes)
        return {"encoded": parsed["encoded"], "source_ids": parsed["source_ids"], **targets}

    return records.batch(_PARSED_AT_A_TIME).map(parse, calls(settings)).unbatch()


def decode_sample(parsed: dict[str, Any], settings: InputSettings) -> dict[str, Any]:
    """Returns a picture as `augment` takes it.

    Args:
        parsed: of `parsed_samples`.
        settings: side of the square, and how the picture goes there.

    Returns:
        image uint8 [size, size, 3], boxes and labels as in a batch, source_ids int64 [], and picture float32 [4]: which
        part of the square is picture, the rest being padding.
    """
    image, original = decode_on_canvas(parsed["encoded"], settings.image_size, settings.resize)
    whole = tf.constant([[0.0, 0.0, 1.0, 1.0]])
    boxes, picture = (
        boxes_to_canvas(each, original, settings.image_size, settings.resize) for each in (parsed["boxes"], whole)
    )
    rest = {name: parsed[name] for name in ("labels", "source_ids")}
    return {"image": image, "boxes": boxes, "picture": picture[0], **rest}


def calls(settings: InputSettings) -> int:
    """Returns `num_parallel_calls` for tf.data."""
    return settings.parallel_calls or tf.data.AUTOTUNE
