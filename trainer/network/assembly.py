"""A detector's Keras model from KerasHub's parts: backbone, feature pyramid and heads.

KerasHub's own RetinaNet fixes the width of pyramid and heads at 256 and starts heads in a way from which training
does not get far; hence its parts, not its detector.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras_hub.src.models.retinanet.feature_pyramid import FeaturePyramid
from keras_hub.src.models.retinanet.prediction_head import PredictionHead

from trainer.network.anchors import anchors_of_a_cell
from trainer.network.architecture import Architecture
from trainer.network.backbones import feature_maps, make_backbone, pyramid_inputs
from trainer.network.freezing import freeze


@dataclass(frozen=True)
class Network:
    """A model and the parts that it is made of.

    Args:
        model: as in `detector.Detector`.
        backbone: with stages that the model may not use.
        stages: the layers of the backbone that the model uses.
        pyramid: KerasHub's FeaturePyramid.
        box_head: KerasHub's PredictionHead.
        class_head: KerasHub's PredictionHead.
    """

    model: keras.Model
    backbone: keras.Model
    stages: keras.Model
    pyramid: keras.Layer
    box_head: keras.Layer
    class_head: keras.Layer


def assemble(architecture: Architecture) -> Network:
    """Builds the model, with weights from Keras' own initialisers; what must stand still is frozen.

    Raises:
        TrainingError: the levels or the image size do not suit the backbone.
    """
    size = architecture.image_size
    backbone = make_backbone(architecture.backbone, architecture.backbone_config, size)
    maps = feature_maps(backbone, size)
    used = pyramid_inputs(maps, architecture.levels, size)
    stages = keras.Model(backbone.inputs, {f"P{level}": maps[level] for level in used}, name="backbone")
    if architecture.pretrained:
        freeze(backbone, maps, architecture.frozen_levels, size)
    pyramid = FeaturePyramid(
        *architecture.levels,
        use_p5=architecture.coarse_from_backbone,
        num_filters=architecture.width,
        name="pyramid",
    )
    anchors = anchors_of_a_cell(architecture.anchors)
    box_head = _head(architecture, anchors * 4, "box_head")
    class_head = _head(architecture, anchors * architecture.class_count, "class_head")

    images = keras.Input((size, size, 3), name="images")
    # In float32 whatever the policy: it costs nothing, and numbers from 0 to 255 lose nothing.
    normalisation = keras.layers.Rescaling(
        _number(architecture.scale), _number(architecture.offset), dtype="float32", name="normalisation"
    )
    features = pyramid(stages(normalisation(images)))
    model = keras.Model(
        images,
        {
            "box_deltas": _of_all_levels(box_head, features, 4, "box_deltas"),
            "class_logits": _of_all_levels(class_head, features, architecture.class_count, "class_logits"),
        },
        name="detector",
    )
    return Network(model, backbone, stages, pyramid, box_head, class_head)


def _head(architecture: Architecture, outputs: int, name: str) -> keras.Layer:
    return PredictionHead(
        outputs, architecture.width, architecture.head_layers, use_group_norm=architecture.group_norm, name=name
    )


def _number(values: tuple[float, ...]) -> float | list[float]:
    return values[0] if len(values) == 1 else list(values)


def _of_all_levels(head: keras.Layer, features: dict[str, Any], depth: int, name: str) -> Any:
    parts = [keras.layers.Reshape((-1, depth), name=f"{name}_{level}")(head(x)) for level, x in features.items()]
    return keras.layers.Concatenate(axis=1, name=name)(parts) if len(parts) > 1 else parts[0]
