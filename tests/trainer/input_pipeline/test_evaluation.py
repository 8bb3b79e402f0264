"""Batches to evaluate on."""

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.made_datasets import Thing, drawn_picture, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline.evaluation import evaluation_batches
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.settings import Settings

SETTINGS = Settings.model_validate({"input": {"image_size": 32, "max_boxes": 1}})
BOX, OTHER = (0.25, 0.5, 0.5, 1.0), (0.0, 0.0, 1.0, 0.5)
PICTURES = [
    drawn_picture(1, (64, 48))._replace(things=(Thing("square", BOX, difficult=1), Thing("circle", OTHER, is_crowd=1))),
    drawn_picture(2, (40, 60))._replace(things=()),
    drawn_picture(3, (50, 50))._replace(things=(Thing("triangle", OTHER),)),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    splits = {"train": PICTURES[:1], "validation": PICTURES}
    return open_dataset(str(write_dataset(tmp_path_factory.mktemp("made"), splits, shards=2)))


@pytest.fixture(scope="module")
def batches(dataset):
    return list(evaluation_batches(dataset, "validation", SETTINGS, 2).as_numpy_iterator())


def test_every_picture_once_in_the_order_of_the_records(batches):
    assert [batch["source_ids"].tolist() for batch in batches] == [[2, 3], [4]]
    assert [batch["filenames"].tolist() for batch in batches] == [[b"00001.jpeg", b"00002.jpeg"], [b"00003.jpeg"]]
    assert [batch["original_sizes"].tolist() for batch in batches] == [[[48, 64], [60, 40]], [[50, 50]]]


def test_pictures_are_decoded_as_everywhere(batches):
    images = np.concatenate([batch["images"] for batch in batches])
    for image, picture in zip(images, PICTURES, strict=True):
        expected, _ = decode_on_canvas(tf.constant(picture.encoded), 32, "letterbox")
        np.testing.assert_array_equal(image, expected)


def test_all_boxes_are_there_as_fractions_of_the_picture(batches):
    first, second = batches
    np.testing.assert_allclose(first["boxes"], [[BOX, OTHER], [[0] * 4] * 2])
    np.testing.assert_allclose(second["boxes"], [[OTHER]])
    np.testing.assert_allclose(first["areas"], [[0.125 * 64 * 48, 0.5 * 64 * 48], [0, 0]])
    np.testing.assert_allclose(second["areas"], [[0.5 * 2500]])
    actual = [[batch[name].tolist() for name in ("labels", "difficult", "is_crowd")] for batch in batches]
    nothing = [False, False]
    assert actual == [
        [[[1, 0], [-1, -1]], [[True, False], nothing], [[False, True], nothing]],
        [[[2]], [[False]], [[False]]],
    ]


def test_shapes_and_types(dataset):
    spec = evaluation_batches(dataset, "validation", SETTINGS, 2).element_spec
    assert {name: (one.shape.as_list(), one.dtype.name) for name, one in spec.items()} == {
        "images": ([None, 32, 32, 3], "uint8"),
        "original_sizes": ([None, 2], "int32"),
        "source_ids": ([None], "int64"),
        "filenames": ([None], "string"),
        "boxes": ([None, None, 4], "float32"),
        "labels": ([None, None], "int32"),
        "is_crowd": ([None, None], "bool"),
        "difficult": ([None, None], "bool"),
        "areas": ([None, None], "float32"),
    }


def test_a_split_that_is_not_there(dataset):
    with pytest.raises(TrainingError, match=r"has no split 'test': it has train, validation$"):
        evaluation_batches(dataset, "test", SETTINGS, 2)
