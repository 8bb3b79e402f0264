"""What is not trained of a preset's backbone."""

from collections.abc import Mapping
from typing import Any

import keras


def freeze(backbone: keras.Model, maps: Mapping[int, Any], levels: int, image_size: int) -> None:
    """Freezes the levels of a backbone from the picture on, and all of its BatchNorms.

    A frozen BatchNorm uses the statistics of its preset even when the model is called with `training=True`: those of
    the few pictures of a batch would be worse, and differ between machines.

    Args:
        backbone: of a preset.
        maps: its feature maps by level.
        levels: up to this level nothing is trained; 0 freezes no level, 1 what is at half of the picture's size.
        image_size: in pixels.
    """
    for layer in layers_up_to(backbone, maps, levels, image_size):
        layer.trainable = False
    # A private name, for there is no other way to layers within layers (EfficientNet's blocks).
    for layer in backbone._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def layers_up_to(backbone: keras.Model, maps: Mapping[int, Any], level: int, image_size: int) -> list[keras.Layer]:
    """Returns the layers that lead to the feature map of a level.

    Where the backbone has no map of it: those on the way to the next one whose cells are not larger than the level's;
    above its last level: those that lead to the last.
    """
    if not level:
        return []
    goal = next((known for known in sorted(maps) if known >= level), max(maps))
    layers = keras.Model(backbone.inputs, maps[goal]).layers
    if goal <= level:
        return list(layers)
    return [layer for layer in layers if _cell(layer, image_size) <= 2**level]


def _cell(layer: keras.Layer, image_size: int) -> float:
    """Returns the side of the cells of a layer's output, in pixels."""
    shape = layer.output.shape
    return image_size / shape[1] if len(shape) == 4 else float("inf")
