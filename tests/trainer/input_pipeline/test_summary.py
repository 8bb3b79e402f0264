"""What is told of the boxes before training."""

import math

import numpy as np
import pytest

from tests.trainer.made_datasets import Thing, drawn_picture, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline import summary
from trainer.input_pipeline.summary import summarise_input
from trainer.settings import Settings

SQUARE = Thing("square", (0.0, 0.0, 0.5, 0.25))
TINY = Thing("circle", (0.0, 0.0, 0.01, 0.5))
PICTURES = [
    drawn_picture(1, (64, 64))._replace(things=(SQUARE, Thing("circle", (0.0, 0.0, 1.0, 1.0), is_crowd=1))),
    drawn_picture(2, (80, 40))._replace(things=()),
    drawn_picture(3, (80, 40))._replace(things=(Thing("circle", (0.0, 0.0, 1.0, 0.5), difficult=1), SQUARE, SQUARE)),
    drawn_picture(4, (64, 64))._replace(things=(TINY, TINY._replace(is_crowd=1))),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(str(write_dataset(tmp_path_factory.mktemp("made"), {"train": PICTURES}, shards=2)))


def told(**of_input):
    return Settings.model_validate({"input": {"image_size": 64, **of_input}})


def test_what_training_sees_and_what_it_does_not(dataset):
    actual = summarise_input(dataset, told(max_boxes=2, difficult="ignore"))
    assert (actual.pictures, actual.boxes, actual.looked_at) == (4, 7, 4)
    assert dict(actual.boxes_of) == {"circle": 4, "square": 3, "triangle": 0}
    assert (actual.dropped, actual.crowded, actual.ignored, actual.tiny) == (1, 1, 3, 1)
    assert actual.lines() == [
        "4 pictures to train on, 7 boxes",
        "no box of triangle: the detector cannot learn what has none",
        "1 box beyond input.max_boxes 2 dropped (1 picture; the largest boxes stay)",
        "3 boxes of crowds or difficult objects: neither objects nor background",
        "1 box smaller than a pixel at input.image_size 64",
    ]


def test_boxes_that_mosaics_have_no_room_for(dataset):
    """The pictures have 2, 0, 3 and 2 boxes, of which 2, 0, 2 and 2 are left: four draws of these, 2 kept of them."""
    with_mosaics = Settings.model_validate(
        {"input": {"image_size": 64, "max_boxes": 2}, "augmentation": [{"name": "mosaic", "probability": 0.5}]}
    )
    drawn = [(2 * times, math.comb(4, times) * 0.75**times * 0.25 ** (4 - times)) for times in range(5)]
    expected = sum(chance * max(boxes - 2, 0) for boxes, chance in drawn) / sum(b * chance for b, chance in drawn)
    actual = summarise_input(dataset, with_mosaics)
    assert actual.without_room == pytest.approx(expected, abs=0.005)
    assert actual.lines()[3] == (
        f"up to {actual.without_room:.1%} of the boxes of mosaics dropped: four pictures have more than "
        "input.max_boxes 2 (the largest boxes stay)"
    )
    assert summarise_input(dataset, told(max_boxes=2)).without_room == 0


@pytest.mark.parametrize(("resize", "wide"), [("letterbox", (16.0, 16.0)), ("stretch", (32.0, 16.0))])
def test_sides_of_boxes_on_the_square(dataset, resize, wide):
    actual = summarise_input(dataset, told(difficult="ignore", resize=resize))
    found = sorted(zip(actual.labels.tolist(), map(tuple, actual.sides.tolist()), strict=True))
    expected = sorted([(1, (32.0, 16.0)), (1, wide), (1, wide), (0, (0.64, 32.0))])
    assert [label for label, _ in found] == [label for label, _ in expected]
    np.testing.assert_allclose([sides for _, sides in found], [sides for _, sides in expected], rtol=1e-5)
    assert (actual.sides.dtype, actual.labels.dtype) == (np.float32, np.int32)


def test_difficult_objects_are_trained_on_unless_told_otherwise(dataset):
    assert summarise_input(dataset, told()).ignored == 2


def test_nothing_is_said_of_what_does_not_happen(tmp_path):
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": PICTURES[2:3]}, {"square": 1, "circle": 2})))
    assert summarise_input(dataset, told()).lines() == ["1 picture to train on, 3 boxes"]


def test_a_split_without_a_box(tmp_path):
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": PICTURES[1:2]}, {"square": 1})))
    actual = summarise_input(dataset, told())
    assert actual.sides.shape == (0, 2)
    assert actual.lines()[1:] == ["no box of square: the detector cannot learn what has none"]


def test_of_a_large_split_the_first_pictures_of_each_shard_are_looked_at(dataset, monkeypatch):
    monkeypatch.setattr(summary, "_MOST_PICTURES", 2)
    actual = summarise_input(dataset, told(max_boxes=2))
    assert (actual.pictures, actual.looked_at) == (4, 2)  # the first and the third
    assert actual.lines()[2:] == [
        "of 2 pictures that were looked at:",
        "1 box beyond input.max_boxes 2 dropped (1 picture; the largest boxes stay)",
        "1 box of crowds or difficult objects: neither objects nor background",
    ]


def test_where_nothing_is_lost_it_does_not_matter_how_many_were_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(summary, "_MOST_PICTURES", 1)
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": PICTURES[1:3]}, {"square": 1, "circle": 2})))
    actual = summarise_input(dataset, told(max_boxes=2))
    assert (actual.looked_at, actual.lines()) == (1, ["2 pictures to train on, 3 boxes"])


def test_so_are_those_of_a_split_of_large_pictures(dataset, monkeypatch):
    monkeypatch.setattr(summary, "_MOST_BYTES", dataset.split("train").bytes // 2 + 1)
    assert summarise_input(dataset, told()).looked_at == 2


def test_a_label_that_is_not_in_the_map(tmp_path):
    wrong = drawn_picture(1)._replace(things=(SQUARE, SQUARE._replace(label=4)), filename="a b.jpg")
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": [*PICTURES, wrong]})))
    with pytest.raises(TrainingError) as failure:
        summarise_input(dataset, told())
    assert str(failure.value) == (
        f"'a b.jpg' (source_id 5, record 4 of {tmp_path}/train-00000-of-00001.tfrecord) has an object with label id 4, "
        f"and the label map has 1, 2, 3: `shardbox verify {tmp_path}` finds all of them; build the dataset again with "
        "the right label map"
    )
