"""A detector's weights evaluated on a split: figures, and the worst pictures drawn."""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf
from PIL import Image

from trainer.dataset_folder import DatasetFolder
from trainer.decoding import Detections, detect_on_canvas
from trainer.drawing import draw_detections
from trainer.evaluation.collecting import collect
from trainer.evaluation.matching import match_all
from trainer.evaluation.metrics import measure
from trainer.evaluation.mistakes import worst
from trainer.evaluation.page import Drawing
from trainer.evaluation.pictures import Found, Truth
from trainer.evaluation.result import Evaluation
from trainer.failures import TrainingError
from trainer.input_pipeline.evaluation import evaluation_batches
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.pictures import read_pictures
from trainer.run_folder import RunFolder, Which
from trainer.settings import Settings

_MOST_DRAWN = 24
_QUALITY = 80


class Evaluated(NamedTuple):
    """What an evaluation makes."""

    evaluation: Evaluation
    drawings: list[Drawing]
    """Of `evaluation.worst`."""


def evaluate(
    run: RunFolder,
    dataset: DatasetFolder,
    settings: Settings,
    which: Which,
    progress: Callable[[int], None] = lambda _: None,
) -> Evaluated:
    """Evaluates the detector of a run on all pictures of a split.

    Args:
        run: whose weights are evaluated.
        dataset: with the classes of the run.
        settings: of the run; the sections `decoding` and `evaluation` may be others.
        which: of its weights.
        progress: is told how many pictures are done.

    Raises:
        TrainingError: the data or the run are not as they should be.
    """
    run.check_classes(dataset)
    split = dataset.evaluation_split(settings.evaluation.split)
    detector = run.load_detector(which)
    detect = detect_on_canvas(detector, settings.decoding)
    truths, founds = collect_split(detect, dataset, split, settings, progress=progress)
    matchings = match_all(truths, founds)
    metrics = measure(truths, founds, dataset.class_names, matchings)
    score = metrics.confusion.score
    mistakes = worst(truths, founds, matchings, score, _MOST_DRAWN)
    evaluation = Evaluation(
        split=split,
        checkpoint=which,
        step=run.step_of(which),
        dataset_sha256=dataset.sha256,
        image_size=detector.image_size,
        resize=settings.input.resize,
        decoding=settings.decoding.model_dump(mode="json"),
        class_ids=dataset.class_ids,
        metrics=metrics,
        worst=tuple(mistakes),
        was_trained_on=split == settings.training.split,
    )
    encoded = read_pictures(dataset, split, [one.source_id for one in mistakes]) if mistakes else {}
    drawings = [
        _draw(encoded.get(one.source_id), truths[one.picture], founds[one.picture], dataset, score) for one in mistakes
    ]
    return Evaluated(evaluation, drawings)


def collect_split(
    detect: Callable[[tf.Tensor], Detections],
    dataset: DatasetFolder,
    split: str,
    settings: Settings,
    *,
    progress: Callable[[int], None] = lambda _: None,
    most: int | None = None,
) -> tuple[list[Truth], list[Found]]:
    """Runs a detector over a split.

    Args:
        detect: as `decoding.detect_on_canvas` makes it.
        dataset: with the split.
        split: its name.
        settings: `input` and `evaluation` are used.
        progress: is told how many pictures are done.
        most: pictures to look at; None for all.

    Raises:
        TrainingError: the device is too small for the batches, or the records cannot be read.
    """
    size = settings.evaluation.batch_size
    batches = evaluation_batches(dataset, split, settings, size)
    if most:
        batches = batches.unbatch().take(most).batch(size)
    try:
        return collect(
            _read(batches, dataset, split), detect, settings.input.image_size, settings.input.resize, progress
        )
    except tf.errors.ResourceExhaustedError:
        raise TrainingError(
            f"the device ran out of memory with evaluation.batch_size {size}: take a smaller one"
        ) from None


def _read(batches: tf.data.Dataset, dataset: DatasetFolder, split: str) -> Iterator[Any]:
    """Yields batches; what goes wrong while they are read is told with the record."""
    iterator = iter(batches)
    while True:
        with explained(dataset, split):
            batch = next(iterator, None)
        if batch is None:
            return
        yield batch


def draw_pictures(
    seen: Sequence[tuple[Truth, Found]], dataset: DatasetFolder, split: str, score: float
) -> list[Image.Image | None]:
    """Draws what is on some pictures and what is found there; None for one that cannot be drawn."""
    encoded = read_pictures(dataset, split, [truth.source_id for truth, _ in seen])
    drawn: list[Image.Image | None] = []
    for truth, found in seen:
        try:
            drawn.append(draw_detections(encoded[truth.source_id], truth, found, dataset, score=score))
        except (KeyError, OSError):
            drawn.append(None)
    return drawn


def _draw(encoded: bytes | None, truth: Truth, found: Found, dataset: DatasetFolder, score: float) -> Drawing:
    if encoded is None:
        return Drawing(0, 0, b"", "cannot be drawn: it is not there any more")
    try:
        image = draw_detections(encoded, truth, found, dataset, score=score)
    except OSError as error:
        return Drawing(0, 0, b"", f"cannot be drawn: {error}")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return Drawing(image.width, image.height, file.getvalue())
