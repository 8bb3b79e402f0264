"""What a training run is told: every value of a file in `configs/training`, typed, bounded, with its default.

Sizes are pixels of the square that the network sees, boxes are (ymin, xmin, ymax, xmax).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from trainer.augmentation.settings import Colour, Flip, Operation, ScaleJitter

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section of the settings. Unknown keys are refused; values do not change once they are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


class InputSettings(Section):
    """From shards to batches."""

    image_size: Annotated[int, Field(ge=32, le=4096)] = 512
    """Side of the square that the network sees."""
    resize: Literal["letterbox", "stretch"] = "letterbox"
    """'letterbox' keeps the picture's proportions and pads below or to the right; 'stretch' does not."""
    batch_size: Count = 8
    """Pictures of a step, on all devices and machines together."""
    max_boxes: Count = 100
    """Boxes of a picture while training; more are dropped, counted and told."""
    difficult: Literal["train", "ignore"] = "train"
    """Whether objects marked as difficult are trained on, or are neither object nor background."""
    shuffle_buffer: Count = 2048
    """Pictures that are shuffled at a time."""
    cache: Literal["auto", "memory", "none"] = "auto"
    """Whether decoded pictures are kept in memory; 'auto' where they take at most a quarter of what is free."""
    parallel_calls: Annotated[int, Field(ge=0)] = 0
    """Threads that decode; 0 leaves it to tf.data."""


class AnchorSettings(Section):
    """Boxes from which the network measures. Their sides are size × 2^level × 2^(i / scales) at ratio 1."""

    size: Positive = 4.0
    """Side of the smallest anchor of a level, in cells of the level (of 2^level pixels)."""
    scales: Annotated[int, Field(ge=1, le=8)] = 3
    """Sizes in an octave."""
    ratios: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=9)] = (0.5, 1.0, 2.0)
    """Height divided by width."""


class ModelSettings(Section):
    """The network."""

    preset: str = "small"
    """'small': from scratch, as the values below say. Else a preset of KerasHub by name, of a RetinaNet or of a
    backbone, or a folder that holds one."""
    filters: Annotated[tuple[Annotated[int, Field(ge=8)], ...], Field(min_length=3, max_length=6)] = (64, 64, 128, 128)
    """Of each stage of the small network's ResNet; the first must be 64."""
    blocks: Count = 1
    """Residual blocks of a stage."""
    width: Annotated[int, Field(ge=32, multiple_of=32)] = 64
    """Channels of the pyramid and the heads; a RetinaNet's preset has its own (256)."""
    head_layers: Annotated[int, Field(ge=1, le=8)] = 1
    """Convolutions of a head before its last; a RetinaNet's preset has its own."""
    levels: tuple[Annotated[int, Field(ge=2, le=7)], Annotated[int, Field(ge=2, le=8)]] = (3, 4)
    """First and last level of the pyramid; level l has cells of 2^l pixels. A RetinaNet's preset has its own; with the
    preset of a backbone [3, 7] is usual."""
    anchors: Literal["auto"] | AnchorSettings = "auto"
    """'auto': fitted to the boxes of the training split, or those of the preset."""
    freeze_levels: Annotated[int, Field(ge=0, le=5)] = 0
    """Of a preset's backbone: so many levels, from the picture on, stay as they are; level 2 of a ResNet is its first
    stage."""

    @model_validator(mode="after")
    def _check_levels(self) -> "ModelSettings":
        if self.levels[0] > self.levels[1]:
            raise ValueError(f"levels {list(self.levels)}: the first is above the last")
        return self


class LossSettings(Section):
    """Focal loss of the classes, Huber loss of the boxes, matching of anchors with objects."""

    focal_alpha: Share = 0.25
    """Weight of anchors that are to find an object; the others have the rest."""
    focal_gamma: Annotated[float, Field(ge=0)] = 1.5
    """How little the anchors count that are right already."""
    box_weight: Positive = 50.0
    """Of the boxes' loss beside the classes'."""
    huber_delta: Positive = 0.1
    """Up to it the boxes' loss is quadratic, beyond it linear."""
    positive_iou: Share = 0.5
    """Anchors that overlap an object so far are trained to find it."""
    negative_iou: Share = 0.4
    """Anchors that overlap every object less are background; between the two they are left alone."""

    @model_validator(mode="after")
    def _check_overlaps(self) -> "LossSettings":
        if self.negative_iou > self.positive_iou:
            raise ValueError(f"negative_iou {self.negative_iou} is above positive_iou {self.positive_iou}")
        return self


