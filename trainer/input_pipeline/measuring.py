"""How many pictures a second the parts of the input pipeline make."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from data_contract import features as keys
from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.caching import resolve_cache
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.input_pipeline.shards import records
from trainer.input_pipeline.tracing import as_written
from trainer.input_pipeline.training import training_batches
from trainer.settings import InputSettings, Settings

_ROUNDS = 3
_WARM_UP = 0.3
"""Share of a round's seconds that is not measured: threads start, tf.data tunes itself."""

Make = Callable[[], tf.data.Dataset]


class Rate(NamedTuple):
    """What one way of reading does.

    Args:
        name: for a person.
        images: pictures a second, in the best of some rounds.
        milliseconds: of processor time for a picture, in the round that took the least.
    """

    name: str
    images: float
    milliseconds: float


def measure_input(dataset: DatasetFolder, settings: Settings, seconds: float) -> Iterator[Rate]:
    """Measures the bare decoder, and the pipeline, of the split `settings.training.split`.

    Everything is measured in turn and some times over, since machines have other things to do, too.

    Args:
        dataset: whose pictures are read.
        settings: as for training.
        seconds: for each way of reading, all rounds together.

    Yields:
        The rates, when all are measured; the first two are the bare decoder alone, and with its scaling and batching.

    Raises:
        TrainingError: records or pictures are damaged.
    """
    split = settings.training.split
    batch = settings.input.batch_size
    with explained(dataset, split):
        made = [(name, make()) for name, make in _ways(dataset, settings)]
        rounds = [[_one_round(way, batch, seconds / _ROUNDS) for _, way in made] for _ in range(_ROUNDS)]
    for (name, _), rates in zip(made, zip(*rounds, strict=True), strict=True):
        yield Rate(name, max(images for images, _ in rates), min(milliseconds for _, milliseconds in rates))


def _ways(dataset: DatasetFolder, settings: Settings) -> Iterator[tuple[str, Make]]:
    """Yields names and makers of endless streams of batches."""
    paths = dataset.shard_paths(settings.training.split)
    size, resize = settings.input.image_size, settings.input.resize
    yield "decode", lambda: _bare(paths, lambda encoded: tf.shape(_decode(encoded)), settings.input)
    yield (
        "decode and scale",
        lambda: _bare(paths, lambda encoded: decode_on_canvas(encoded, size, resize)[0], settings.input),
    )
    with_cache = ["none", "memory"] if _fits(dataset, settings) else ["none"]
    for cache in with_cache:
        for operations in ((), settings.augmentation) if settings.augmentation else ((),):
            name = f"{'memory' if cache == 'memory' else 'pipeline'}{' + augmentation' if operations else ''}"
            given = settings.model_copy(
                update={"augmentation": operations, "input": settings.input.model_copy(update={"cache": cache})}
            )
            yield name, lambda given=given: training_batches(dataset, given)  # type: ignore[misc]


def _fits(dataset: DatasetFolder, settings: Settings) -> bool:
    auto = settings.model_copy(update={"input": settings.input.model_copy(update={"cache": "auto"})})
    return resolve_cache(dataset, auto) == "memory"


def _decode(encoded: tf.Tensor) -> tf.Tensor:
    return tf.io.decode_image(encoded, channels=3, expand_animations=False)


def _bare(paths: Sequence[str], make: Callable[[tf.Tensor], tf.Tensor], settings: InputSettings) -> tf.data.Dataset:
    """Returns batches of what is made of each picture, and of nothing else of its record, in the order of the files."""
    features = {keys.IMAGE_ENCODED: tf.io.FixedLenFeature([], tf.string)}

    @as_written
    def read(record: tf.Tensor) -> tf.Tensor:
        return make(tf.io.parse_single_example(record, features)[keys.IMAGE_ENCODED])

    made = records(paths).repeat().map(read, num_parallel_calls=settings.parallel_calls or tf.data.AUTOTUNE)
    return made.batch(settings.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _one_round(batches: tf.data.Dataset, batch: int, seconds: float) -> tuple[float, float]:
    """Returns pictures a second, and milliseconds of processor time a picture."""
    iterator = iter(batches)
    warm = time.perf_counter() + _WARM_UP * seconds
    next(iterator)
    while time.perf_counter() < warm:
        next(iterator)
    began, worked, pictures = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < began + (1 - _WARM_UP) * seconds or not pictures:
        next(iterator)
        pictures += batch
    taken, worked = time.perf_counter() - began, time.process_time() - worked
    return pictures / taken, 1000 * worked / pictures
