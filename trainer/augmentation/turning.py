"""Mirror images and quarter turns: no pixel gets another value."""

from typing import cast

import tensorflow as tf

from trainer.augmentation.settings import Flip, Rotate90
from trainer.augmentation.views import View, mirrored, transposed


def flip(view: View, key: tf.Tensor, settings: Flip) -> View:
    """Returns the mirror image; nothing of it is random.

    Args:
        view: what is seen.
        key: not used.
        settings: in which direction.
    """
    del key
    return mirrored(view, settings.direction)


def rotate90(view: View, key: tf.Tensor, settings: Rotate90) -> View:
    """Returns a view after one, two or three quarter turns, counter-clockwise.

    Args:
        view: what is seen.
        key: int32 [2].
        settings: not used.
    """
    del settings
    turns = [
        lambda: mirrored(transposed(view), "vertical"),
        lambda: mirrored(mirrored(view, "vertical"), "horizontal"),
        lambda: mirrored(transposed(view), "horizontal"),
    ]
    return cast(View, tf.switch_case(tf.random.stateless_uniform([], key, 0, len(turns), dtype=tf.int32), turns))
