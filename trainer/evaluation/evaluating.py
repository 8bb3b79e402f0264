"""A detector's weights evaluated on a split: figures, and the worst pictures drawn."""

import io
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.dataset_folder import DatasetFolder
from trainer.decoding import detect_on_canvas
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
from trainer.input_pipeline.pictures import read_pictures
from trainer.run_folder import WEIGHTS, RunFolder, Which, dataset_sha256
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
    batches = evaluation_batches(dataset, split, settings, settings.evaluation.batch_size)
    detect = detect_on_canvas(detector, settings.decoding)
    try:
        truths, founds = collect(batches, detect, detector.image_size, settings.input.resize, progress)
    except tf.errors.ResourceExhaustedError:
        size = settings.evaluation.batch_size
        raise TrainingError(
            f"the device ran out of memory with evaluation.batch_size {size}: take a smaller one"
        ) from None
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        reason = str(error.message).partition("\n")[0][:200]
        raise TrainingError(
            f"split '{split}' of {dataset.path} cannot be read ({reason}): `shardbox verify {dataset.path}` tells more"
        ) from None
    matchings = match_all(truths, founds)
    metrics = measure(truths, founds, dataset.class_names, matchings)
    score = metrics.confusion.score
    mistakes = worst(truths, founds, matchings, score, _MOST_DRAWN)
    evaluation = Evaluation(
        split,
        which,
        _step(run, which),
        dataset_sha256(dataset),
        detector.image_size,
        settings.input.resize,
        settings.decoding.model_dump(mode="json"),
        dataset.class_ids,
        metrics,
        tuple(mistakes),
        split == settings.training.split,
    )
    encoded = read_pictures(dataset, split, [one.source_id for one in mistakes]) if mistakes else {}
    drawings = [
        _draw(encoded.get(one.source_id), truths[one.picture], founds[one.picture], dataset, score) for one in mistakes
    ]
    return Evaluated(evaluation, drawings)


def _step(run: RunFolder, which: Which) -> int | None:
    """Returns the step after which weights were kept; None if that is not known."""
    try:
        with open(run.file(WEIGHTS, f"{which}.json"), encoding="utf-8") as file:
            told: Any = json.load(file)
        return int(told["step"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
