"""Statistics: what is counted, and that neither order nor parts change it."""

import pickle
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.report.bins import (
    ASPECT_EDGES,
    IMAGE_EDGES,
    PER_IMAGE_EDGES,
    POSITIONS,
    SHAPE_EDGES,
    SIZE_EDGES,
    TRAINING_SIZES,
)
from beam_pipelines.report.sightings import ALL, EXTREMES, Extreme, Sample
from beam_pipelines.report.sketch import Sketch

from .made import sighting

CAT = ("cat", 0.0, 0.0, 0.25, 0.5)
"""Of a picture of 400 by 200: 100 by 100 pixels."""
DOG = ("dog", 0.5, 0.5, 0.525, 0.55)
"""10 by 10 pixels."""
SNAKE = ("snake", 0.0, 0.9, 1.0, 0.95)
"""400 by 10 pixels."""


def sketch_of(*sightings, split="train", file="train-0"):
    sketch = Sketch()
    sketch.add(split, file, sightings)
    return sketch


def filled(histogram):
    return {place: count for place, count in enumerate(histogram) if count}


def state(sketch):
    """All of a sketch as plain values."""
    return (
        {key: counts.tolist() for key, counts in sketch.cells.items()},
        {key: counts.tolist() for key, counts in sketch.shapes.items()},
        {key: counts.tolist() for key, counts in sketch.image_sizes.items()},
        sketch.exact_sizes,
        sketch.most_boxes,
        sketch.samples,
        sketch.extremes,
        sketch.left_out,
        sketch.class_ids,
    )


def test_counts_of_one_picture():
    sketch = sketch_of(sighting(7, (CAT, DOG, DOG, SNAKE), ("indoors",), number=3))
    assert sketch.counts_of("boxes") == [4]
    assert sketch.counts_of("boxes", name="dog") == [2]
    assert sketch.counts_of("images") == [1]
    assert sketch.counts_of("images", name="dog") == [1]
    assert sketch.counts_of("images", name="indoors") == [1]
    assert sketch.counts_of("labels") == [1]
    assert sketch.counts_of("labels", name="indoors") == [1]
    assert sketch.counts_of("labels", name="dog") == [0]
    assert sketch.counts_of("negatives") == [0]
    assert sketch.counts_of("areas") == [2, 1, 1]
    assert sketch.counts_of("areas", name="cat") == [0, 0, 1]
    assert filled(sketch.counts_of("per_image")) == {4: 1}
    assert filled(sketch.counts_of("per_image", name="dog")) == {2: 1}
    assert sketch.most_boxes == {"train": 4}
    assert sketch.exact_sizes == {"train": Counter({(400, 200): 1})}


def test_bins_of_one_box():
    sketch = sketch_of(sighting(7, (CAT,)))
    (size,) = filled(sketch.counts_of("sizes"))
    assert SIZE_EDGES[size - 1] <= 100 < SIZE_EDGES[size]
    (aspect,) = filled(sketch.counts_of("aspects"))
    assert ASPECT_EDGES[aspect - 1] == 1.0
    assert filled(sketch.counts_of("positions")) == {4 * POSITIONS + 2: 1}
    ((row, column),) = [(r, c) for r, line in enumerate(sketch.shapes["train"]) for c, n in enumerate(line) if n]
    assert row == column
    assert SHAPE_EDGES[row - 1] == 0.25
    ((row, column),) = [(r, c) for r, line in enumerate(sketch.image_sizes["train"]) for c, n in enumerate(line) if n]
    assert IMAGE_EDGES[row - 1] <= 400 < IMAGE_EDGES[row]
    assert IMAGE_EDGES[column - 1] <= 200 < IMAGE_EDGES[column]


def test_a_box_at_the_lower_right_corner_is_on_the_grid():
    sketch = sketch_of(sighting(1, (("cat", 0.999, 0.999, 1.0, 1.0),)))
    assert filled(sketch.counts_of("positions")) == {POSITIONS * POSITIONS - 1: 1}


