"""Presets of tiny networks with drawn weights, saved in the way in which KerasHub's own are."""

from pathlib import Path

import keras
import keras_hub
import numpy as np

SCALE, OFFSET = [0.017, 0.0175, 0.0174], [-2.1, -2.0, -1.8]
SIZE = 64


def tiny_resnet() -> keras.Model:
    return _drawn(
        keras_hub.models.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 64, 64, 64],
            stackwise_num_blocks=[1, 1, 1, 1],
            stackwise_num_strides=[1, 2, 2, 2],
            block_type="basic_block",
            image_shape=(SIZE, SIZE, 3),
        )
    )


def tiny_efficientnet() -> keras.Model:
    return keras_hub.models.EfficientNetBackbone(
        stackwise_width_coefficients=[0.25] * 4,
        stackwise_depth_coefficients=[0.25] * 4,
        stackwise_kernel_sizes=[3] * 4,
        stackwise_num_repeats=[1] * 4,
        stackwise_input_filters=[32, 32, 32, 32],
        stackwise_output_filters=[32, 32, 32, 32],
        stackwise_expansion_ratios=[1, 4, 4, 4],
        stackwise_squeeze_and_excite_ratios=[0, 0, 0.25, 0.25],
        stackwise_strides=[1, 2, 2, 2],
        stackwise_block_types=["fused", "fused", "unfused", "unfused"],
        input_shape=(SIZE, SIZE, 3),
    )


def tiny_darknet() -> keras.Model:
    return keras_hub.models.CSPNetBackbone(
        stem_filters=32,
        stem_kernel_size=3,
        stem_strides=1,
        stackwise_depth=[1, 1, 1, 1, 1],
        stackwise_strides=[2] * 5,
        stackwise_num_filters=[16, 16, 16, 16, 16],
        bottle_ratio=[0.5],
        stem_padding="same",
        block_type="dark_block",
        stage_type="dark",
        image_shape=(SIZE, SIZE, 3),
    )


def tiny_retinanet(anchor_size: float = 4.0) -> keras.Model:
    """Two classes, levels 3 to 6, of which the last is made from the backbone's own."""
    backbone = keras_hub.models.RetinaNetBackbone(
        tiny_resnet(), min_level=3, max_level=6, use_p5=True, image_shape=(SIZE, SIZE, 3)
    )
    anchors = keras_hub.layers.AnchorGenerator(
        "yxyx", min_level=3, max_level=6, num_scales=2, aspect_ratios=[0.5, 1.0], anchor_size=anchor_size
    )
    converter = keras_hub.layers.RetinaNetImageConverter(image_size=(SIZE, SIZE), scale=SCALE, offset=OFFSET)
    return _drawn(
        keras_hub.models.RetinaNetObjectDetector(
            backbone,
            num_classes=2,
            anchor_generator=anchors,
            pre_logits_num_conv_layers=1,
            preprocessor=keras_hub.models.RetinaNetObjectDetectorPreprocessor(converter),
        )
    )


def save_backbone(backbone: keras.Model, folder: Path, *, converter: bool = True) -> str:
    backbone.save_to_preset(str(folder))
    if converter:
        keras_hub.layers.ImageConverter(scale=1 / 255).save_to_preset(str(folder))
    return str(folder)


def _drawn(model: keras.Model) -> keras.Model:
    generator = np.random.default_rng(3)
    for variable in model.weights:
        centre = 1.0 if "variance" in variable.path or "gamma" in variable.path else 0.0
        variable.assign(centre + generator.uniform(-0.05, 0.05, variable.shape))
    return model
