"""KerasHub's backbones: what describes one, and the feature maps that a pyramid stands on."""

import inspect
import math
from collections.abc import Mapping
from typing import Any

import keras
from keras_hub.models import FeaturePyramidBackbone

from trainer.failures import TrainingError

_NOT_ITS_OWN = ("dtype", "image_shape", "input_shape", "name", "trainable")


def describe_backbone(backbone: keras.Model) -> tuple[str, dict[str, Any]]:
    """Returns what `make_backbone` needs: under which name Keras knows the class, and its configuration as for JSON."""
    described = keras.saving.serialize_keras_object(backbone)
    config = {key: value for key, value in described["config"].items() if key not in _NOT_ITS_OWN}
    return described["registered_name"], config


def make_backbone(registered_name: str, config: Mapping[str, Any], image_size: int) -> keras.Model:
    """Builds a backbone for square pictures, in the precision of Keras' dtype policy.

    Raises:
        TrainingError: the name is none of a backbone with feature maps.
    """
    kind = keras.saving.get_registered_object(registered_name)
    if not (isinstance(kind, type) and issubclass(kind, FeaturePyramidBackbone)):
        raise TrainingError(f"'{registered_name}' is no backbone of KerasHub that a feature pyramid can stand on")
    shape = "image_shape" if "image_shape" in inspect.signature(kind).parameters else "input_shape"
    return keras.saving.deserialize_keras_object(
        {
            "module": kind.__module__,
            "class_name": kind.__name__,
            "registered_name": registered_name,
            "config": {**config, shape: [image_size, image_size, 3]},
        }
    )


def feature_maps(backbone: keras.Model, image_size: int) -> dict[int, Any]:
    """Returns a backbone's feature maps by level; level l has cells of 2^l pixels.

    By their sizes: KerasHub counts some from another number (the 'P2' of its darknets is half as large as a
    picture, the 'P1' of its MiTs a quarter).
    """
    maps = {}
    for tensor in backbone.pyramid_outputs.values():
        if len(tensor.shape) == 4 and tensor.shape[1] == tensor.shape[2]:
            level = next((level for level in range(9) if math.ceil(image_size / 2**level) == tensor.shape[1]), None)
            if level is not None:
                maps[level] = tensor
    return dict(sorted(maps.items()))


def pyramid_inputs(maps: Mapping[int, Any], levels: tuple[int, int], image_size: int) -> range:
    """Returns the levels that a pyramid takes from a backbone's feature maps.

    Args:
        maps: the feature maps by level.
        levels: first and last level of the pyramid; those above the backbone's last are its own.
        image_size: in pixels.

    Raises:
        TrainingError: the first is not there, or the maps of such a picture are not half of each other.
    """
    if levels[0] not in maps:
        found = f"has levels {min(maps)} to {max(maps)}" if maps else "has no feature maps for a pyramid"
        raise TrainingError(
            f"model.levels {list(levels)} begin at {levels[0]}, but the backbone {found}: "
            + ("begin at one of them" if maps else "take another preset, a ResNet for example")
        )
    last = min(levels[1], max(maps))
    cell = 2**last
    if image_size % cell:
        lower, upper = max(image_size // cell, 1) * cell, (image_size // cell + 1) * cell
        near = f"{lower} or {upper}" if lower != upper else f"{upper}"
        raise TrainingError(
            f"input.image_size {image_size} is no multiple of {cell}, the cell of level {last}: take {near}"
        )
    return range(levels[0], last + 1)