@pytest.mark.parametrize(("side", "areas"), [(31.9, [1, 0, 0]), (32, [0, 1, 0]), (95.9, [0, 1, 0]), (96, [0, 0, 1])])
def test_small_medium_large_as_coco_has_them(side, areas):
    box = ("cat", 0.0, 0.0, side / 400, side / 200)
    assert sketch_of(sighting(1, (box,))).counts_of("areas") == areas


def test_boxes_that_training_makes_small():
    # 100 of 400 pixels: 64 at a size of 256, and 20 of 400: 12.8 at 256, 51.2 at 1024
    small = ("dog", 0.0, 0.0, 20 / 400, 20 / 200)
    counts = sketch_of(sighting(1, (CAT, small))).counts_of("under_32")
    assert dict(zip(TRAINING_SIZES, counts, strict=True)) == {
        256: 1, 320: 1, 512: 1, 640: 0, 800: 0, 1024: 0, 1280: 0,
    }  # fmt: skip


@pytest.mark.parametrize("number", [0, 1, 5, 6, 10, 11, 200, 201, 500])
def test_boxes_in_an_image_fall_between_the_edges(number):
    (place,) = filled(sketch_of(sighting(1, (DOG,) * number)).counts_of("per_image"))
    edges = (0, *PER_IMAGE_EDGES, 10**9)
    assert edges[place] <= number < edges[place + 1]


def test_negatives_have_neither_box_nor_label():
    sketch = sketch_of(sighting(3, number=0), sighting(1, labels=("cat",), number=1), sighting(2, (DOG,), number=2))
    assert sketch.counts_of("negatives") == [1]
    assert sketch.samples["train", ALL] == [Sample(3, "train", "train-0", 0, 0)]


def test_samples_are_those_with_the_lowest_rank_and_each_picture_once():
    pictures = [sighting(rank, (DOG, DOG, CAT), number=number) for number, rank in enumerate([5, 9, 1, 7, 3])]
    sketch = sketch_of(*pictures)
    assert [sample.rank for sample in sketch.samples["train", "dog"]] == [1, 3, 5, 7]
    assert sketch.samples["train", "dog"][0] == Sample(1, "train", "train-0", 2, 2000)
    assert sketch.samples["train", "dog"] == sketch.samples["train", "cat"]


def test_many_boxes_of_one_picture_make_one_sample():
    sketch = sketch_of(sighting(1, (DOG,) * 100, number=0), sighting(2, (DOG,) * 100, number=1))
    assert [sample.rank for sample in sketch.samples["train", "dog"]] == [1, 2]


def test_extremes():
    sketch = sketch_of(
        sighting(1, (CAT, DOG), number=0), sighting(2, (SNAKE,), number=1), sighting(3, (DOG,) * 3, number=2)
    )
    first, second, third = (Sample(n + 1, "train", "train-0", n, 1000 * n) for n in range(3))
    found = {kind: [(one.sample, round(one.value, 3), one.name) for one in sketch.extremes["train", kind]]
             for kind in EXTREMES}  # fmt: skip
    assert found == {
        "largest": [(first, 0.125, "cat"), (second, 0.05, "snake"), (third, 0.001, "dog")],
        "smallest": [(first, 100.0, "dog"), (third, 100.0, "dog"), (second, 4000.0, "snake")],
        "thinnest": [(second, 40.0, "snake"), (first, 1.0, "cat"), (third, 1.0, "dog")],
        "most_crowded": [(third, 3, ""), (first, 2, ""), (second, 1, "")],
    }
    assert sketch.extremes["train", "most_crowded"][0] == Extreme(-3, third, 3, "")


def test_pictures_without_boxes_are_not_odd():
    sketch = sketch_of(sighting(1), sighting(2, labels=("cat",)))
    assert not any(sketch.extremes.values())


def test_nothing_added_is_nothing():
    sketch = sketch_of()
    assert state(sketch) == state(Sketch())
    assert sketch.counts_of("boxes") == [0]


