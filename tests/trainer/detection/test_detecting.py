"""Pictures in batches: order, thresholds, and pictures that cannot be read."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import tensorflow as tf

from trainer.detection.detecting import Seen, Unreadable, detect_all
from trainer.detection.finding import PictureFile
from trainer.detection.preparing import prepare
from trainer.detection.results import Detection

from .made_exports import found_on
from .made_pictures import encoded, spotted, turned

REFUSED = encoded(spotted(20, 20))
NOT_DECODED = (
    "Graph execution error:\n\nDetected at node map/while/DecodeImage defined at (most recent call last):\n"
    "<stack traces unavailable>\njpeg::Uncompress failed. Invalid JPEG data or crop window.\n\t [[{{node map}}]] [Op:f]"
)


class Formula:
    """Finds the same on every picture, refuses one, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def detect(self, pictures: Sequence[bytes]) -> list[tuple[Detection, ...]]:
        self.asked.append(len(pictures))
        if REFUSED in pictures:
            raise tf.errors.InvalidArgumentError(None, None, NOT_DECODED)
        prepared = [prepare(data) for data in pictures]
        return [found_on(one.width, one.height) for one in prepared]


@pytest.fixture
def pictures(tmp_path: Path) -> list[PictureFile]:
    files = {
        "1.jpg": encoded(spotted(40, 30)),
        "2.jpg": b"no picture",
        "3.jpg": turned(spotted(40, 30), 6),
        "4.jpg": REFUSED,
        "5.png": encoded(spotted(8, 6), "PNG"),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    return [PictureFile(str(tmp_path / name), name) for name in (*files, "6.jpg")]


def told(one: Seen | Unreadable) -> tuple:
    if isinstance(one, Unreadable):
        return (one.picture.name, one.reason)
    assert one.result.name == one.picture.name
    assert (one.prepared.width, one.prepared.height) == (one.result.width, one.result.height)
    return (one.picture.name, one.result.width, one.result.height, one.result.detections)


@pytest.mark.parametrize(("size", "asked"), [(1, [1, 1, 1, 1]), (3, [2, 2, 1, 1]), (100, [4, 1, 1, 1, 1])])
def test_each_picture_comes_in_its_turn(size: int, asked: list[int], pictures: list[PictureFile]):
    detector = Formula()
    assert [told(one) for one in detect_all(detector, pictures, 0.1, size)] == [
        ("1.jpg", 40, 30, found_on(40, 30)),
        ("2.jpg", "it is no JPEG, PNG, BMP, GIF, TIFF or WebP"),
        ("3.jpg", 40, 30, found_on(40, 30)),
        ("4.jpg", "TensorFlow cannot decode it: jpeg::Uncompress failed. Invalid JPEG data or crop window"),
        ("5.png", 8, 6, found_on(8, 6)),
        ("6.jpg", "it cannot be read: No such file or directory"),
    ]
    assert detector.asked == asked


def test_detections_below_the_score_are_left_out(pictures: list[PictureFile]):
    [one] = detect_all(Formula(), pictures[:1], 0.5, 8)
    assert told(one) == ("1.jpg", 40, 30, found_on(40, 30)[:1])
    [one] = detect_all(Formula(), pictures[:1], 0.95, 8)
    assert told(one) == ("1.jpg", 40, 30, ())


def test_nothing_is_nothing():
    assert list(detect_all(Formula(), [], 0.5, 8)) == []
