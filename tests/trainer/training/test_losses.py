"""Matching and losses, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.settings import LossSettings
from trainer.training.losses import BACKGROUND, LEFT_ALONE, Targets, count_found, detection_losses, make_targets

SETTINGS = LossSettings()
ANCHORS = np.array(
    [(0.0, 0.0, 0.4, 0.4), (0.0, 0.1, 0.4, 0.5), (0.0, 0.16, 0.4, 0.56), (0.6, 0.6, 1.0, 1.0)], np.float32
)


def targets_of(boxes, labels, settings=SETTINGS):
    return make_targets(np.array([boxes], np.float32), np.array([labels], np.int32), ANCHORS, settings)


def test_anchors_find_what_they_overlap_by_half_and_are_left_alone_in_doubt():
    # Overlaps with the first anchor's place: 1, .6, .43, 0.
    targets = targets_of([(0.0, 0.0, 0.4, 0.4), (0, 0, 0, 0)], [2, -1])
    assert targets.labels.numpy().tolist() == [[2, 2, LEFT_ALONE, BACKGROUND]]
    np.testing.assert_allclose(targets.deltas[0, :2], [(0, 0, 0, 0), (-0.25, 0, 0, 0)], atol=1e-6)


def test_each_anchor_finds_the_object_that_it_overlaps_most():
    targets = targets_of([(0.0, 0.0, 0.4, 0.4), (0.0, 0.1, 0.4, 0.5)], [0, 1])
    assert targets.labels.numpy().tolist() == [[0, 1, 1, BACKGROUND]]


def test_a_picture_without_objects_is_background():
    assert targets_of([(0, 0, 0, 0)], [-1]).labels.numpy().tolist() == [[BACKGROUND] * 4]


def test_what_lies_in_a_region_to_ignore_is_left_alone_but_objects_in_it_count():
    targets = targets_of([(0.5, 0.5, 1.0, 1.0), (0.0, 0.0, 0.4, 0.4)], [-2, 1])
    assert targets.labels.numpy().tolist() == [[1, 1, LEFT_ALONE, LEFT_ALONE]]


def plain_losses(logits, deltas, labels, wanted, settings):
    """Focal and Huber loss as their papers write them, one number at a time."""
    classes = boxes = 0.0
    found = sum(label >= 0 for label in labels)
    for anchor, label in enumerate(labels):
        if label == LEFT_ALONE:
            continue
        for number, logit in enumerate(logits[anchor]):
            p = 1 / (1 + np.exp(-logit))
            pt, alpha = (p, settings.focal_alpha) if label == number else (1 - p, 1 - settings.focal_alpha)
            classes -= alpha * (1 - pt) ** settings.focal_gamma * np.log(pt)
        if label >= 0:
            for got, want in zip(deltas[anchor], wanted[anchor], strict=True):
                error, delta = abs(got - want), settings.huber_delta
                boxes += (error**2 / 2 if error < delta else delta * (error - delta / 2)) / 4
    return classes / max(found, 1), settings.box_weight * boxes / max(found, 1)


@pytest.mark.parametrize("labels", [[0, 1, BACKGROUND, LEFT_ALONE], [BACKGROUND] * 4])
@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_the_losses_are_those_of_the_papers(labels, dtype):
    rng = np.random.default_rng(1)
    logits, deltas, wanted = rng.normal(0, 2, (4, 2)), rng.normal(0, 0.2, (4, 4)), rng.normal(0, 0.2, (4, 4))
    outputs = {"class_logits": tf.cast(logits[None], dtype), "box_deltas": tf.cast(deltas[None], dtype)}
    targets = Targets(tf.constant(wanted[None], tf.float32), tf.constant([labels], tf.int32))
    losses = detection_losses(outputs, targets, count_found([targets]), SETTINGS)
    exact = [tf.cast(outputs[name], tf.float32)[0].numpy() for name in ("class_logits", "box_deltas")]
    np.testing.assert_allclose(losses, plain_losses(*exact, labels, wanted, SETTINGS), rtol=1e-5)
    assert [value.dtype for value in losses] == [tf.float32, tf.float32]


def test_the_sum_over_parts_of_a_batch_is_the_loss_of_the_whole():
    rng = np.random.default_rng(2)
    outputs = {
        "class_logits": tf.constant(rng.normal(size=(2, 4, 2)), tf.float32),
        "box_deltas": tf.constant(rng.normal(size=(2, 4, 4)), tf.float32),
    }
    targets = Targets(tf.zeros([2, 4, 4]), tf.constant([[0, -1, -1, -1], [1, 1, 0, -1]]))
    count = count_found([targets])
    whole = detection_losses(outputs, targets, count, SETTINGS)
    parts = [
        detection_losses(
            {name: value[i : i + 1] for name, value in outputs.items()},
            Targets(*(value[i : i + 1] for value in targets)),
            count,
            SETTINGS,
        )
        for i in range(2)
    ]
    np.testing.assert_allclose(np.sum(parts, axis=0), whole, rtol=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.5])
def test_slopes_are_numbers_however_sure_the_network_is(gamma):
    logits = tf.Variable([[[20.0, -120.0], [-120.0, 120.0]]])
    targets = Targets(tf.zeros([1, 2, 4]), tf.constant([[0, BACKGROUND]]))
    with tf.GradientTape() as tape:
        outputs = {"class_logits": logits, "box_deltas": tf.zeros([1, 2, 4])}
        loss = detection_losses(outputs, targets, count_found([targets]), LossSettings(focal_gamma=gamma)).classes
    assert np.isfinite(tape.gradient(loss, logits)).all()
