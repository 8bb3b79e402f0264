"""Tests of windows chosen at random."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from trainer.augmentation.cropping import crop, scale_jitter
from trainer.augmentation.settings import Crop, ScaleJitter
from trainer.augmentation.views import View, seen_through, view_of

from .drawn import BOXES, drawn

KEYS = [tf.constant([3, number]) for number in range(60)]


def windows(change: Callable[[View, tf.Tensor], View], start: View) -> np.ndarray:
    """Returns the windows that 60 keys make on a picture."""
    run = tf.function(lambda key: change(start, key).window, autograph=False)
    return np.array([run(key) for key in KEYS])


def viewed(boxes: dict[int, tuple[float, float, float, float]]) -> View:
    return view_of(*drawn(boxes).values())


def overlap_of(window: np.ndarray, box: tuple[float, float, float, float]) -> float:
    """Returns intersection over union."""
    height, width = (max(0, min(window[i + 2], box[i + 2]) - max(window[i], box[i])) for i in (0, 1))
    areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (window, box)]
    return height * width / (sum(areas) - height * width)


def test_a_crop_overlaps_some_object_as_asked() -> None:
    start = viewed(BOXES)
    chosen = windows(lambda view, key: crop(view, key, Crop(minimum_iou=0.3, aspect_ratio=(0.5, 2))), start)
    assert len({window.tobytes() for window in chosen}) > 30
    for window in chosen:
        assert max(overlap_of(window, box) for box in BOXES.values()) >= 0.3 - 1e-5 or (window == (0, 0, 1, 1)).all()
    sides = chosen[:, 2:] - chosen[:, :2]
    assert chosen.min() >= 0
    assert chosen.max() <= 1 + 1e-6
    assert (sides.prod(axis=1) ** 0.5 >= 0.3 - 1e-6).all()
    ratios = sides[:, 1] / sides[:, 0]
    assert 0.5 - 1e-5 <= ratios.min() < 0.75
    assert 1.3 < ratios.max() <= 2 + 1e-5


def test_of_several_overlaps_each_is_asked_for() -> None:
    corner = {0: (0.0, 0.0, 0.5, 0.5)}
    chosen = windows(lambda view, key: crop(view, key, Crop(minimum_iou=(0, 0.5))), viewed(corner))
    overlaps = np.array([overlap_of(window, corner[0]) for window in chosen])
    assert 15 < (overlaps >= 0.5).sum() < 45


def test_an_object_stays_one() -> None:
    chosen = windows(lambda view, key: crop(view, key, Crop(minimum_iou=0, minimum_visible=0.5)), viewed(BOXES))
    for window in chosen:
        view = seen_through(viewed(BOXES), tf.constant(window), 0.5)
        assert (view.labels.numpy() >= 0).any()


@pytest.mark.parametrize("boxes", [{0: (0.5, 0.5, 0.53125, 0.53125)}, {}])
def test_the_picture_stays_whole_where_nothing_fits(boxes: dict[int, tuple[float, float, float, float]]) -> None:
    chosen = windows(lambda view, key: crop(view, key, Crop(minimum_iou=0.95, scale=(0.3, 0.7))), viewed(boxes))
    assert (chosen == (0, 0, 1, 1)).all()


def test_without_objects_the_picture_itself_is_shown() -> None:
    start = seen_through(viewed({}), tf.constant([-0.2, -0.2, 1.1, 1.1]), 0.25)
    for change in (Crop(minimum_iou=0, minimum_visible=0.5), Crop(minimum_iou=0.3, minimum_visible=0)):
        done = [crop(start, key, change) for key in KEYS[:20]]
        shares = [np.prod(view.picture[2:] - view.picture[:2]) for view in done]
        assert min(shares) >= (0.5 if change.minimum_visible else 0.05)
        assert len(set(shares)) > 5


def test_scale_jitter_makes_larger_and_smaller() -> None:
    chosen = windows(lambda view, key: scale_jitter(view, key, ScaleJitter(scale=(0.5, 2))), viewed(BOXES))
    sides = chosen[:, 2:] - chosen[:, :2]
    assert np.allclose(sides[:, 0], sides[:, 1], atol=1e-6)
    factors = 1 / sides[:, 0]
    assert 0.5 <= factors.min() < 0.65
    assert 1.85 < factors.max() <= 2 + 1e-5
    assert 1.1 < factors.mean() < 1.4
    larger, smaller = chosen[factors > 1], chosen[factors < 1]
    assert larger.min() >= -1e-6  # a part of the picture
    assert larger.max() <= 1 + 1e-6
    assert smaller[:, :2].max() <= 1e-6  # all of it
    assert smaller[:, 2:].min() >= 1 - 1e-6
    assert np.abs(np.corrcoef(chosen[:, 0], chosen[:, 1])[0, 1]) < 0.8


def test_windows_lie_on_the_picture_and_not_on_its_padding() -> None:
    wide = viewed({})._replace(picture=tf.constant([0.0, 0.0, 0.5, 1.0]))
    jittered = windows(lambda view, key: scale_jitter(view, key, ScaleJitter(scale=(1, 4))), wide)
    cropped = windows(lambda view, key: crop(view, key, Crop(minimum_iou=0, minimum_visible=0.05)), wide)
    for window in (*jittered, *cropped):
        within = window[0] >= -1e-6 and window[2] <= 0.5 + 1e-6
        around = window[0] <= 1e-6 and window[2] >= 0.5 - 1e-6
        assert within or around or (window == (0, 0, 1, 1)).all()
    assert len({window.tobytes() for window in cropped}) > 30
