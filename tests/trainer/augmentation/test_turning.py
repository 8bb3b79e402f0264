"""Tests of mirror images and quarter turns."""

import numpy as np
import tensorflow as tf

from trainer.augmentation.settings import Flip, Rotate90
from trainer.augmentation.turning import flip, rotate90
from trainer.augmentation.views import view_of

from .drawn import BOXES, drawn

START = view_of(*drawn({1: BOXES[1]}).values())
KEY = tf.constant([1, 2])


def test_flip() -> None:
    top, left, bottom, right = BOXES[1]
    image = START.image.numpy()
    horizontal, vertical = flip(START, KEY, Flip()), flip(START, KEY, Flip(direction="vertical"))
    assert (horizontal.image.numpy() == image[:, ::-1]).all()
    assert (vertical.image.numpy() == image[::-1]).all()
    assert horizontal.boxes[0].numpy().tolist() == [top, 1 - right, bottom, 1 - left]
    assert vertical.boxes[0].numpy().tolist() == [1 - bottom, left, 1 - top, right]


def test_quarter_turns_are_equally_likely() -> None:
    top, left, bottom, right = BOXES[1]
    wanted = {
        1: (1 - right, top, 1 - left, bottom),
        2: (1 - bottom, 1 - right, 1 - top, 1 - left),
        3: (left, 1 - bottom, right, 1 - top),
    }
    seen = []
    for number in range(90):
        view = rotate90(START, tf.constant([5, number]), Rotate90())
        (turns,) = [k for k in wanted if (np.rot90(START.image, k) == view.image.numpy()).all()]
        assert view.boxes[0].numpy().tolist() == list(wanted[turns])
        seen.append(turns)
    assert all(18 < seen.count(turns) < 45 for turns in wanted)
