"""Copies of detectors that calculate in float32, as exports for other machines do."""

import keras

from trainer.network.building import describe, rebuild
from trainer.network.detector import Detector


def in_float32(detector: Detector) -> Detector:
    """Returns a copy that calculates in float32; its weights are that in any precision."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        plain = rebuild(describe(detector))
    finally:
        keras.config.set_dtype_policy(policy)
    plain.model.set_weights(detector.model.get_weights())
    return plain
