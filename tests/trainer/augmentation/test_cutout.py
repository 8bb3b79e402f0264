"""Tests of rectangles that hide things."""

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.augmentation.cutout import cut_out, hidden_share
from trainer.augmentation.settings import Cutout
from trainer.augmentation.views import view_of

from .drawn import SIZE, drawn, sample

edges = st.integers(-3, 12)
rectangles = st.tuples(edges, edges, edges, edges).map(
    lambda four: (min(four[0], four[2]), min(four[1], four[3]), max(four[0], four[2]), max(four[1], four[3]))
)


def cells(rectangle: tuple[int, int, int, int]) -> np.ndarray:
    """Returns which cells of a plane from -3 to 12 a rectangle covers."""
    plane = np.zeros((16, 16), bool)
    top, left, bottom, right = (edge + 3 for edge in rectangle)
    plane[top:bottom, left:right] = True
    return plane


@settings(max_examples=40, deadline=None)
@given(st.lists(rectangles, min_size=1, max_size=4), st.lists(rectangles, min_size=1, max_size=4))
def test_hidden_share_counts_overlaps_once(boxes, hiding) -> None:
    hidden = np.any([cells(each) for each in hiding], axis=0)
    wanted = [(cells(box) & hidden).sum() / max(cells(box).sum(), 1) for box in boxes]
    shares = hidden_share(tf.constant(boxes, tf.float32), tf.constant(hiding, tf.float32))
    np.testing.assert_allclose(shares, wanted, atol=1e-6)


def test_objects_that_are_hidden_become_regions_to_ignore() -> None:
    white = np.full((SIZE, SIZE, 3), 255, np.uint8)
    truth = [(y / 8, x / 8, (y + 1) / 8, (x + 1) / 8) for y in range(8) for x in range(8)]
    start = view_of(*sample(white, truth, [5] * 64, most=66).values())
    run = tf.function(
        lambda key: cut_out(start, key, Cutout(count=4, size=(0.2, 0.5), minimum_visible=0.4)), autograph=False
    )
    shares = []
    for number in range(10):
        view = run(tf.constant([6, number]))
        assert set(np.unique(view.image)) == {128, 255}
        assert (view.boxes.numpy() == start.boxes.numpy()).all()
        assert view.labels.numpy()[64:].tolist() == [-1, -1]
        hidden = view.image.numpy()[..., 0] == 128
        shares.append(hidden.mean())
        for box, label, left in zip(truth, view.labels.numpy(), view.visible.numpy(), strict=False):
            top, first, bottom, last = (round(side * SIZE) for side in box)
            visible = 1 - hidden[top:bottom, first:last].mean()
            np.testing.assert_allclose(left, visible, atol=1e-5)
            assert label == (5 if visible >= 0.4 else -2)
    assert 0.1 < np.mean(shares) < 0.4


def test_what_was_cut_off_before_counts() -> None:
    start = view_of(*drawn().values())._replace(visible=tf.constant([0.2, 0.5, 1, 1, 1, 1]))
    view = cut_out(start, tf.constant([0, 0]), Cutout(count=1, size=(0.01, 0.01), minimum_visible=0.3))
    assert view.labels.numpy().tolist() == [-2, 1, 2, -1, -1, -1]
