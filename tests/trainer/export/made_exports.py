"""A tiny detector, whose weights nobody trained, and pictures to give it."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import tensorflow as tf
from PIL import Image

from trainer.decoding import Detections, detect_on_canvas
from trainer.export.description import Description
from trainer.export.serving import describe_export
from trainer.network.building import build_detector
from trainer.network.detector import Detector
from trainer.settings import AnchorSettings, DecodingSettings, ModelSettings

SIZE = 64
CLASSES = {"circle": 1, "square": 2, "träd": 5}
MODEL = ModelSettings(filters=(64, 64, 64), levels=(3, 3), width=32, anchors=AnchorSettings(size=3.0))
DECODING = DecodingSettings(score_threshold=0.3, max_detections=12, candidates=200)


@cache
def tiny_detector(model: ModelSettings = MODEL) -> Detector:
    """Returns a detector that finds something everywhere, with scores far from each other."""
    detector = build_detector(model, SIZE, len(CLASSES), seed=3)
    outputs = detector.model(np.stack([pixels(SIZE, SIZE, seed) for seed in range(4)]))
    for head, output, spread, bias in (("class_head", "class_logits", 1.5, -2.0), ("box_head", "box_deltas", 0.1, 0.0)):
        kernel, biases = detector.model.get_layer(head).prediction_layer.weights
        kernel.assign(kernel * (spread / np.std(outputs[output])))
        biases.assign(np.full(biases.shape, bias))
    return detector


@cache
def evaluate() -> Callable[[tf.Tensor], Detections]:
    """Returns what `evaluate` asks the tiny detector with."""
    return detect_on_canvas(tiny_detector(), DECODING)


def description(resize: str = "letterbox") -> Description:
    return describe_export(tiny_detector(), DECODING, resize, tuple(CLASSES), tuple(CLASSES.values()))


def pixels(width: int, height: int, seed: int = 0) -> np.ndarray:
    """Returns uint8 [height, width, 3]: blotches of colour."""
    few = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(few).resize((width, height), Image.Resampling.BILINEAR))


def picture(width: int, height: int, seed: int = 0, format: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(width, height, seed)).save(file, format)
    return file.getvalue()
