"""Anchors: KerasHub's, fitted to objects, and what no anchor reaches."""

import numpy as np
import pytest

from trainer.failures import TrainingError
from trainer.network.anchors import anchors_for, explain_uncovered, fit_anchors
from trainer.settings import AnchorSettings

from .made_presets import tiny_retinanet

RANDOM = np.random.default_rng(0)
SQUARES = np.repeat(RANDOM.uniform(16, 40, (60, 1)), 2, axis=1)


def test_anchors_are_those_that_keras_hub_decodes_with():
    detector = tiny_retinanet(anchor_size=3.0)
    expected = np.concatenate(
        [np.asarray(level) for level in detector.anchor_generator(np.zeros((64, 64, 3))).values()]
    )
    ours = anchors_for(AnchorSettings(size=3.0, scales=2, ratios=(0.5, 1.0)), (3, 6), 64)
    np.testing.assert_allclose(ours * 64, expected, atol=1e-4)
    assert len(ours) == detector.output["bbox_regression"].shape[1]
    assert ours.dtype == np.float32


def test_the_ratio_is_height_divided_by_width():
    anchor = anchors_for(AnchorSettings(size=4.0, scales=1, ratios=(2.0,)), (3, 3), 64)[0] * 64
    assert tuple(anchor) == (-23, -11, 23, 11)  # KerasHub rounds halves of sides


def covered(sizes, anchors, levels, size, iou=0.5):
    """Tries each object on every pixel."""
    boxes = anchors_for(anchors, levels, size).astype(np.float64) * size
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    found = 0
    generator = np.random.default_rng(1)
    for height, width in sizes:
        y, x = generator.uniform(0, size - height), generator.uniform(0, size - width)
        sides = np.clip(
            np.minimum(boxes[:, 2:], [y + height, x + width]) - np.maximum(boxes[:, :2], [y, x]), 0, None
        ).prod(axis=1)
        found += (sides / (areas + height * width - sides)).max() >= iou
    return found / len(sizes)


@pytest.mark.parametrize(
    ("sizes", "levels", "size"),
    [
        (SQUARES, (3, 4), 128),
        (SQUARES * [1.5, 0.75], (3, 4), 128),
        (SQUARES * 4, (4, 6), 256),
    ],
    ids=["squares", "tall", "large"],
)
def test_fitted_anchors_cover_what_they_say(sizes, levels, size):
    fit = fit_anchors(sizes, np.zeros(len(sizes), int), levels, size, 0.5)
    assert fit.covered[0] > 0.9
    assert covered(np.repeat(sizes, 4, axis=0), fit.settings, levels, size) == pytest.approx(fit.covered[0], abs=0.08)
    assert (
        explain_uncovered(sizes, np.zeros(len(sizes), int), ["x"], anchors_for(fit.settings, levels, size), size, 0.5)
        is None
    )


def test_shares_are_told_by_class_and_sizes_that_are_left_out():
    sizes = np.concatenate([SQUARES, np.full((3, 2), 3.0)])
    labels = np.repeat([2, 5], [60, 3])
    fit = fit_anchors(sizes, labels, (3, 4), 128, 0.5)
    assert set(fit.covered) == {2, 5}
    assert fit.covered[2] > 0.9
    assert fit.covered[5] == 0
    np.testing.assert_allclose(fit.uncovered, [[3, 3]], rtol=0.03)


def test_the_order_of_the_objects_does_not_matter():
    sizes = SQUARES * np.linspace(0.5, 2, 60)[:, np.newaxis]
    labels = np.arange(60) % 3
    order = np.random.default_rng(1).permutation(60)
    expected = fit_anchors(sizes, labels, (3, 4), 128, 0.5)
    found = fit_anchors(sizes[order], labels[order], (3, 4), 128, 0.5)
    assert found.settings == expected.settings
    assert found.covered == pytest.approx(expected.covered)


def test_anchors_without_a_side_are_refused():
    with pytest.raises(TrainingError) as refused:
        anchors_for(AnchorSettings(size=1.5, ratios=(1.0, 200.0)), (3, 4), 64)
    assert str(refused.value) == (
        "model.anchors of size 1.5 and ratios 1, 200 have sides of 0 px on level 3: set a larger size, or ratios "
        "nearer to 1"
    )


def test_very_thin_objects():
    fit = fit_anchors(np.tile([[100.0, 1.0]], (9, 1)), np.zeros(9, int), (3, 4), 128, 0.5)
    assert max(fit.settings.ratios) <= 10
    anchors_for(fit.settings, (3, 4), 128)


def test_no_objects():
    fit = fit_anchors(np.empty((0, 2)), np.empty(0, int), (3, 4), 128, 0.5)
    assert (fit.settings, fit.covered, fit.uncovered.shape, fit.advice) == (AnchorSettings(), {}, (0, 2), None)
    anchors = anchors_for(AnchorSettings(), (3, 4), 128)
    assert explain_uncovered(np.empty((0, 2)), np.empty(0, int), ["x"], anchors, 128, 0.5) is None


def test_levels_that_would_suit_more():
    fit = fit_anchors(np.full((20, 2), 240.0), np.zeros(20, int), (3, 4), 256, 0.5)
    assert fit.advice == ("anchors on model.levels [3, 4] suit 0% of the boxes, on [3, 5] they would suit 100%")
    assert fit_anchors(np.full((20, 2), 40.0), np.zeros(20, int), (3, 4), 256, 0.5).advice is None


@pytest.mark.parametrize(
    ("size", "remedy"),
    [
        (
            [9, 11],
            "its sides are 9 to 11 px on the network's square of 128 px (median 10), those of the anchors 32 to 100 "
            "px; they are too small: set input.image_size to about 416, begin model.levels lower, or set a smaller "
            "model.anchors.size",
        ),
        (
            [125, 126],
            "its sides are 125 to 126 px on the network's square of 128 px (median 126), those of the anchors 32 to 50 "
            "px; they are too large: end model.levels higher, or set a larger model.anchors.size",
        ),
        (
            [128, 16],
            "its sides are 16 to 128 px on the network's square of 128 px (median 72), those of the anchors 32 to 100 "
            "px; their shape is another: add 8 (height divided by width) to model.anchors.ratios",
        ),
    ],
    ids=["small", "large", "tall"],
)
def test_a_class_that_no_anchor_reaches(size, remedy):
    sizes = np.concatenate([np.full((4, 2), 40.0), np.full((3, 2), size)])
    labels = np.repeat([0, 2], [4, 3])
    levels = (3, 3) if size[0] == 125 else (3, 4)
    anchors = anchors_for(AnchorSettings(ratios=(1.0,)), levels, 128)
    assert explain_uncovered(sizes, labels, ["dog", "cat", "kite"], anchors, 128, 0.5) == (
        "no box of class 'kite' has an anchor that overlaps it by 0.5 (loss.positive_iou), so that it would not be "
        f"learnt: {remedy}"
    )


def test_one_object_with_an_anchor_is_enough_and_many_classes_are_not_all_told():
    anchors = anchors_for(AnchorSettings(ratios=(1.0,)), (3, 4), 128)
    sizes = np.array([[40.0, 40.0], *[[3.0, 3.0]] * 6])
    names = ["a", "b", "c", "d", "e"]
    assert explain_uncovered(sizes, np.zeros(7, int), names, anchors, 128, 0.5) is None
    told = explain_uncovered(sizes, np.array([0, 0, 0, 1, 2, 3, 4]), names, anchors, 128, 0.5).splitlines()
    assert [line.split("'")[1] for line in told[:3]] == ["b", "c", "d"]
    assert told[3:] == ["and likewise 1 more class"]