def test_splits_are_apart_and_together():
    sketch = sketch_of(sighting(1, (CAT,)), split="train")
    sketch.add("test", "test-0", [sighting(2, (CAT, CAT))])
    assert [sketch.counts_of("boxes", split, "cat") for split in ("train", "test", None)] == [[1], [2], [3]]


def test_too_many_different_sizes_are_not_kept():
    pictures = [sighting(n, width=100 + n) for n in range(65)]
    assert sketch_of(*pictures[:64]).exact_sizes["train"] == Counter((100 + n, 200) for n in range(64))
    assert sketch_of(*pictures).exact_sizes["train"] is None
    parts = sketch_of(*pictures[:40])
    parts.merge(sketch_of(*pictures[40:]))
    parts.merge(sketch_of(*pictures[:1]))
    assert parts.exact_sizes["train"] is None


def test_a_sketch_that_travels_is_the_same_and_small():
    sketch = sketch_of(sighting(7, (CAT, DOG, SNAKE), ("indoors",)))
    packed = pickle.dumps(sketch, 5)
    assert state(pickle.loads(packed)) == state(sketch)
    assert len(packed) < 6000
    assert state(pickle.loads(pickle.dumps(Sketch()))) == state(Sketch())


def test_by_class():
    sketch = sketch_of(sighting(1, (CAT, DOG, DOG)), split="train")
    sketch.add("test", "test-0", [sighting(2, (DOG,), ("indoors",))])
    assert sketch.by_class("boxes") == {"cat": [1], "dog": [3], "indoors": [0]}
    assert sketch.by_class("areas") == {
        name: sketch.counts_of("areas", name=name) for name in ("cat", "dog", "indoors")
    }


def test_left_out_is_added_up():
    one, other = Sketch(), Sketch()
    one.left_out["boxes"], other.left_out["boxes"], other.left_out["records"] = 2, 3, 1
    one.merge(other)
    assert one.left_out == {"boxes": 5, "records": 1}


side = st.integers(0, 63)
boxes = st.builds(
    lambda name, x, y, w, h: (name, x / 64, y / 64, min(64, x + 1 + w) / 64, min(64, y + 1 + h) / 64),
    st.sampled_from("abc"), side, side, side, side,
)  # fmt: skip
pictures = st.builds(
    sighting,
    st.integers(0, 3) | st.integers(0, 2**63 - 1),
    st.lists(boxes, max_size=5),
    st.lists(st.sampled_from("cde"), unique=True, max_size=2),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    number=st.integers(0, 1000),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(pictures, max_size=12, unique_by=lambda one: one.number), st.randoms(use_true_random=False))
def test_the_order_and_the_parts_change_nothing(sightings, chance: random.Random):
    whole = sketch_of(*sightings)
    shuffled = chance.sample(sightings, len(sightings))
    cut = chance.randint(0, len(shuffled))
    first, second = sketch_of(*shuffled[:cut]), sketch_of(*shuffled[cut:])
    merged = Sketch()
    for part in chance.sample([first, second, Sketch()], 3):
        merged.merge(part)
    assert state(merged) == state(whole)


@settings(max_examples=60, deadline=None)
@given(st.lists(pictures, min_size=1, max_size=12))
def test_every_box_and_image_is_in_each_histogram_once(sightings):
    sketch = sketch_of(*sightings)
    number = sum(len(one.boxes) for one in sightings)
    for field in ("boxes", "areas", "sizes", "aspects", "positions"):
        assert sum(sketch.counts_of(field)) == number
        assert sum(sum(sketch.counts_of(field, name=name)) for name in "abc") == number
    assert sketch.shapes["train"].sum() == number
    assert sum(sketch.counts_of("per_image")) == sketch.image_sizes["train"].sum() == len(sightings)
    for name in "abcde":
        with_it = [one for one in sightings if any(box[0] == name for box in one.boxes)]
        assert sum(sketch.counts_of("per_image", name=name)) == len(with_it)
        either = [one for one in sightings if one in with_it or name in one.labels]
        assert sketch.counts_of("images", name=name) == [sum(1 for _ in either)]
