"""Pictures in batches through an exported detector; those that cannot be read hold up no others."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import tensorflow as tf

from trainer.detection.exported_detector import ExportedDetector
from trainer.detection.finding import PictureFile
from trainer.detection.preparing import PictureError, Prepared, prepare
from trainer.detection.results import Detection, PictureResult


class Seen(NamedTuple):
    """A picture that was looked at."""

    picture: PictureFile
    prepared: Prepared
    result: PictureResult


class Unreadable(NamedTuple):
    """A picture that was not."""

    picture: PictureFile
    reason: str


def detect_all(
    detector: ExportedDetector, pictures: Sequence[PictureFile], min_score: float, batch_size: int
) -> Iterator[Seen | Unreadable]:
    """Yields each picture with what is on it, in their order.

    Args:
        detector: to be asked.
        pictures: to look at.
        min_score: detections with a lower score are left out.
        batch_size: pictures that are given to the detector at a time.
    """
    waiting = iter(pictures)
    with ThreadPoolExecutor(1) as ahead:  # reads the next batch while the detector is busy
        coming = ahead.submit(_read_all, list(islice(waiting, batch_size)))
        while batch := coming.result():
            coming = ahead.submit(_read_all, list(islice(waiting, batch_size)))
            yield from _detect(detector, batch, min_score)


def _read_all(pictures: Sequence[PictureFile]) -> list[tuple[PictureFile, Prepared | str]]:
    return [(picture, _read(picture)) for picture in pictures]


def _read(picture: PictureFile) -> Prepared | str:
    """Returns a picture, or why it cannot be read."""
    try:
        with open(picture.path, "rb") as file:
            data = file.read()
        return prepare(data)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    except PictureError as error:
        return str(error)


def _detect(
    detector: ExportedDetector, batch: Sequence[tuple[PictureFile, Prepared | str]], min_score: float
) -> Iterator[Seen | Unreadable]:
    encoded = [read.encoded for _, read in batch if isinstance(read, Prepared)]
    answers = iter(_ask(detector, encoded))
    for picture, read in batch:
        found = next(answers) if isinstance(read, Prepared) else read
        if isinstance(read, str) or isinstance(found, str):
            yield Unreadable(picture, str(found))
        else:
            kept = tuple(one for one in found if one.score >= min_score)
            yield Seen(picture, read, PictureResult(picture.name, read.width, read.height, kept))


def _ask(detector: ExportedDetector, encoded: Sequence[bytes]) -> list[tuple[Detection, ...] | str]:
    """Returns what is on each picture, or why TensorFlow does not read it: Pillow looked at its beginning only."""
    if not encoded:
        return []
    try:
        return list(detector.detect(encoded))
    except tf.errors.InvalidArgumentError as error:
        if len(encoded) > 1:
            return [answer for one in encoded for answer in _ask(detector, [one])]
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        return [f"TensorFlow cannot decode it: {_reason(said)}"]


def _reason(lines: Sequence[str]) -> str:
    """Returns the line that says what is wrong, of those that say where."""
    plain = [
        line for line in lines if not line.startswith(("Graph execution error", "Detected at node", "<stack", "[["))
    ]
    return plain[0].rstrip(".") if plain else lines[0]
