"""Tests of light and colour."""

import colorsys

import numpy as np
import pytest
import tensorflow as tf

from trainer.augmentation.colour import recoloured
from trainer.augmentation.settings import Colour
from trainer.augmentation.views import view_of

from .drawn import drawn

NOTHING = {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}
NOISE = np.random.default_rng(0).integers(90, 166, (16, 16, 3)).astype(np.uint8)
"""Moderate values, which nothing below drives out of the range."""


def changed(image: np.ndarray, number: int, **settings: float) -> np.ndarray:
    view = view_of(*drawn({}).values())._replace(image=tf.constant(image))
    done = recoloured(view, tf.constant([4, number]), Colour(**(NOTHING | settings)))
    assert done.boxes is view.boxes
    return done.image.numpy()


@pytest.mark.parametrize("size", [16, 7])
def test_nothing_asked_nothing_changed(size: int) -> None:
    image = np.random.default_rng(size).integers(0, 256, (size, size, 3)).astype(np.uint8)
    assert (changed(image, 0) == image).all()


def test_brightness_is_added() -> None:
    shifts = [changed(NOISE, number, brightness=0.3).astype(int) - NOISE for number in range(40)]
    assert max(np.ptp(shift) for shift in shifts) <= 1
    amounts = [shift.mean() / 255 for shift in shifts]
    assert -0.301 < min(amounts) < -0.2
    assert 0.2 < max(amounts) < 0.301


def test_contrast_is_that_of_tensorflow() -> None:
    factors = []
    for number in range(20):
        done = changed(NOISE, number, contrast=0.4)
        factors.append(done.std() / NOISE.std())
        wanted = tf.image.adjust_contrast(tf.constant(NOISE, tf.float32), factors[-1])
        assert np.abs(done - wanted.numpy()).max() < 1.5
    assert 0.59 < min(factors) < 0.75
    assert 1.25 < max(factors) < 1.41


def test_saturation_and_hue_leave_light_and_grey_as_they_are() -> None:
    grey = np.repeat(NOISE[..., :1], 3, axis=-1)
    light = NOISE @ [0.299, 0.587, 0.114]
    for number in range(10):
        assert np.abs(changed(grey, number, saturation=0.9, hue=0.5).astype(int) - grey).max() <= 1
        done = changed(NOISE, number, saturation=0.5, hue=0.1)
        assert np.abs(done @ [0.299, 0.587, 0.114] - light).max() <= 1
        assert np.abs(done.astype(int) - NOISE).max() > 2


def test_saturation_is_the_distance_from_grey() -> None:
    light = (NOISE @ [0.299, 0.587, 0.114])[..., np.newaxis]
    factors = []
    for number in range(20):
        done = changed(NOISE, number, saturation=0.8)
        factors.append(float(((done - light) * (NOISE - light)).sum() / ((NOISE - light) ** 2).sum()))
        assert np.abs(done - (light + factors[-1] * (NOISE - light))).max() < 1
    assert 0.19 < min(factors) < 0.6
    assert 1.4 < max(factors) < 1.81


def test_hue_goes_around_the_circle() -> None:
    red = np.full((8, 8, 3), (170, 90, 90), np.uint8)
    hues = [colorsys.rgb_to_hsv(*changed(red, number, hue=0.1)[0, 0] / 255)[0] for number in range(40)]
    turns = [(hue + 0.5) % 1 - 0.5 for hue in hues]
    assert -0.14 < min(turns) < -0.06
    assert 0.06 < max(turns) < 0.14


def test_values_stay_in_their_range() -> None:
    image = np.array([[[0, 0, 0], [255, 255, 255]], [[255, 0, 0], [0, 255, 255]]], np.uint8)
    done = [changed(image, number, brightness=1, contrast=1, saturation=1) for number in range(20)]
    dark = [each for each in done if each[0, 0].max() == 0]
    bright = [each for each in done if each[0, 1].min() == 255]
    assert dark
    assert bright
    assert all((each[0, 0] <= each[0, 1]).all() for each in done)


def test_padding_stays_what_it_is() -> None:
    image = np.full((16, 16, 3), 128, np.uint8)
    image[:, :10] = 60
    view = view_of(*drawn({}).values())._replace(image=tf.constant(image), picture=tf.constant([0, 0, 1, 10 / 16]))
    done = recoloured(view, tf.constant([1, 1]), Colour(brightness=0.5)).image.numpy()
    assert (done[:, 10:] == 128).all()
    assert (done[:, :10] != 60).all()
