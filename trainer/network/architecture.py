"""What a detector is but its weights, as numbers and names that a file holds."""

from typing import Any

from trainer.settings import AnchorSettings, Section


class Architecture(Section):
    """All that `assembly.assemble` needs: neither a preset's folder nor the network is read again."""

    backbone: str
    """Under which name Keras knows its class."""
    backbone_config: dict[str, Any]
    """What its class is made from; without image size and precision, which are not its own."""
    scale: tuple[float, ...]
    """Pixels (0–255) times scale plus offset are what the backbone takes; one number, or one a channel."""
    offset: tuple[float, ...]
    image_size: int
    levels: tuple[int, int]
    """First and last level of the pyramid."""
    width: int
    """Channels of the pyramid and of the heads."""
    head_layers: int
    """Convolutions of a head before its last."""
    group_norm: bool
    """Whether each of them has a GroupNorm."""
    coarse_from_backbone: bool
    """Whether the first level above the backbone's last is made from the backbone's, not from the pyramid's."""
    anchors: AnchorSettings
    class_count: int
    pretrained: bool
    """Whether the backbone comes from a preset: its BatchNorms then stay as they are."""
    frozen_levels: int
    """Levels of the backbone, from the picture on, that are not trained."""
