"""Geometry of boxes, against plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.boxes import area, decode_deltas, encode_deltas, intersection, overlap

side = st.floats(0, 1, width=32)
box = st.tuples(side, side, side, side).map(
    lambda s: (min(s[0], s[2]), min(s[1], s[3]), max(s[0], s[2]), max(s[1], s[3]))
)


def floats(*boxes):
    return np.array(boxes, np.float32)


def test_areas():
    boxes = floats((0, 0, 2, 3), (1, 1, 1, 5), (2, 2, 1, 1))
    assert area(boxes).numpy().tolist() == [6, 0, 0]


def test_overlaps_of_all_pairs():
    boxes, others = floats((0, 0, 2, 2), (5, 5, 6, 6)), floats((0, 0, 2, 2), (1, 0, 3, 2), (0, 1, 1, 2))
    assert intersection(boxes[:, None], others[None]).numpy().tolist() == [[4, 2, 1], [0, 0, 0]]
    np.testing.assert_allclose(overlap(boxes[:, None], others[None]), [[1, 2 / 6, 1 / 4], [0, 0, 0]])


@given(box, box)
def test_overlap_is_symmetric_and_within_0_and_1(one, other):
    found = float(overlap(floats(one), floats(other))[0])
    assert 0 <= found <= 1 + 1e-6
    assert found == float(overlap(floats(other), floats(one))[0])


def test_deltas_are_those_of_keras():
    import keras

    rng = np.random.default_rng(0)
    low, size = rng.uniform(0, 0.6, (2, 20, 2)), rng.uniform(0.05, 0.4, (2, 20, 2))
    boxes, anchors = np.concatenate([low, low + size], -1).astype(np.float32)
    wanted = keras.utils.bounding_boxes.encode_box_to_deltas(
        anchors, boxes, anchor_format="yxyx", box_format="yxyx", encoding_format="center_xywh"
    )
    np.testing.assert_allclose(encode_deltas(boxes, anchors), wanted, atol=1e-5)


@given(st.lists(box.filter(lambda b: min(b[2] - b[0], b[3] - b[1]) > 0.02), min_size=2, max_size=2))
def test_decoding_undoes_encoding(pair):
    boxes, anchors = floats(pair[0]), floats(pair[1])
    np.testing.assert_allclose(decode_deltas(encode_deltas(boxes, anchors), anchors), boxes, atol=1e-4)


@pytest.mark.parametrize("delta", [4.0, 100.0])
def test_a_wild_delta_grows_a_box_54_fold_at_most(delta):
    deltas, anchor = floats((0, 0, delta, delta)), floats((0, 0, 2, 2))
    height = (decode_deltas(deltas, anchor)[0, 2] - decode_deltas(deltas, anchor)[0, 0]) / 2
    assert float(height) == pytest.approx(np.exp(4.0), rel=1e-5)
