"""KerasHub's presets: trained networks by name, by handle of a hub, or in a folder that `save_to_preset` wrote.

The registry of names and the question what a folder holds are KerasHub's own, though not public (its version is
pinned).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import huggingface_hub
import keras
from keras_hub.layers import ImageConverter
from keras_hub.models import Backbone, FeaturePyramidBackbone, RetinaNetBackbone, RetinaNetObjectDetector
from keras_hub.src.utils import preset_utils

from trainer.failures import TrainingError
from trainer.network.preset_failures import (
    explain_converter,
    explain_failure,
    explain_unknown,
    explain_unsuitable,
)

SMALL = "small"
"""The name of no preset: from scratch."""


@dataclass(frozen=True)
class Preset:
    """What a preset holds.

    Args:
        backbone: with its weights.
        scale: pixels (0–255) times scale plus offset are what it takes; one number, or one a channel.
        offset: see `scale`.
        pyramid: of a RetinaNet: its KerasHub backbone, that is backbone and feature pyramid.
        detector: of a RetinaNet that has heads.
    """

    backbone: keras.Model
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    pyramid: Any = None
    detector: Any = None


def load_preset(name: str) -> Preset:
    """Loads a preset, from the network if it was not loaded before.

    Raises:
        TrainingError: there is none of that name, it is of no use here, or it cannot be read.
    """
    _check_name(name)
    with _failing_with_a_sentence(name):
        source = _source(name)
        kind = preset_utils.get_preset_loader(source).check_backbone_class()
        if not issubclass(kind, FeaturePyramidBackbone):
            raise TrainingError(explain_unsuitable(name, kind.__name__))
        scale, offset = _normalisation(name, source)
        if not issubclass(kind, RetinaNetBackbone):
            return Preset(Backbone.from_preset(source), scale, offset)
        detector = RetinaNetObjectDetector.from_preset(source) if _holds_heads(source) else None
        pyramid = detector.backbone if detector else Backbone.from_preset(source)
        if pyramid.use_fpn_batch_norm:
            raise TrainingError(
                f"model.preset '{name}' has a pyramid with BatchNorm, which KerasHub cannot build: train one without"
            )
        return Preset(pyramid.image_encoder, scale, offset, pyramid, detector)


def brings_anchors(name: str) -> bool:
    """Returns whether a preset is a whole RetinaNet, which has levels, anchors and heads of its own.

    Raises:
        TrainingError: as `load_preset`.
    """
    if name == SMALL:
        return False
    _check_name(name)
    if name in preset_utils.BUILTIN_PRESETS:
        return name in preset_utils.builtin_presets(RetinaNetBackbone)
    with _failing_with_a_sentence(name):
        source = _source(name)
        kind = preset_utils.get_preset_loader(source).check_backbone_class()
        return issubclass(kind, RetinaNetBackbone) and _holds_heads(source)


def _check_name(name: str) -> None:
    """Refuses what is no preset without asking the network.

    Raises:
        TrainingError: see above.
    """
    if name in preset_utils.BUILTIN_PRESETS:
        if name not in _names():
            raise TrainingError(explain_unsuitable(name))
    elif "://" not in name:
        if not os.path.isdir(name):
            raise TrainingError(explain_unknown(name, _names()))
        if not os.path.isfile(os.path.join(name, preset_utils.CONFIG_FILE)):
            raise TrainingError(
                f"model.preset: {name} has no {preset_utils.CONFIG_FILE}: give a folder that KerasHub's "
                "save_to_preset wrote"
            )


def _names() -> set[str]:
    return set(preset_utils.builtin_presets(FeaturePyramidBackbone))


def _source(name: str) -> str:
    """Returns what KerasHub loads from."""
    if not name.startswith(preset_utils.HF_PREFIX):
        return name
    # At once, for KerasHub asks for file by file, and Hugging Face's client tries each for half a minute.
    kinds = ["*.json", "*.h5", "*.safetensors"]
    return huggingface_hub.snapshot_download(name.removeprefix(preset_utils.HF_PREFIX), allow_patterns=kinds)


def _holds_heads(source: str) -> bool:
    if not preset_utils.check_file_exists(source, preset_utils.TASK_CONFIG_FILE):
        return False
    task = preset_utils.load_json(source, preset_utils.TASK_CONFIG_FILE)
    return issubclass(preset_utils.check_config_class(task), RetinaNetObjectDetector)


def _normalisation(name: str, source: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns scale and offset of a preset's image converter.

    Raises:
        TrainingError: it has none.
    """
    try:
        converter = ImageConverter.from_preset(source)
    except FileNotFoundError:
        converter = None
    if converter is None:
        raise TrainingError(explain_converter(name))
    return _numbers(converter.scale, 1.0), _numbers(converter.offset, 0.0)


def _numbers(value: Any, default: float) -> tuple[float, ...]:
    if value is None:
        return (default,)
    return tuple(float(v) for v in value) if isinstance(value, list | tuple) else (float(value),)


@contextmanager
def _failing_with_a_sentence(name: str) -> Iterator[None]:
    """Turns whatever KerasHub and the clients of its hubs raise into one kind of error."""
    try:
        yield
    except (TrainingError, MemoryError):
        raise
    except Exception as error:
        raise TrainingError(explain_failure(name, error)) from error
