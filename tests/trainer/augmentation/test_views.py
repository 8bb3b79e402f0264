"""Tests of windows on pictures."""

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.augmentation.views import (
    View,
    mirrored,
    picture_in,
    resampled,
    seen_through,
    settled,
    transposed,
    view_of,
    with_padding,
)

from .drawn import BOXES, MOST, SIZE, drawn, objects, sample

fractions = st.floats(0, 1, width=32)
coordinates = st.floats(-1, 2, width=32)
boxes = st.lists(st.tuples(fractions, fractions, fractions, fractions), max_size=MOST)


def viewed(given: dict[str, tf.Tensor] | None = None) -> View:
    given = given or drawn()
    return view_of(given["image"], given["boxes"], given["labels"])


def ordered(four: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Returns the box that has these corners."""
    return min(four[0], four[2]), min(four[1], four[3]), max(four[0], four[2]), max(four[1], four[3])


EMPTY = np.zeros((16, 16, 3), np.uint8)


@settings(max_examples=60, deadline=None)
@given(boxes, st.tuples(coordinates, coordinates, st.floats(0.05, 3), st.floats(0.05, 3)), fractions)
def test_boxes_are_those_of_the_moved_corners(corners, window, minimum_visible) -> None:
    truth = [ordered(four) for four in corners]
    window = np.array([window[0], window[1], window[0] + window[2], window[1] + window[3]], np.float32)
    view = seen_through(viewed(sample(EMPTY, truth, [7] * len(truth))), tf.constant(window), minimum_visible)
    assert (view.boxes.numpy() >= 0).all()
    assert (view.boxes.numpy() <= 1).all()
    for box, moved, label in zip(truth, view.boxes.numpy(), view.labels.numpy(), strict=False):
        whole = [(side - window[i % 2]) / (window[2 + i % 2] - window[i % 2]) for i, side in enumerate(box)]
        clipped = np.clip(whole, 0, 1)
        sides = (clipped[2:] - clipped[:2]) * 16
        share = np.prod(clipped[2:] - clipped[:2]) / max(np.prod(np.subtract(whole[2:], whole[:2])), 1e-12)
        if (sides < 0.999).any():
            assert (label, moved.tolist()) == (-1, [0, 0, 0, 0])
        elif (sides > 1.001).all():
            np.testing.assert_allclose(moved, clipped, atol=1e-5)
            assert label == 7 or share < minimum_visible + 1e-3
            assert label == -2 or share > minimum_visible - 1e-3
    assert set(view.labels.numpy()[len(truth) :]) <= {-1}
    assert not view.boxes.numpy()[len(truth) :].any()


def test_an_object_that_is_whole_is_seen() -> None:
    view = seen_through(viewed(), tf.constant([0.1, -0.1, 0.95, 1.3]), minimum_visible=1)
    assert view.labels.numpy().tolist() == [0, 1, 2, -1, -1, -1]
    assert view.visible.numpy()[:3].tolist() == [1, 1, 1]


def test_of_less_than_a_pixel_nothing_is_left() -> None:
    side = 1 / SIZE
    truth = [(0, 0, side, side), (0.5, 0, 0.6, side), (0, 0.5, side, 0.6), (0.5, 0.5, 0.6, 0.6)]
    view = viewed(sample(np.zeros((SIZE, SIZE, 3), np.uint8), truth, [0, 1, 2, 3]))
    same = seen_through(view, tf.constant([0.0, 0.0, 1.0, 1.0]), 0.25)
    assert same.labels.numpy().tolist() == [0, 1, 2, 3, -1, -1]
    smaller = seen_through(view, tf.constant([0.0, 0.0, 1.25, 1.25]), 0.25)
    assert smaller.labels.numpy().tolist() == [-1, -1, -1, 3, -1, -1]


@settings(max_examples=15, deadline=None)
@given(boxes)
def test_mirror_images_are_those_of_the_corners(corners) -> None:
    truth = [ordered(four) for four in corners]
    view = viewed(sample(EMPTY, truth, [7] * len(truth)))
    for direction, places in (("horizontal", (1, 3)), ("vertical", (0, 2))):
        wanted = np.array(truth).reshape(-1, 4)
        wanted[:, places] = 1 - wanted[:, places[::-1]]
        done = mirrored(view, direction)
        np.testing.assert_allclose(done.boxes.numpy()[: len(truth)], wanted, atol=1e-6)
        assert not done.boxes.numpy()[len(truth) :].any()
    turned = transposed(view).boxes.numpy()[: len(truth)]
    assert (turned == np.array(truth, np.float32).reshape(-1, 4)[:, [1, 0, 3, 2]]).all()


def test_pixels_stay_what_they_are_without_a_window() -> None:
    noise = tf.constant(np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3)), tf.uint8)
    view = viewed(drawn() | {"image": noise})
    assert settled(view).image is noise or (settled(view).image.numpy() == noise.numpy()).all()
    assert (resampled(view, SIZE, SIZE).numpy() == noise.numpy()).all()


def test_a_chain_is_resampled_once() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8)
    view = viewed(drawn() | {"image": tf.constant(noise)})
    smaller = seen_through(view, tf.constant([-1.5, -0.5, 2.5, 3.5]), 0)
    turned = transposed(mirrored(smaller, "horizontal"))
    # The smaller picture is a quarter high, from 3/8 on, and after its turn as wide, from 5/8 on.
    back = settled(seen_through(turned, tf.constant([0.625, 0.375, 0.875, 0.625]), 0))
    assert (back.image.numpy() == noise[:, ::-1].transpose(1, 0, 2)).all()
    assert back.window.numpy().tolist() == [0, 0, 1, 1]
    wanted = objects({"labels": view.labels.numpy(), "boxes": transposed(mirrored(view, "horizontal")).boxes.numpy()})
    for label, box in objects({"labels": back.labels.numpy(), "boxes": back.boxes.numpy()}).items():
        np.testing.assert_allclose(box, wanted[label], atol=1e-5)


def test_what_was_cut_off_does_not_come_back() -> None:
    white = viewed(drawn({}) | {"image": tf.fill([SIZE, SIZE, 3], tf.constant(255, tf.uint8))})
    part = seen_through(white, tf.constant([0.25, 0.25, 0.75, 0.75]), 0)
    smaller = settled(seen_through(part, tf.constant([-0.5, -0.25, 1.5, 1.75]), 0))
    wanted = np.full((SIZE, SIZE, 3), 128, np.uint8)
    wanted[16:48, 8:40] = 255
    assert smaller.picture.numpy().tolist() == [0.25, 0.125, 0.75, 0.625]
    assert (smaller.image.numpy() == wanted).all()


def test_beside_the_picture_is_padding_and_no_dark_edge() -> None:
    white = viewed(drawn({}) | {"image": tf.fill([SIZE, SIZE, 3], tf.constant(255, tf.uint8))})
    for place in np.random.default_rng(2).uniform(-1, 0, (30, 2)):
        side = 2 + place.sum() / 3
        window = tf.constant([*place, *(place + side)], tf.float32)
        assert set(np.unique(settled(seen_through(white, window, 0)).image)) <= {128, 255}


def test_a_padded_picture_stays_padded() -> None:
    image = np.full((SIZE, SIZE, 3), 7, np.uint8)
    start = view_of(tf.constant(image), *list(drawn({}).values())[1:], picture=tf.constant([0, 0, 0.5, 1]))
    image[32:] = 128
    assert (with_padding(start).image.numpy() == image).all()
    turned = transposed(mirrored(start, "vertical"))
    assert picture_in(turned).numpy().tolist() == [0, 0.5, 1, 1]
    part = seen_through(turned, tf.constant([0.0, 0.25, 1.0, 1.25]), 0)
    assert picture_in(part).numpy().tolist() == [0, 0.25, 1, 0.75]
    image = settled(part).image.numpy()
    assert (image[:, 16:48] == 7).all()
    assert (image[:, :16] == 128).all()
    assert (image[:, 48:] == 128).all()


def test_reduced_as_in_front_of_the_network() -> None:
    noise = tf.constant(np.random.default_rng(3).integers(0, 256, (SIZE, SIZE, 3)), tf.uint8)
    half = resampled(viewed(drawn() | {"image": noise}), SIZE // 2, SIZE // 2)
    wanted = tf.image.resize(noise, [SIZE // 2, SIZE // 2], antialias=True)
    assert np.abs(half.numpy() - wanted.numpy()).max() <= 0.51


def test_labels_keep_their_boxes() -> None:
    view = seen_through(viewed(), tf.constant([0.0, 0.0, 0.5, 1.0]), 0.25)
    done = objects({"labels": view.labels.numpy(), "boxes": view.boxes.numpy()})
    assert done.keys() == {0, 1}
    for label in done:
        np.testing.assert_allclose(done[label], np.multiply(BOXES[label], [2, 1, 2, 1]), atol=1e-6)
