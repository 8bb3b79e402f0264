"""What a network starts from: the same weights for the same seed, whatever Keras drew before."""

import hashlib
import math
from collections.abc import Iterator
from typing import Any

import keras

from trainer.network.assembly import Network

PRIOR = 0.01
"""Probability of each class at each anchor at the start (Lin et al., Focal Loss for Dense Object Detection, 4.1)."""


def initialise_from_scratch(network: Network, seed: int) -> None:
    """Draws all weights of a network."""
    initialise_backbone(network, seed)
    initialise_pyramid(network, seed)
    initialise_heads(network, seed)


def initialise_backbone(network: Network, seed: int) -> None:
    """Draws the kernels of the backbone, each as its layer would."""
    for index, layer in enumerate(network.stages.layers):
        _redraw(layer, seed, f"backbone/{index}")


def initialise_pyramid(network: Network, seed: int) -> None:
    """Draws the kernels of the pyramid, each as its layer would (which would draw the same for equal shapes)."""
    for name, layer in _pyramid_layers(network):
        _redraw(layer, seed, f"pyramid/{name}")


def initialise_heads(network: Network, seed: int) -> None:
    """Draws the convolutions of both heads (He) and their last ones."""
    for name, head in (("box_head", network.box_head), ("class_head", network.class_head)):
        for index, layer in enumerate(head.conv_layers):
            he = keras.initializers.HeNormal(seed=_derived(seed, f"{name}/{index}"))
            layer.kernel.assign(he(layer.kernel.shape))
    initialise_box_outputs(network, seed)
    initialise_class_outputs(network, seed)


def initialise_box_outputs(network: Network, seed: int) -> None:
    """Draws the last convolution of the box head: each anchor as it is, nearly."""
    _draw_outputs(network.box_head.prediction_layer, 0.0, _derived(seed, "box_head/outputs"))


def initialise_class_outputs(network: Network, seed: int) -> None:
    """Draws the last convolution of the class head: `PRIOR` everywhere, nearly."""
    bias = -math.log((1 - PRIOR) / PRIOR)
    _draw_outputs(network.class_head.prediction_layer, bias, _derived(seed, "class_head/outputs"))


def _draw_outputs(layer: Any, bias: float, seed: int) -> None:
    layer.kernel.assign(keras.initializers.RandomNormal(0.0, 0.01, seed=seed)(layer.kernel.shape))
    layer.bias.assign(keras.ops.full(layer.bias.shape, bias))


def _pyramid_layers(network: Network) -> Iterator[tuple[str, Any]]:
    for kind, layers in (
        ("lateral", network.pyramid.lateral_conv_layers),
        ("output", network.pyramid.output_conv_layers),
    ):
        for level, layer in layers.items():
            yield f"{kind}/{level}", layer


def _redraw(layer: Any, seed: int, name: str) -> None:
    """Draws the kernel of a layer, if it has one, from the layer's initialiser with a seed of its own."""
    if isinstance(layer, keras.layers.Conv2D):
        initialiser = layer.kernel_initializer
        own = type(initialiser).from_config({**initialiser.get_config(), "seed": _derived(seed, name)})
        layer.kernel.assign(own(layer.kernel.shape))


def _derived(seed: int, name: str) -> int:
    """Returns a seed for one tensor of a network."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "big") >> 1
