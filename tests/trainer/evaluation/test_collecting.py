"""From evaluation batches and a detector to truths and detections."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.evaluation.collecting import collect
from trainer.evaluation.pictures import Found, Truth

PLAIN = {
    "images": tf.zeros([2, 64, 64, 3], tf.uint8),
    "original_sizes": tf.constant([[100, 200], [50, 25]]),
    "source_ids": tf.constant([5, 2**62], tf.int64),
    "filenames": tf.constant(["a.jpg", "ü\x80.jpg"]),
    "boxes": tf.constant([[[0.1, 0.2, 0.5, 0.4], [0, 0, 1, 1]], [[0, 0, 0, 0], [0, 0, 0, 0]]], tf.float32),
    "labels": tf.constant([[1, 0], [-1, -1]]),
    "is_crowd": tf.constant([[False, True], [False, False]]),
    "difficult": tf.constant([[True, False], [False, False]]),
    "areas": tf.constant([[1500.0, 20000.0], [0.0, 0.0]]),
}


@pytest.mark.parametrize(
    ("resize", "boxes"),
    [
        ("letterbox", ([[10, 20, 50, 60], [100, 0, 100, 200]], [[0, 0, 50, 25]])),
        ("stretch", ([[5, 20, 25, 60], [75, 0, 100, 200]], [[0, 0, 50, 25]])),
    ],
)
def test_collect(resize, boxes):
    done = []

    def detect(images):
        assert images.shape == (2, 64, 64, 3)
        return {
            "boxes": tf.constant([[[0.05, 0.1, 0.25, 0.3], [0.75, 0, 1, 1]], [[0, 0, 1, 1], [0, 0, 0, 0]]]),
            "scores": tf.constant([[0.5, 0.25], [0.75, 0]]),
            "classes": tf.constant([[1, 0], [2, 0]]),
            "counts": tf.constant([2, 1]),
        }

    truths, founds = collect([PLAIN, PLAIN], detect, 64, resize, done.append)

    assert done == [2, 4]
    _same(truths[0], Truth(5, "a.jpg", 100, 200, np.array([[10, 40, 50, 80], [0, 0, 100, 200.0]]), np.array([1, 0]),
                           np.array([False, True]), np.array([True, False]), np.array([1500.0, 20000.0])))  # fmt: skip
    none = np.zeros(0)
    _same(truths[1], Truth(2**62, "ü\x80.jpg", 50, 25, none.reshape(0, 4), none, none, none, none))
    _same(founds[0], Found(5, np.array(boxes[0]), np.array([0.5, 0.25]), np.array([1, 0])))
    _same(founds[1], Found(2**62, np.array(boxes[1]), np.array([0.75]), np.array([2])))
    assert (len(truths), len(founds)) == (4, 4)


def _same(one, other):
    assert type(one) is type(other)
    for field, own, wanted in zip(one._fields, one, other, strict=True):
        if isinstance(wanted, np.ndarray):
            np.testing.assert_allclose(own, wanted, atol=1e-4, err_msg=field)
            assert own.shape == wanted.shape
        else:
            assert own == wanted
