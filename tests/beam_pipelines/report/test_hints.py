"""What is suggested for training: by hand for small datasets, and what holds for any."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.report.bins import SHAPE_EDGES, TRAINING_SIZES
from beam_pipelines.report.hints import Hints, SizeHint, clusters, fit, hints_of
from beam_pipelines.report.sightings import Sighting
from beam_pipelines.report.sketch import Sketch

SIZE = (640, 640)
"""Of an image: its pixels are those for which anchors are suggested."""


def image(number: int, *boxes: tuple[str, float, float], labels: tuple[str, ...] = ()) -> Sighting:
    """An image with boxes: class name, and width and height in pixels."""
    fractions = [(name, 0.0, 0.0, width / SIZE[0], height / SIZE[1]) for name, width, height in boxes]
    return Sighting(number, *SIZE, fractions, labels, number, 0)


def sketch_of(*images: Sighting, split: str = "train") -> Sketch:
    sketch = Sketch()
    sketch.add(split, "a.tfrecord", images)
    return sketch


def remarks(*images: Sighting) -> tuple[str, ...]:
    return hints_of(sketch_of(*images)).remarks


def test_a_dataset_without_a_box():
    assert hints_of(Sketch()) == Hints(
        sizes=tuple(SizeHint(size, 0.0) for size in TRAINING_SIZES),
        anchors=(),
        anchor_size=640,
        aspect_ratios=(),
        mean_iou=0.0,
        recall=0.0,
        most_boxes=0,
        remarks=(),
    )


def test_the_whole_of_a_small_dataset():
    # The bins meet at 640 / 2**(k / 4); anchors are their middles.
    sketch = sketch_of(
        image(0, ("cat", 59, 29), ("cat", 60, 30)), image(1, ("cat", 30, 60)), image(2, ("dog", 235, 235))
    )
    assert hints_of(sketch) == Hints(
        sizes=(
            SizeHint(256, 0.75),
            SizeHint(320, 0.75),
            SizeHint(512, 0.0),
            SizeHint(640, 0.0),
            SizeHint(800, 0.0),
            SizeHint(1024, 0.0),
            SizeHint(1280, 0.0),
        ),
        anchors=((30.8, 61.7), (61.7, 30.8), (246.8, 246.8)),
        anchor_size=640,
        aspect_ratios=(0.5, 1.0, 2.0),
        mean_iou=pytest.approx(1.0, abs=0.005),
        recall=1.0,
        most_boxes=2,
        remarks=(),
    )


def test_shapes_in_the_open_bins():
    tiny = Sighting(0, 4096, 4096, [("ant", 0.0, 0.0, 1 / 4096, 1 / 4096)], (), 0, 0)
    assert hints_of(sketch_of(tiny)).anchors == ((1.4, 1.4),)
    assert hints_of(sketch_of(image(0, ("cat", 640, 640)))).anchors == ((586.9, 586.9),)


def test_finds_the_centres_of_clusters():
    generator = np.random.default_rng(7)
    centres = np.array([(0.05, 0.05), (0.1, 0.3), (0.4, 0.15), (0.8, 0.7)])
    shapes = np.concatenate([centre * generator.uniform(0.9, 1.1, (200, 2)) for centre in centres])
    weights = generator.integers(1, 20, len(shapes))
    np.testing.assert_allclose(clusters(shapes, weights, 4), centres, rtol=0.02)


def test_heavy_shapes_pull_a_centre():
    shapes = np.array([(0.2, 0.25), (0.25, 0.2), (0.3, 0.25), (0.25, 0.3)])
    np.testing.assert_allclose(clusters(shapes, np.array([1, 1, 1, 1]), 1), [(0.25, 0.25)], rtol=1e-5)
    np.testing.assert_allclose(clusters(shapes, np.array([1, 1, 2, 1]), 1), [(0.26, 0.25)], rtol=1e-5)


def test_fit_by_hand():
    shapes = np.array([(0.2, 0.2), (0.4, 0.1), (0.8, 0.8)])
    mean_iou, recall = fit(shapes, np.array([2, 1, 1]), np.array([(0.2, 0.2), (0.8, 0.4)]))
    # Exactly; 0.02 / 0.06; 0.32 / 0.64, which is just enough to meet.
    assert (mean_iou, recall) == (pytest.approx((2 * 1 + 1 / 3 + 1 / 2) / 4, abs=1e-6), 3 / 4)


QUICK = settings(max_examples=30, deadline=None)
some_shapes = st.dictionaries(
    st.tuples(st.integers(0, 35), st.integers(0, 35)), st.integers(1, 1000), min_size=1, max_size=30
)


def made(cells: dict[tuple[int, int], int], split: str = "train") -> Sketch:
    sketch = Sketch()
    sketch.shapes[split] = np.zeros((36, 36), np.int64)
    for cell, count in cells.items():
        sketch.shapes[split][cell] = count
    return sketch


@QUICK
@given(some_shapes)
def test_anchors_lie_among_the_boxes(cells):
    hints = hints_of(made(cells))
    edges = np.array([SHAPE_EDGES[0] / 2**0.25, *SHAPE_EDGES, 1.0]) * 640
    for axis in (0, 1):
        low, high = edges[min(cell[axis] for cell in cells)], edges[max(cell[axis] for cell in cells) + 1]
        assert all(low - 0.05 <= anchor[axis] <= high + 0.05 for anchor in hints.anchors)
    assert len(hints.anchors) == min(9, len(cells))
    assert list(hints.anchors) == sorted(hints.anchors, key=lambda a: a[0] * a[1])
    assert 1 <= len(hints.aspect_ratios) <= 3
    assert 0 < hints.mean_iou <= 1
    assert 0 <= hints.recall <= 1


@QUICK
@given(some_shapes)
def test_more_anchors_never_fit_worse(cells):
    shapes = np.array([(SHAPE_EDGES[min(w, 34)], SHAPE_EDGES[min(h, 34)]) for w, h in cells])
    shapes, places = np.unique(shapes, axis=0, return_index=True)
    weights = np.array(list(cells.values()))[places]
    fits = [fit(shapes, weights, clusters(shapes, weights, number))[0] for number in range(1, 7)]
    assert fits == sorted(fits)


@QUICK
@given(some_shapes, some_shapes)
def test_the_order_of_merging_does_not_matter(one, other):
    first, second = made(one), made(other)
    first.merge(made(other))
    second.merge(made(one))
    split_up = made(one)
    split_up.merge(made(other, "val"))
    assert hints_of(first) == hints_of(second) == hints_of(split_up)


def test_a_full_histogram_is_quick():
    sketch = Sketch()
    sketch.shapes["train"] = np.random.default_rng(0).integers(1, 10**9, (36, 36))
    start = time.process_time()
    assert len(hints_of(sketch).anchors) == 9
    assert time.process_time() - start < 1  # a tenth of it, on a machine that has nothing else to do


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (40, ()),
        (
            31,
            (
                "100% of the boxes are smaller than 32 × 32 pixels at a training size of 640: "
                "train at 800 (0%), or tile the pictures.",
            ),
        ),
        (
            15,
            ("100% of the boxes are smaller than 32 × 32 pixels at a training size of 640: tile the pictures.",),
        ),
    ],
)
def test_remark_on_small_boxes(sides, expected):
    assert remarks(image(0, ("cat", sides, sides))) == expected


def test_remark_on_crowded_images():
    assert remarks(image(0, *[("cat", 40, 40)] * 100)) == ()
    assert remarks(image(0, *[("cat", 40, 40)] * 101), image(1, *[("cat", 40, 40)] * 1312)) == (
        "2 images have more than 100 boxes, which is often the maximum: raise the maximum of boxes per image to 1,312.",
    )
    assert remarks(image(0, *[("cat", 40, 40)] * 312)) == (
        "1 image has more than 100 boxes, which is often the maximum: raise the maximum of boxes per image to 312.",
    )


@pytest.mark.parametrize(("width", "height"), [(40, 170), (170, 40), (160, 40)])
def test_remark_on_long_boxes(width, height):
    boxes = [("pole", width, height), *[("pole", 50, 50)] * 9]
    expected = (
        "10% of the boxes are at least 4 times as long as wide: the usual aspect ratios of 0.5, 1 and 2 miss them, "
        "so take those suggested here.",
    )
    assert remarks(image(0, *boxes)) == expected
    assert remarks(image(0, *boxes, ("pole", 50, 50))) == ()


def test_remark_on_a_rare_class():
    many = image(0, *[("cat", 40, 40)] * 20)
    assert remarks(many, image(1, ("dog", 40, 40))) == (
        "'dog' has 1 box, 'cat' 20: find more pictures of 'dog', or sample them more often.",
    )
    assert remarks(many, image(1, ("dog", 40, 40), ("dog", 40, 40))) == ()


def test_remark_on_several_rare_classes():
    many = image(0, *[("cat", 40, 40)] * 40)
    rare = image(1, ("cow", 40, 40), ("cow", 40, 40), ("dog", 40, 40))
    assert remarks(many, rare) == (
        "2 of 3 classes have at most a twentieth of the boxes of 'cat' (40), 'dog' the fewest (1): "
        "find more pictures of them, or sample these more often.",
    )


def test_remark_on_a_rare_class_of_whole_images():
    images = [image(number, labels=("sunny",)) for number in range(1040)]
    assert remarks(*images, image(9999, labels=("storm",))) == (
        "'storm' has 1 image, 'sunny' 1,040: find more pictures of 'storm', or sample them more often.",
    )


def test_remark_on_negatives():
    positive = image(0, ("cat", 40, 40))
    assert remarks(positive, image(1)) == ()
    assert remarks(positive, image(1), image(2)) == (
        "67% of the images are negatives, which have nothing to find: leave some out, or sample them less often.",
    )
