"""Detections drawn on pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from trainer import drawing
from trainer.drawing import draw_detections, read_picture
from trainer.evaluation.pictures import make_found, make_truth

GROUND = (120, 120, 120)


class Classes:
    """Of a detector."""

    class_names = ("dog", "cat", "a name that is much too long for a label")
    class_ids = (1, 2, 5)


def _picture(size=(400, 200), format="PNG"):
    file = io.BytesIO()
    Image.new("RGB", size, GROUND).save(file, format)
    return file.getvalue()


@pytest.fixture
def drawn(monkeypatch):
    """A function that draws and returns the boxes, as (label, remarks, whether it is thick), and ids of the labels."""
    seen = {}

    def note(_image, boxes, ids):
        seen["boxes"] = [(one.name, one.remarks, one.is_chosen) for one in boxes]
        seen["places"] = [one[1:5] for one in boxes]
        seen["ids"] = dict(ids)

    monkeypatch.setattr(drawing, "draw_boxes", note)

    def call(truth, found, **options):
        seen["image"] = draw_detections(_picture(), truth, found, Classes(), **options)
        return seen

    return call


A, B, C = (0, 0, 100, 100), (50, 200, 150, 300), (100, 300, 200, 400)


def test_detections_alone(drawn):
    found = make_found(1, [A, B, C], [0.9, 0.5, 0.49], [0, 2, 1])

    seen = drawn(None, found)

    assert seen["boxes"] == [("dog 0.90", (), True), ("a name that is much too l… 0.50", (), True)]
    assert seen["places"] == [(0.0, 0.0, 0.25, 0.5), (0.5, 0.25, 0.75, 0.75)]
    assert seen["ids"] == {"dog 0.90": 1, "a name that is much too l… 0.50": 5}
    assert [name for name, *_ in drawn(None, found, score=0.4)["boxes"]][2:] == ["cat 0.49"]


def test_detections_and_objects(drawn):
    crowd, nowhere = (0, 100, 50, 200), (100, 0, 200, 100)
    truth = make_truth(1, "a.jpg", (200, 400), [A, B, C, crowd], [0, 0, 1, 1], is_crowd=[0, 0, 0, 1])
    found = make_found(1, [A, B, nowhere, (0, 110, 40, 150)], [0.9, 0.8, 0.7, 0.6], [0, 1, 0, 1])

    seen = drawn(truth, found)

    assert seen["boxes"] == [
        ("dog 0.90", (), True),
        ("cat 0.80", ("not dog",), True),
        ("dog 0.70", ("false",), True),
        ("cat 0.60", (), False),
        ("dog", ("missed",), False),
        ("dog", ("missed",), False),
        ("cat", ("missed",), True),
        ("cat", ("missed",), False),
    ]
    veiled = np.asarray(seen["image"]) != GROUND
    assert veiled.any(axis=2)[100:, 300:].all()
    assert veiled.any(axis=2).sum() == 100 * 100


def test_what_is_below_the_score_finds_nothing(drawn):
    truth = make_truth(1, "a.jpg", (200, 400), [A], [0])

    assert drawn(truth, make_found(1, [A], [0.4], [0]))["boxes"] == [("dog", ("missed",), True)]


def test_boxes_that_are_no_numbers_are_left_out():
    truth = make_truth(1, "a.jpg", (200, 400), [(0, 0, np.nan, 9)], [0])

    image = draw_detections(_picture(), truth, make_found(1, [(0, np.nan, 3, 4)], [0.9], [1]), Classes())

    assert image.getcolors() == [(400 * 200, GROUND)]


def test_something_is_drawn():
    image = draw_detections(_picture(), None, make_found(1, [B], [0.9], [0]), Classes())

    assert (image.mode, image.size) == ("RGB", (400, 200))
    assert image.getpixel((199, 100)) != GROUND
    assert image.getpixel((250, 120)) == GROUND


@pytest.mark.parametrize(
    ("size", "drawn_size"),
    [((400, 200), (400, 200)), ((1000, 10), (480, 5)), ((2000, 1), (480, 1)), ((50, 40), (450, 360))],
)
def test_read_picture(size, drawn_size):
    image, own = read_picture(_picture(size), 480)

    assert (image.mode, image.size, own) == ("RGB", drawn_size, size)


@pytest.mark.parametrize("format", ["JPEG", "BMP", "GIF"])
def test_read_picture_of_other_formats(format):
    assert read_picture(_picture(format=format), 480)[1] == (400, 200)


def test_what_is_no_picture_is_refused(monkeypatch):
    for data in (b"", b"no picture", _picture()[:80], _picture(format="TIFF")):
        with pytest.raises(OSError, match=r"."):
            read_picture(data, 480)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(OSError, match="exceeds limit"):
        read_picture(_picture(), 480)
