"""Tests of four pictures in one."""

import numpy as np
import tensorflow as tf

from trainer.augmentation.applying import augment
from trainer.augmentation.mosaic import mosaic
from trainer.augmentation.settings import Flip, Mosaic
from trainer.augmentation.views import View, view_of

from .drawn import BOXES, SIZE, drawn, found, objects, sample

GREYS = (10, 70, 190, 250)


def plain(grey: int, boxes: list[tuple[float, float, float, float]] | None = None, most: int = 4) -> View:
    image = np.full((SIZE, SIZE, 3), grey, np.uint8)
    return view_of(*sample(image, boxes or [], [grey] * len(boxes or []), most).values())


def test_a_picture_in_each_quarter() -> None:
    centres = []
    run = tf.function(
        lambda key: mosaic([plain(grey) for grey in GREYS], key, Mosaic(centre=(0.25, 0.75))), autograph=False
    )
    for number in range(20):
        image = run(tf.constant([8, number])).image.numpy()[..., 0]
        row, column = (image[:, 0] == GREYS[0]).sum(), (image[0] == GREYS[0]).sum()
        centres.append((row, column))
        wanted = np.empty((SIZE, SIZE), np.uint8)
        wanted[:row, :column], wanted[:row, column:], wanted[row:, :column], wanted[row:, column:] = GREYS
        assert (image == wanted).all()
    assert SIZE / 4 <= np.min(centres) < 24
    assert 40 < np.max(centres) <= SIZE * 3 / 4


def test_a_square_quarter_shows_all() -> None:
    views = [plain(grey, [(0, 0, 1, 1), (0.25, 0.5, 0.5, 1)]) for grey in GREYS]
    done = mosaic(views, tf.constant([1, 1]), Mosaic(centre=(0.5, 0.5)))
    assert done.labels.shape == (4,)
    wanted = [[y, x, y + 0.5, x + 0.5] for y in (0, 0.5) for x in (0, 0.5)]
    assert done.boxes.numpy().tolist() == wanted  # the four largest of eight
    assert done.labels.numpy().tolist() == list(GREYS)


def test_of_less_than_a_pixel_of_the_mosaic_nothing_is_left() -> None:
    boxes = [(0, 0, 2 / SIZE, 2 / SIZE), (0, 0, 1.9 / SIZE, 0.5)]
    done = mosaic([plain(grey, boxes) for grey in GREYS], tf.constant([1, 1]), Mosaic(centre=(0.5, 0.5)))
    assert done.labels.numpy().tolist() == list(GREYS)
    assert done.boxes.numpy()[0].tolist() == [0, 0, 1 / SIZE, 1 / SIZE]


def test_boxes_that_fit_stay_in_order() -> None:
    boxes: list[list[tuple[float, float, float, float]]] = [
        [(0, 0, 0.5, 0.5), (0, 0, 0.25, 0.25)],
        [],
        [(0.5, 0.5, 1, 1), (0, 0, 0.125, 0.125)],
        [(0.5, 0, 1, 0.5)],
    ]
    views = [plain(grey, truth) for grey, truth in zip(GREYS, boxes, strict=True)]
    done = mosaic(views, tf.constant([1, 1]), Mosaic(centre=(0.5, 0.5)))
    assert done.labels.numpy().tolist() == [10, 10, 190, 250]
    assert done.boxes.numpy().tolist() == [
        [0, 0, 0.25, 0.25],
        [0, 0, 0.125, 0.125],
        [0.75, 0.25, 1, 0.5],
        [0.75, 0.5, 1, 0.75],
    ]
    few = mosaic(
        [plain(grey, truth[:1]) for grey, truth in zip(GREYS, boxes, strict=True)], tf.constant([1, 1]), Mosaic()
    )
    assert few.labels.numpy().tolist().count(-1) == 1
    assert not few.boxes.numpy()[few.labels.numpy() == -1].any()


def test_long_quarters_cut_off_what_has_no_room() -> None:
    full = [(0.0, 0.0, 1.0, 1.0)]
    views = [plain(grey, full) for grey in GREYS]
    run = tf.function(lambda key: mosaic(views, key, Mosaic(centre=(0.1, 0.9), minimum_visible=0.5)), autograph=False)
    seen = set()
    for number in range(12):
        done = run(tf.constant([9, number]))
        for grey, label, box, visible in zip(
            GREYS, *(each.numpy() for each in done[4:5]), done.boxes.numpy(), done.visible.numpy(), strict=True
        ):
            height, width = box[2:] - box[:2]
            np.testing.assert_allclose(visible, min(height, width) / max(height, width), rtol=1e-4)
            assert label == (grey if visible >= 0.5 else -2)
            seen.add(bool(visible >= 0.5))
    assert seen == {True, False}


def test_all_four_are_changed_by_what_comes_before() -> None:
    start, *others = [drawn({0: BOXES[0]}), drawn({1: BOXES[1]}), drawn({2: BOXES[2]}), drawn({})]
    together = Mosaic(probability=1, centre=(0.5, 0.5))
    plain_mosaic, flipped = (
        augment(start, tf.constant([1, 2]), (Flip(probability=chance), together), others) for chance in (0, 1)
    )
    for label, box in objects(plain_mosaic).items():
        left = 0.5 * (label == 1)
        mirrored = [box[0], 2 * left + 0.5 - box[3], box[2], 2 * left + 0.5 - box[1]]
        np.testing.assert_allclose(objects(flipped)[label], mirrored, atol=1e-6)
        np.testing.assert_allclose(found(flipped["image"], label), mirrored, atol=1 / SIZE)
    assert len(objects(flipped)) == 3


def test_a_wide_picture_fills_its_quarter_without_its_padding() -> None:
    image = np.full((SIZE, SIZE, 3), 128, np.uint8)
    image[:32] = 10
    boxes: list[tuple[float, float, float, float]] = [(0.0, 0.0, 0.5, 1.0)]
    wide = view_of(*sample(image, boxes, [7], 4).values(), picture=tf.constant([0.0, 0.0, 0.5, 1.0]))
    small = wide._replace(window=tf.constant([-1.0, -1.0, 3.0, 3.0]), boxes=tf.gather(wide.boxes, [1, 1, 1, 1]))
    small = small._replace(labels=tf.fill([4], -1))
    done = mosaic([wide, wide, small, small], tf.constant([2, 2]), Mosaic(centre=(0.5, 0.5), minimum_visible=0))
    assert (done.image.numpy()[:32] == 10).all()
    assert done.boxes.numpy()[done.labels == 7].tolist() == [[0, 0, 0.5, 0.5], [0, 0.5, 0.5, 1]]
    for quarter in (done.image.numpy()[32:, :32], done.image.numpy()[32:, 32:]):
        assert (quarter[..., 0] < 100).sum() == 8 * 16  # not enlarged


def test_each_of_the_four_is_changed_on_its_own() -> None:
    left = drawn({0: (0.0, 0.0, 1.0, 0.5)})
    operations = (Flip(), Mosaic(probability=1, centre=(0.5, 0.5)))
    run = tf.function(lambda key: augment(left, key, operations, [left] * 3), autograph=False)
    patterns = []
    for number in range(40):
        done = run(tf.constant([3, number]))
        patterns.append(tuple((done["boxes"].numpy()[done["labels"] == 0, 1] % 0.5).tolist()))
    assert {side for pattern in patterns for side in pattern} == {0, 0.25}
    assert len(set(patterns)) > 10
