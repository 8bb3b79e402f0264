"""Requests that TensorFlow Serving answers for itself before anybody else's: the first answer takes seconds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.export.prediction_log_pb2 import PredictionLog

_SIDES = ((480, 640), (1024, 768))
"""Height and width of the pictures, as cameras and phones have them."""


def write_warmup_requests(path: str) -> None:
    """Writes the requests.

    Args:
        path: of the file; its folder is there.
    """
    with tf.io.TFRecordWriter(path) as writer:
        for request in warmup_requests():
            writer.write(request.SerializeToString(deterministic=True))


def warmup_requests() -> Iterator[PredictionLog]:
    """Yields the requests: one picture, several of different sizes, one that is decoded already."""
    pictures = [_shading(height, width) for height, width in _SIDES]
    encoded = [tf.io.encode_jpeg(pictures[0]).numpy(), tf.io.encode_png(pictures[1]).numpy()]
    yield _request("serving_default", "image_bytes", tf.make_tensor_proto(encoded[:1]))
    yield _request("serving_default", "image_bytes", tf.make_tensor_proto(encoded))
    # One number stands for all pixels: the file stays small.
    yield _request("image_tensor", "image_tensor", tf.make_tensor_proto(128, tf.uint8, (1, *_SIDES[0], 3)))


def _shading(height: int, width: int) -> np.ndarray:
    """Returns uint8 [height, width, 3]: from dark to light, to the right and downwards."""
    down, across = np.linspace(0, 127, height)[:, np.newaxis], np.linspace(0, 127, width)
    return np.repeat((down + across).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def _request(signature: str, name: str, values: Any) -> PredictionLog:
    log = PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = "detector"  # nobody compares it, and some readers want one
    request.model_spec.signature_name = signature
    request.inputs[name] = values.SerializeToString(deterministic=True)
    return log
