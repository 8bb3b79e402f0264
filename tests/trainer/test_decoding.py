"""From the network's output to boxes."""

import numpy as np
import pytest

from trainer.boxes import encode_deltas
from trainer.decoding import decode
from trainer.settings import DecodingSettings

ANCHORS = np.array([(0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0), (0.0, 0.5, 0.5, 1.0)], np.float32)


def outputs(boxes, scores):
    """Returns what a network says that finds these boxes, one for each anchor, with these scores [A][C]."""
    probabilities = np.clip(np.array(scores, np.float32), 1e-6, 1 - 1e-6)
    deltas = encode_deltas(np.array(boxes, np.float32), ANCHORS)
    return {"box_deltas": deltas[None], "class_logits": np.log(probabilities / (1 - probabilities))[None]}


def decoded(boxes, scores, **settings):
    found = decode(outputs(boxes, scores), ANCHORS, DecodingSettings(max_detections=4, **settings))
    return {name: np.asarray(value)[0] for name, value in found.items()}


def test_boxes_scores_and_classes_best_first():
    boxes = [(0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.9, 0.9), (0.1, 0.6, 0.3, 0.9)]
    found = decoded(boxes, [(0.5, 0.0), (0.0, 0.9), (0.01, 0.02)])
    assert found["counts"] == 2
    assert found["classes"].tolist() == [1, 0, 0, 0]
    np.testing.assert_allclose(found["scores"], [0.9, 0.5, 0, 0], atol=1e-5)
    np.testing.assert_allclose(found["boxes"], [boxes[1], boxes[0], (0, 0, 0, 0), (0, 0, 0, 0)], atol=1e-5)
    assert {name: value.dtype.name for name, value in found.items()} == {
        "boxes": "float32",
        "scores": "float32",
        "classes": "int32",
        "counts": "int32",
    }


def test_of_boxes_that_overlap_the_best_stays_for_each_class():
    one, other = (0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.45)
    found = decoded([one, other, one], [(0.9, 0.0), (0.8, 0.0), (0.0, 0.7)], voting_iou=1.0)
    assert found["classes"][: found["counts"]].tolist() == [0, 1]
    np.testing.assert_allclose(found["boxes"][:2], [one, one], atol=1e-5)


def test_a_kept_box_is_the_mean_of_those_of_its_class_by_the_cube_of_their_scores():
    one, other = (0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.4)
    found = decoded([one, other, (0.1, 0.1, 0.5, 0.6)], [(0.8, 0.0), (0.4, 0.0), (0.0, 0.6)])
    right = (0.8**3 * 0.5 + 0.4**3 * 0.4) / (0.8**3 + 0.4**3)
    np.testing.assert_allclose(found["boxes"][0], (0.1, 0.1, 0.5, right), atol=1e-4)


def test_boxes_are_clipped_to_the_canvas():
    found = decoded([(-0.2, 0.1, 0.3, 1.3)] * 3, [(0.9,), (0.0,), (0.0,)])
    np.testing.assert_allclose(found["boxes"][0], (0, 0.1, 0.3, 1), atol=1e-5)


def test_boxes_beside_the_canvas_are_left_out():
    boxes = [(-0.4, 0.1, -0.1, 0.3), (0.6, 0.6, 0.9, 0.9), (0.1, 1.1, 0.3, 1.4)]
    found = decoded(boxes, [(0.9,), (0.5,), (0.8,)])
    assert found["counts"] == 1
    np.testing.assert_allclose(found["boxes"][0], boxes[1], atol=1e-5)


def test_only_the_best_candidates_are_considered():
    boxes = [(0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.9, 0.9), (0.1, 0.6, 0.3, 0.9)]
    assert decoded(boxes, [(0.5,), (0.9,), (0.7,)], candidates=2)["counts"] == 2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_comes_out_as_float32(dtype):
    import tensorflow as tf

    exact = outputs([(0.1, 0.1, 0.3, 0.3)] * 3, [(0.9,), (0.0,), (0.0,)])
    found = decode({name: tf.cast(value, dtype) for name, value in exact.items()}, ANCHORS, DecodingSettings())
    assert found["boxes"].dtype == tf.float32
    np.testing.assert_allclose(found["boxes"][0, 0], (0.1, 0.1, 0.3, 0.3), atol=5e-3)
