"""Windows on a picture, chosen at random: a part that shows an object, or the whole larger or smaller."""

import math

import tensorflow as tf

from trainer.augmentation.settings import Crop, ScaleJitter
from trainer.augmentation.views import WHOLE, View, picture_in, seen_through
from trainer.boxes import area, intersection, overlap

_ATTEMPTS = 50


def crop(view: View, key: tf.Tensor, settings: Crop) -> View:
    """Returns a part of a view, enlarged, that shows an object.

    Args:
        view: without objects, the picture itself counts as one.
        key: int32 [2].
        settings: what the part must be like.
    """
    keys = tf.random.split(key, 2)
    choice = tf.random.stateless_uniform([], keys[0], 0, len(settings.minimum_iou), dtype=tf.int32)
    minimum_iou = tf.gather(tf.constant(settings.minimum_iou, tf.float32), choice)
    windows = _random_windows(view, keys[1], settings)
    fits = _shows_an_object(view, windows, minimum_iou, settings.minimum_visible)
    first = windows[tf.argmax(tf.cast(fits, tf.int32))]
    window = tf.where(tf.reduce_any(fits), first, tf.constant(WHOLE))
    return seen_through(view, window, settings.minimum_visible)


def scale_jitter(view: View, key: tf.Tensor, settings: ScaleJitter) -> View:
    """Returns a view with all on it larger or smaller.

    Args:
        view: what is seen.
        key: int32 [2].
        settings: by which factor.
    """
    numbers = tf.random.stateless_uniform([3], key)
    smallest, largest = settings.scale
    side = 1 / (smallest + numbers[0] * (largest - smallest))
    picture = picture_in(view)
    corner = picture[:2] + numbers[1:] * (picture[2:] - picture[:2] - side)
    return seen_through(view, tf.concat([corner, corner + side], axis=0), settings.minimum_visible)


def _random_windows(view: View, key: tf.Tensor, settings: Crop) -> tf.Tensor:
    """Returns float32 [attempts, 4]: within the picture, or with all of it where they are larger."""
    size, shape, y, x = tf.unstack(tf.random.stateless_uniform([4, _ATTEMPTS], key))
    smallest, largest = settings.scale
    low, high = (math.log(ratio) for ratio in settings.aspect_ratio)
    stretch = tf.exp((low + shape * (high - low)) / 2)
    side = smallest + size * (largest - smallest)
    height, width = tf.minimum(side / stretch, 1.0), tf.minimum(side * stretch, 1.0)
    ymin, xmin, ymax, xmax = tf.unstack(picture_in(view))
    top, left = ymin + y * (ymax - ymin - height), xmin + x * (xmax - xmin - width)
    return tf.stack([top, left, top + height, left + width], axis=-1)


def _shows_an_object(view: View, windows: tf.Tensor, minimum_iou: tf.Tensor, minimum_visible: float) -> tf.Tensor:
    """Returns bool [attempts]: whether enough of some object is in a window, and it is large enough in it."""
    is_object = view.labels >= 0
    has_objects = tf.reduce_any(is_object)
    objects = tf.where(has_objects, view.boxes, picture_in(view))
    visible = tf.where(has_objects, view.visible, 1.0)
    windows = windows[:, tf.newaxis]
    visible *= tf.math.divide_no_nan(intersection(windows, objects), area(objects))
    fits = (overlap(windows, objects) >= minimum_iou) & (visible >= minimum_visible) & (visible > 0)
    return tf.reduce_any(fits & (is_object | ~has_objects), axis=-1)
