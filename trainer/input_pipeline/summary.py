"""What training will see of the boxes, counted before the first step, without decoding a picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from presentation.wording import counted, printable
from trainer.augmentation.applying import PARTNERS, needs_partners
from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.letterbox import boxes_to_canvas
from trainer.input_pipeline.records import IGNORED, parse_records, training_labels
from trainer.input_pipeline.shards import first_records
from trainer.input_pipeline.tracing import as_written
from trainer.settings import Settings

_MOST_PICTURES = 20_000
_MOST_BYTES = 4 * 2**30
_BATCH = 64
_MOSAICS = 100_000
"""That are drawn."""


@dataclass(frozen=True, eq=False)
class InputSummary:
    """The pictures of the training split, and what becomes of their boxes.

    Args:
        pictures: in the split, as its manifest says.
        boxes: likewise.
        boxes_of: class name -> boxes, in the order of the classes.
        looked_at: pictures that the following is about: all, or the first of each shard.
        dropped: boxes beyond `max_boxes`.
        crowded: pictures that they are on.
        ignored: boxes that are neither objects nor background: crowds, and difficult ones if so wished.
        without_room: share of the boxes of four pictures, met in a mosaic, that `max_boxes` leaves out at the most; 0
            without mosaics.
        tiny: boxes to train on of less than a pixel of the square in height or width.
        sides: float32 [n, 2]: height and width of the boxes to train on, in pixels of the square.
        labels: int32 [n]: their classes, from 0.
        max_boxes: see `InputSettings`.
        image_size: likewise.
    """

    pictures: int
    boxes: int
    boxes_of: Mapping[str, int]
    looked_at: int
    dropped: int
    crowded: int
    without_room: float
    ignored: int
    tiny: int
    sides: np.ndarray
    labels: np.ndarray
    max_boxes: int
    image_size: int

    def lines(self) -> list[str]:
        """Returns what a person is told: what there is, and what is thrown away of it."""
        told = [f"{counted(self.pictures, 'picture')} to train on, {_boxes(self.boxes)}"]
        without = [name for name, boxes in self.boxes_of.items() if not boxes]
        if without:
            told.append(f"no box of {printable(', '.join(without))}: the detector cannot learn what has none")
        lost = self._lost()
        if lost and self.looked_at < self.pictures:
            told.append(f"of {self.looked_at:,} pictures that were looked at:")
        return told + lost

    def _lost(self) -> list[str]:
        lost = []
        if self.dropped:
            lost.append(
                f"{_boxes(self.dropped)} beyond input.max_boxes {self.max_boxes} dropped "
                f"({counted(self.crowded, 'picture')}; the largest boxes stay)"
            )
        if self.without_room:
            lost.append(
                f"up to {self.without_room:.1%} of the boxes of mosaics dropped: four pictures have more than "
                f"input.max_boxes {self.max_boxes} (the largest boxes stay)"
            )
        if self.ignored:
            lost.append(f"{_boxes(self.ignored)} of crowds or difficult objects: neither objects nor background")
        if self.tiny:
            lost.append(f"{_boxes(self.tiny)} smaller than a pixel at input.image_size {self.image_size}")
        return lost


def _boxes(number: int) -> str:
    return counted(number, "box", "boxes")


def summarise_input(dataset: DatasetFolder, settings: Settings) -> InputSummary:
    """Reads the boxes of the training split: of all its pictures, or of the first of each shard if it is large.

    Args:
        dataset: a finished one.
        settings: `training.split`, `input` and `augmentation` are used.

    Raises:
        TrainingError: the split is missing or empty, a record is damaged, or has a label that is not in the label map.
    """
    name = settings.training.split
    split = dataset.split(name)
    looked_at = _looked_at(split.images, split.bytes)
    with explained(dataset, name):
        parts = list(_parts(dataset, settings, looked_at))
    together = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    trained = together["labels"] != IGNORED
    over = np.maximum(together["counts"] - settings.input.max_boxes, 0)
    return InputSummary(
        pictures=split.images,
        boxes=sum(split.boxes.values()),
        boxes_of={one: split.boxes.get(one, 0) for one in dataset.class_names},
        looked_at=len(together["counts"]),
        dropped=int(over.sum()),
        crowded=int((over > 0).sum()),
        without_room=_without_room(together["counts"], settings),
        ignored=int((~trained).sum()),
        tiny=int((together["sides"][trained].min(axis=1, initial=np.inf) < 1).sum()),
        sides=together["sides"][trained],
        labels=together["labels"][trained],
        max_boxes=settings.input.max_boxes,
        image_size=settings.input.image_size,
    )


def _without_room(counts: np.ndarray, settings: Settings) -> float:
    """Returns the share of boxes that have no room in mosaics of four pictures, drawn again and again."""
    if not needs_partners(settings.augmentation):
        return 0.0
    most = settings.input.max_boxes
    drawn = np.random.default_rng(0).choice(np.minimum(counts, most), (_MOSAICS, 1 + PARTNERS)).sum(axis=1)
    return float(np.maximum(drawn - most, 0).sum() / max(1, drawn.sum()))


def _looked_at(pictures: int, size: int) -> int:
    return min(pictures, _MOST_PICTURES, max(1, _MOST_BYTES * pictures // max(size, 1)))


def _parts(dataset: DatasetFolder, settings: Settings, most: int) -> Iterator[dict[str, Any]]:
    """Yields, batch by batch, counts [b] of boxes of each picture, and sides [n, 2] and labels [n] of all."""

    @as_written
    def measure(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = parse_records(serialized)
        boxes = parsed["boxes"]
        sizes = tf.gather(parsed["original_sizes"], boxes.value_rowids())
        size, resize = settings.input.image_size, settings.input.resize
        flat = boxes_to_canvas(boxes.flat_values[:, tf.newaxis], sizes, size, resize)[:, 0]
        return {
            "counts": boxes.row_lengths(),
            "sides": (flat[:, 2:] - flat[:, :2]) * float(size),
            "labels": training_labels(parsed, dataset.class_ids, settings.input.difficult == "ignore").flat_values,
        }

    split = dataset.split(settings.training.split)
    counts = [shard.examples for shard in split.shards if shard.examples]
    records = first_records(dataset.shard_paths(settings.training.split), counts, most / split.images)
    calls = settings.input.parallel_calls or tf.data.AUTOTUNE
    yield from records.batch(_BATCH).map(measure, num_parallel_calls=calls).as_numpy_iterator()
