"""A detector as a preset of KerasHub, where its network is one that KerasHub's RetinaNet can have."""

from keras_hub.layers import AnchorGenerator, RetinaNetImageConverter
from keras_hub.models import RetinaNetBackbone, RetinaNetObjectDetector, RetinaNetObjectDetectorPreprocessor

from trainer.export.description import Description
from trainer.network.backbones import make_backbone
from trainer.network.detector import Detector

_WIDTH = 256
"""Channels of the pyramid and the heads of every RetinaNet of KerasHub."""


def is_possible(detector: Detector) -> bool:
    """Tells whether KerasHub's RetinaNet can have this network."""
    architecture = detector.architecture
    from_backbone = max(int(name[1:]) for name in detector.model.get_layer("backbone").output)
    # KerasHub wants level 5 of the backbone wherever the pyramid reaches it.
    return architecture.width == _WIDTH and (architecture.levels[1] < 5 or from_backbone >= 5)


def save_hub_preset(detector: Detector, description: Description, output: str) -> None:
    """Writes what `keras_hub.models.RetinaNetObjectDetector.from_preset` reads, and `model.preset` of our settings.

    The network's outputs are the same there. KerasHub's own way from a picture to the square and from outputs to
    boxes is near to ours, but another: it centres pictures on black, and does not vote.

    Args:
        detector: one for which `is_possible`.
        description: what it was to be served with.
        output: a folder that is not there yet.
    """
    architecture = detector.architecture
    side = detector.image_size
    backbone = RetinaNetBackbone(
        make_backbone(architecture.backbone, architecture.backbone_config, side),
        *architecture.levels,
        use_p5=architecture.coarse_from_backbone,
        image_shape=(side, side, 3),
    )
    task = RetinaNetObjectDetector(
        backbone,
        num_classes=architecture.class_count,
        anchor_generator=AnchorGenerator(
            "yxyx",
            *architecture.levels,
            num_scales=architecture.anchors.scales,
            aspect_ratios=list(architecture.anchors.ratios),
            anchor_size=architecture.anchors.size,
        ),
        use_prediction_head_norm=architecture.group_norm,
        pre_logits_num_conv_layers=architecture.head_layers,
        preprocessor=RetinaNetObjectDetectorPreprocessor(image_converter(detector, description)),
    )
    for theirs, ours in (
        (backbone.get_layer("backbone"), "backbone"),
        (backbone.feature_pyramid, "pyramid"),
        (task.box_head, "box_head"),
        (task.classification_head, "class_head"),
    ):
        theirs.set_weights(detector.model.get_layer(ours).get_weights())
    task.save_to_preset(output)


def image_converter(detector: Detector, description: Description) -> RetinaNetImageConverter:
    """Returns KerasHub's way from a picture to what the backbone takes, as near to ours as it gets."""
    architecture, side = detector.architecture, detector.image_size
    scale, offset = (values[0] if len(values) == 1 else values for values in (architecture.scale, architecture.offset))
    return RetinaNetImageConverter(
        image_size=(side, side),
        scale=scale,
        offset=offset,
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=description.resize == "letterbox",
        antialias=True,
    )
