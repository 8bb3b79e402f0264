"""Four pictures in one."""

from collections.abc import Sequence

import tensorflow as tf

from trainer.augmentation.settings import Mosaic
from trainer.augmentation.views import View, picture_in, resampled, seen_through, view_of
from trainer.boxes import area
from trainer.input_pipeline.records import PADDING


def mosaic(views: Sequence[View], key: tf.Tensor, settings: Mosaic) -> View:
    """Returns four views as one: top left, top right, bottom left, bottom right.

    Args:
        views: four, of the same size and number of boxes; as many boxes stay, the largest, in the order of the views.
        key: int32 [2].
        settings: where the four meet.
    """
    size, most = views[0].image.shape[0], views[0].boxes.shape[0]
    numbers = tf.random.stateless_uniform([2 + 4], key)
    smallest, largest = settings.centre
    centre = tf.round((smallest + numbers[:2] * (largest - smallest)) * size)
    centre = tf.clip_by_value(centre, 1.0, size - 1.0)
    quarters = [
        _quarter(view, place, (row, column), centre, settings.minimum_visible)
        for view, place, (row, column) in zip(
            views, tf.unstack(numbers[2:]), ((0, 0), (0, 1), (1, 0), (1, 1)), strict=True
        )
    ]
    images = [quarter.image for quarter in quarters]
    image = tf.concat([tf.concat(images[:2], axis=1), tf.concat(images[2:], axis=1)], axis=0)
    boxes, labels, visible = (
        tf.concat([getattr(quarter, field) for quarter in quarters], axis=0) for field in ("boxes", "labels", "visible")
    )
    rank = tf.where(labels == PADDING, -1.0, area(boxes))
    kept = tf.sort(tf.math.top_k(rank, most).indices)
    whole = view_of(tf.ensure_shape(image, [size, size, 3]), tf.gather(boxes, kept), tf.gather(labels, kept))
    return whole._replace(visible=tf.gather(visible, kept))


def _quarter(
    view: View, place: tf.Tensor, position: tuple[int, int], centre: tf.Tensor, minimum_visible: float
) -> View:
    """Returns a quarter: its pixels, and its boxes as fractions of the whole.

    Args:
        view: what the quarter shows.
        place: float32, 0 to 1: which part of it, where it has no room for all.
        position: row and column.
        centre: float32 [2], where the four meet, in pixels.
        minimum_visible: objects of which less is left become regions to ignore.
    """
    size = view.image.shape[0]
    is_second = tf.constant(position) == 1
    pixels = tf.where(is_second, size - centre, centre)
    picture = picture_in(view)
    room = picture[2:] - picture[:2]
    # It fills the quarter, but is not enlarged: one that a smaller scale has made small stays so.
    sides = pixels / tf.minimum(tf.reduce_max(pixels / tf.maximum(room, 1 / size)), float(size))
    corner = picture[:2] + place * (room - sides)
    seen = seen_through(view, tf.concat([corner, corner + sides], axis=0), minimum_visible, pixels)
    height, width = tf.unstack(tf.cast(pixels, tf.int32))
    start = tf.where(is_second, centre, 0.0)
    boxes = (seen.boxes * tf.tile(pixels, [2]) + tf.tile(start, [2])) / size
    boxes = tf.where(seen.labels[:, tf.newaxis] == PADDING, 0.0, boxes)
    return seen._replace(image=resampled(seen, height, width), boxes=boxes)
