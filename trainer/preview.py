"""Pictures as training sees them: on the square, augmented, with their boxes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from presentation.drawing.boxes import LabelledBox, draw_boxes
from trainer.augmentation.applying import PARTNERS, Sample, augment, needs_partners
from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.records import IGNORED, PADDING, parse_records
from trainer.input_pipeline.samples import decode_sample, parsed_samples
from trainer.input_pipeline.shards import shuffled_records
from trainer.settings import Settings

_MOST_SHUFFLED = 256
"""Records at a time: a sheet need not wait for a large buffer to fill."""


class Previewed(NamedTuple):
    """A picture as a network is given it."""

    caption: str
    """Its file name, or its source_id if it has none."""
    image: NDArray[np.uint8]
    """[size, size, 3]."""
    boxes: NDArray[np.float32]
    """[n, 4]: (ymin, xmin, ymax, xmax), as fractions of the square."""
    labels: NDArray[np.int32]
    """[n]: class from 0, or `IGNORED`."""


def preview(dataset: DatasetFolder, settings: Settings, count: int, variants: int = 0) -> list[Previewed]:
    """Returns some pictures of the training split, which the seed chooses, changed as training changes them.

    Variants of a picture are those of as many epochs, but for the partners of a mosaic.

    Args:
        dataset: where they are read from.
        settings: split, input, augmentation and seed.
        count: how many pictures; there are no more than the split has.
        variants: 0 for each picture changed once; else each is there as it is, and then changed so many times.

    Raises:
        TrainingError: there is no such split, or something is wrong with its records.
    """
    split = settings.training.split
    images = dataset.split(split).images
    with explained(dataset, split):
        captions, samples = _read(dataset, settings, min(count, images) + PARTNERS)
    shown = []
    change = _changing(settings, samples)
    for place in range(len(samples) - PARTNERS):
        if variants:
            shown.append(_previewed(samples[place], captions[place]))
        changed = (change(place, place + epoch * images) for epoch in range(variants or 1))
        shown += [_previewed(sample, captions[place]) for sample in changed]
    return shown


def draw_preview(one: Previewed, dataset: DatasetFolder, long_side: int) -> Image.Image:
    """Draws the boxes on a picture; regions to ignore are thin and without a label.

    Args:
        one: the picture.
        dataset: names and ids of the classes.
        long_side: of the drawing, in pixels; smaller pictures are enlarged by a whole number.
    """
    image = Image.fromarray(one.image)
    if image.width > long_side:
        image = image.resize((long_side, long_side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    else:
        side = image.width * (long_side // image.width)
        image = image.resize((side, side), Image.Resampling.NEAREST)
    boxes = [
        LabelledBox(
            "" if label == IGNORED else dataset.class_names[label], xmin, ymin, xmax, ymax, is_chosen=label != IGNORED
        )
        for label, (ymin, xmin, ymax, xmax) in zip(one.labels.tolist(), one.boxes.tolist(), strict=True)
    ]
    draw_boxes(image, boxes, dict(zip(dataset.class_names, dataset.class_ids, strict=True)))
    return image


def _read(dataset: DatasetFolder, settings: Settings, count: int) -> tuple[list[str], list[Sample]]:
    """Returns captions and unchanged samples of the first pictures of the stream."""
    split = settings.training.split
    buffer = min(settings.input.shuffle_buffer, _MOST_SHUFFLED)
    stream = shuffled_records(dataset.shard_paths(split), dataset.split(split).images, buffer, settings.seed)
    serialized = next(iter(stream.batch(count)))
    parsed = parse_records(serialized)
    captions = [
        name.decode("utf-8", "replace") or f"source_id {number}"
        for name, number in zip(parsed["filenames"].numpy(), parsed["source_ids"].numpy(), strict=True)
    ]
    records = tf.data.Dataset.from_tensor_slices(serialized)
    samples = parsed_samples(records, dataset.class_ids, settings.input)
    return captions, [decode_sample(one, settings.input) for one in samples]


def _changing(settings: Settings, samples: Sequence[Sample]) -> Any:
    """Returns a function that augments the sample at a place as training does at a position of its stream."""
    count = PARTNERS if needs_partners(settings.augmentation) else 0

    @tf.function(autograph=False)
    def change(key: tf.Tensor, sample: Sample, partners: Sequence[Sample]) -> Sample:
        return augment(sample, key, settings.augmentation, partners)

    return lambda place, position: change(
        tf.constant([settings.seed, position % 2**31]), samples[place], samples[place + 1 : place + 1 + count]
    )


def _previewed(sample: Sample, caption: str) -> Previewed:
    labels = sample["labels"].numpy()
    there = labels != PADDING
    return Previewed(caption, sample["image"].numpy(), sample["boxes"].numpy()[there], labels[there])
