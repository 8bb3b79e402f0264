"""A network and the boxes that it measures from."""

from dataclasses import dataclass

import keras
import numpy as np

from trainer.network.architecture import Architecture
from trainer.settings import AnchorSettings


@dataclass(frozen=True)
class Detector:
    """A network and its anchors.

    Args:
        model: images (uint8 or float32 [B, S, S, 3], 0–255; it normalises them itself) → {"box_deltas": [B, A, 4],
            "class_logits": [B, A, C]}. Deltas are (dx, dy, log dw, log dh) relative to the anchor (KerasHub's
            'center_xywh', no variances). The outputs' type is that of Keras' dtype policy when it was built.
            Train with `training=True`: what must stand still (frozen levels, a preset's BatchNorms) does so by itself.
        anchors: float32 [A, 4], (ymin, xmin, ymax, xmax) as fractions of the square, in the order of the outputs;
            those at the border reach beyond it.
        image_size: side S of the square, in pixels.
        backbone_variables: what is trained of a preset's backbone, for a rate of its own; () from scratch.
        anchor_settings: what the anchors are made from.
        architecture: what to keep beside the weights, for `building.rebuild`.
    """

    model: keras.Model
    anchors: np.ndarray
    image_size: int
    backbone_variables: tuple[keras.Variable, ...]
    anchor_settings: AnchorSettings
    architecture: Architecture
