"""From settings to a detector, and from what a run keeps of one."""

from trainer.failures import TrainingError
from trainer.network.anchors import anchors_for
from trainer.network.architecture import Architecture
from trainer.network.assembly import Network, assemble
from trainer.network.detector import Detector
from trainer.network.initialisation import initialise_from_scratch
from trainer.network.presets import SMALL, load_preset
from trainer.network.transfer import architecture_of_preset, take_over
from trainer.settings import AnchorSettings, ModelSettings


def build_detector(model: ModelSettings, image_size: int, class_count: int, seed: int) -> Detector:
    """Builds a detector that is ready to be trained.

    Its weights are a function of the arguments alone (and of the preset), whatever was built before.

    Args:
        model: the settings; `anchors` 'auto' stands for a preset's own, or for the default of `AnchorSettings`.
        image_size: side of the square that it sees, in pixels.
        class_count: number of classes, without the background.
        seed: of the weights that no preset gives.

    Raises:
        TrainingError: the settings do not go together, or the preset cannot be had.
    """
    if model.preset == SMALL:
        architecture = _small(model, image_size, class_count)
        network = assemble(architecture)
        initialise_from_scratch(network, seed)
    else:
        preset = load_preset(model.preset)
        architecture = architecture_of_preset(preset, model, image_size, class_count)
        network = assemble(architecture)
        take_over(preset, network, architecture.anchors, seed)
    return _detector(network, architecture)


def rebuild(description: str) -> Detector:
    """Builds a detector from what `describe` returned; its weights are still to be set."""
    architecture = Architecture.model_validate_json(description)
    return _detector(assemble(architecture), architecture)


def describe(detector: Detector) -> str:
    """Returns JSON of all that a detector is but its weights."""
    return detector.architecture.model_dump_json(indent=2) + "\n"


def _small(model: ModelSettings, image_size: int, class_count: int) -> Architecture:
    """Returns a residual network of the settings' own sizes (He et al., Deep Residual Learning)."""
    if model.freeze_levels:
        raise TrainingError(
            f"model.freeze_levels {model.freeze_levels} freezes a preset's backbone, and model.preset 'small' has "
            "none: set it to 0"
        )
    if model.filters[0] != 64:
        raise TrainingError(f"model.filters {list(model.filters)} begin with {model.filters[0]}: the first must be 64")
    # A stage above the last level of the pyramid would be built for nothing; the first stage is level 2.
    filters = model.filters[: model.levels[1] - 1]
    config = {
        "input_conv_filters": [64],
        "input_conv_kernel_sizes": [7],
        "stackwise_num_filters": list(filters),
        "stackwise_num_blocks": [model.blocks] * len(filters),
        "stackwise_num_strides": [1] + [2] * (len(filters) - 1),
        "block_type": "basic_block",
    }
    return Architecture(
        backbone="keras_hub>ResNetBackbone",
        backbone_config=config,
        scale=(1 / 127.5,),
        offset=(-1.0,),
        image_size=image_size,
        levels=model.levels,
        width=model.width,
        head_layers=model.head_layers,
        group_norm=True,
        coarse_from_backbone=False,
        anchors=AnchorSettings() if model.anchors == "auto" else model.anchors,
        class_count=class_count,
        pretrained=False,
        frozen_levels=0,
    )


def _detector(network: Network, architecture: Architecture) -> Detector:
    return Detector(
        model=network.model,
        anchors=anchors_for(architecture.anchors, architecture.levels, architecture.image_size),
        image_size=architecture.image_size,
        backbone_variables=tuple(network.stages.trainable_variables) if architecture.pretrained else (),
        anchor_settings=architecture.anchors,
        architecture=architecture,
    )