class OptimizerSettings(Section):
    """How the loss becomes steps."""

    name: Literal["muon", "adamw", "sgd"] = "muon"
    """'muon': Muon for the kernels of convolutions, Adam for all else."""
    learning_rate: Positive = 0.005
    """The highest."""
    warmup_steps: Annotated[int, Field(ge=0)] = 50
    """Steps in which the rate rises from a tenth."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """After the warm-up: to 0 at the last step, or as it is."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Decoupled: times the learning rate, each step. Norms and biases have none."""
    momentum: Share = 0.9
    """Of SGD."""
    clip_norm: Annotated[float, Field(ge=0)] = 1.0
    """Largest norm of all gradients together; 0: not clipped."""
    accumulate: Count = 1
    """Batches whose gradients make one step."""
    backbone_rate: Share = 1.0
    """Factor of the learning rate for a preset's backbone."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the running mean of the weights that is evaluated and exported; 0: none."""


class TrainingSettings(Section):
    """How long, on what, and what is kept."""

    split: str = "train"
    """What is trained on."""
    steps: Count = 1000
    """Of the whole run."""
    evaluate_every: Annotated[int, Field(ge=0)] = 0
    """Steps between evaluations; 0: only at the end."""
    checkpoint_every: Count = 500
    """Steps between checkpoints; each evaluation writes one too."""
    keep_checkpoints: Count = 2
    """Of the latest; the best weights are kept beside them."""
    log_every: Count = 20
    """Steps between lines of the CSV and points of TensorBoard."""
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = "auto"
    """'auto': mixed_bfloat16 where the machine is fast with it."""
    xla: Literal["auto"] | bool = "auto"
    """'auto': on GPUs."""
    distribution: Literal["auto", "one_device", "mirrored", "multi_worker"] = "auto"
    """'auto': several machines if TF_CONFIG names them, all GPUs of this machine, or one device."""
    require_gpu: bool = False
    """Whether to refuse a machine without a GPU."""


class DecodingSettings(Section):
    """From the network's output to boxes: the best candidates, non-maximum suppression, voting."""

    score_threshold: Share = 0.05
    """Detections below it are left out."""
    candidates: Count = 1000
    """Anchors of a picture that are considered."""
    nms_iou: Share = 0.5
    """Boxes of one class that overlap a better one so far are left out."""
    max_detections: Count = 100
    """Of a picture."""
    voting_iou: Share = 0.6
    """Each box becomes the mean of its class's candidates that overlap it so far; 1: as it is."""
    voting_power: Annotated[float, Field(ge=0)] = 3.0
    """Their weights are their scores to this power."""


class EvaluationSettings(Section):
    """What the detector is measured on."""

    split: str = "auto"
    """'auto': validation, else valid, val, eval or test."""
    batch_size: Count = 16
    """Pictures at a time."""
    max_pictures: Annotated[int, Field(ge=0)] = 0
    """While training; 0: all of the split."""


class Settings(Section):
    """Everything a training run is told."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Of the weights, the order of the pictures and their augmentation: another seed, another run."""
    input: InputSettings = InputSettings()
    augmentation: tuple[Operation, ...] = (
        Flip(),
        ScaleJitter(probability=1.0, scale=(0.7, 1.3)),
        Colour(probability=0.5),
    )
    """In the order in which they are applied."""
    model: ModelSettings = ModelSettings()
    loss: LossSettings = LossSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    training: TrainingSettings = TrainingSettings()
    decoding: DecodingSettings = DecodingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()

    @model_validator(mode="after")
    def _check_together(self) -> "Settings":
        last = self.model.levels[1]
        if self.model.preset == "small" and self.input.image_size % 32:
            raise ValueError(f"input.image_size {self.input.image_size} is no multiple of 32")
        if self.input.image_size < 2**last:
            raise ValueError(f"input.image_size {self.input.image_size} is below a cell of level {last} ({2**last})")
        if self.optimizer.warmup_steps >= self.training.steps and self.optimizer.schedule == "cosine":
            raise ValueError(
                f"optimizer.warmup_steps {self.optimizer.warmup_steps} leaves nothing of training.steps "
                f"{self.training.steps}"
            )
        return self
