"""How far anchors overlap objects, against a look at each single anchor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.network.anchor_overlaps import anchor_grids, centres, grids_of, overlaps
from trainer.network.anchors import anchors_for
from trainer.settings import AnchorSettings

SETTINGS = AnchorSettings(size=2.5, scales=2, ratios=(0.5, 1.0, 1.7))


@pytest.mark.parametrize(
    ("anchors", "levels", "size"),
    [
        (SETTINGS, (3, 4), 64),
        (AnchorSettings(), (3, 6), 96),  # where cells do not divide the square
        (AnchorSettings(size=2.0, scales=1, ratios=(1.0, 4.0)), (2, 4), 64),  # equal shapes on two levels
    ],
    ids=["two levels", "uneven", "doubled"],
)
def test_grids_of_settings_are_those_of_keras_hubs_anchors(anchors, levels, size):
    made, found = grids_of(anchors, levels, size), anchor_grids(anchors_for(anchors, levels, size), size)
    assert [(grid.height, grid.width) for grid in made] == [(grid.height, grid.width) for grid in found]
    for ours, theirs in zip(made, found, strict=True):
        np.testing.assert_allclose(ours.rows, theirs.rows, atol=1e-3)
        np.testing.assert_allclose(ours.columns, theirs.columns, atol=1e-3)


@settings(max_examples=40)
@given(st.floats(2, 64), st.floats(2, 64))
def test_no_single_anchor_overlaps_more(height, width):
    size, places = 64, 5
    anchors = anchors_for(SETTINGS, (3, 4), size).astype(np.float64) * size
    found = overlaps(grids_of(SETTINGS, (3, 4), size), np.array([[height, width]]), size, places).max(axis=0)[0]
    # The places of Roberts' R2 sequence.
    steps = np.arange(1, places + 1) / 1.32471795724474602596
    centres = [(0.5 + steps) % 1, (0.5 + steps / 1.32471795724474602596) % 1]
    for place in range(places):
        y = height / 2 + centres[0][place] * (size - height)
        x = width / 2 + centres[1][place] * (size - width)
        box = np.array([y - height / 2, x - width / 2, y + height / 2, x + width / 2])
        sides = np.clip(np.minimum(anchors[:, 2:], box[2:]) - np.maximum(anchors[:, :2], box[:2]), 0, None)
        shared = sides.prod(axis=1)
        union = height * width + (anchors[:, 2:] - anchors[:, :2]).prod(axis=1) - shared
        assert found[place] == pytest.approx((shared / union).max(), abs=1e-4)


@pytest.mark.parametrize("size", [(20, 20), (14, 31), (40, 24), (9, 9)], ids=str)
def test_cells_from_which_an_object_is_overlapped(size):
    side, levels, iou = 256, (3, 4), 0.5
    grids = grids_of(SETTINGS, levels, side)
    generator = np.random.default_rng(0)
    counts = []
    for _ in range(300):
        y, x = generator.uniform(100, 156, 2)  # far from the border
        cells = {}
        for grid in grids:
            down = np.clip((size[0] + grid.height) / 2 - np.abs(grid.rows - y), 0, min(size[0], grid.height))
            across = np.clip((size[1] + grid.width) / 2 - np.abs(grid.columns - x), 0, min(size[1], grid.width))
            shared = down[:, np.newaxis] * across
            enough = (shared / (size[0] * size[1] + grid.height * grid.width - shared) >= iou).sum()
            cells[len(grid.rows)] = [*cells.get(len(grid.rows), []), enough]
        counts.append([np.array(found) for found in cells.values()])
    # The most of a level's shapes on average, and the levels together.
    expected = sum(np.mean([levels_of[i] for levels_of in counts], axis=0).max() for i in range(2))
    assert centres(grids, np.array([size]), side, iou)[0] == pytest.approx(expected, abs=0.15)
