"""Fine-tuning: what a network takes over from a preset, and what it starts anew."""

from trainer.network.architecture import Architecture
from trainer.network.assembly import Network
from trainer.network.backbones import describe_backbone
from trainer.network.initialisation import (
    initialise_box_outputs,
    initialise_class_outputs,
    initialise_heads,
    initialise_pyramid,
)
from trainer.network.presets import Preset
from trainer.settings import AnchorSettings, ModelSettings


def architecture_of_preset(preset: Preset, model: ModelSettings, image_size: int, class_count: int) -> Architecture:
    """Returns the architecture of a detector that starts from a preset.

    A RetinaNet brings its levels, its width, its heads' layers, and its anchors where the settings leave them open;
    for a backbone the settings say all of that, as for a network from scratch.
    """
    name, config = describe_backbone(preset.backbone)
    pyramid, detector = preset.pyramid, preset.detector
    return Architecture(
        backbone=name,
        backbone_config=config,
        scale=preset.scale,
        offset=preset.offset,
        image_size=image_size,
        levels=(pyramid.min_level, pyramid.max_level) if pyramid else model.levels,
        width=pyramid.feature_pyramid.num_filters if pyramid else model.width,
        head_layers=detector.pre_logits_num_conv_layers if detector else model.head_layers,
        group_norm=detector.use_prediction_head_norm if detector else True,
        coarse_from_backbone=pyramid.use_p5 if pyramid else False,
        anchors=_anchors(preset) if model.anchors == "auto" else model.anchors,
        class_count=class_count,
        pretrained=True,
        frozen_levels=model.freeze_levels,
    )


def take_over(preset: Preset, network: Network, anchors: AnchorSettings, seed: int) -> None:
    """Sets all weights of a network: the preset's, and where it has none new ones.

    Of a RetinaNet only the last convolution of the class head is new: its classes are others. (KerasHub's own way to
    another number of classes throws both heads away, and starts them without the prior of the focal loss.) If the
    anchors of a cell are others, so is the last convolution of the box head.

    Args:
        preset: what is taken over.
        network: what takes it over.
        anchors: of the network.
        seed: of the new weights.
    """
    network.backbone.set_weights(preset.backbone.get_weights())
    if preset.pyramid:
        network.pyramid.set_weights(preset.pyramid.feature_pyramid.get_weights())
    else:
        initialise_pyramid(network, seed)
    if not preset.detector:
        initialise_heads(network, seed)
        return
    for own, given in (
        (network.box_head, preset.detector.box_head),
        (network.class_head, preset.detector.classification_head),
    ):
        for mine, theirs in zip(
            [*own.conv_layers, *own.group_norm_layers], [*given.conv_layers, *given.group_norm_layers], strict=True
        ):
            mine.set_weights(theirs.get_weights())
    initialise_class_outputs(network, seed)
    theirs = _anchors(preset)
    if (anchors.scales, len(anchors.ratios)) == (theirs.scales, len(theirs.ratios)):
        outputs = preset.detector.box_head.prediction_layer.get_weights()
        network.box_head.prediction_layer.set_weights(outputs)
    else:
        initialise_box_outputs(network, seed)


def _anchors(preset: Preset) -> AnchorSettings:
    if not preset.detector:
        return AnchorSettings()
    generator = preset.detector.anchor_generator
    return AnchorSettings(
        size=float(generator.anchor_size),
        scales=int(generator.num_scales),
        ratios=tuple(float(ratio) for ratio in generator.aspect_ratios),
    )
