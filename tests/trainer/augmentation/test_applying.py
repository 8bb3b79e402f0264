"""Tests of operations on pictures with their boxes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer.augmentation.applying import augment, needs_partners
from trainer.augmentation.settings import Colour, Crop, Cutout, Flip, Mosaic, Operation, Rotate90, ScaleJitter
from trainer.input_pipeline.tracing import as_written

from .drawn import BOXES, MOST, SIZE, drawn, found, objects, sample

MOVING: dict[str, tuple[Operation, ...]] = {
    "flip": (Flip(probability=1),),
    "vertical flip": (Flip(probability=1, direction="vertical"),),
    "rotate90": (Rotate90(probability=1),),
    "crop": (Crop(probability=1, minimum_visible=0),),
    "scale_jitter": (ScaleJitter(probability=1, minimum_visible=0),),
    "mosaic": (Mosaic(probability=1, minimum_visible=0),),
    "one after another": (
        Flip(),
        ScaleJitter(probability=1, minimum_visible=0),
        Rotate90(),
        Crop(probability=1, scale=(0.5, 1), minimum_visible=0),
        Flip(direction="vertical"),
    ),
    "around a mosaic": (
        ScaleJitter(minimum_visible=0),
        Mosaic(probability=1, minimum_visible=0),
        Flip(),
        ScaleJitter(probability=1, minimum_visible=0),
        Rotate90(),
    ),
    "with others between": (
        ScaleJitter(minimum_visible=0),
        Colour(brightness=0, contrast=0.1, saturation=0, hue=0),
        Cutout(count=1, size=(0.01, 0.01), minimum_visible=0),
        Crop(minimum_visible=0),
    ),
}
EVERY = (Mosaic(), Flip(), Rotate90(), ScaleJitter(), Crop(), Colour(), Cutout())


def augmenting(operations: Sequence[Operation], given: dict[str, Any] | None = None) -> Callable[[int], dict[str, Any]]:
    """Returns a function of a number that augments a picture; a mosaic has an object in each of three quarters."""
    partners: tuple[dict[str, Any], ...] = ()
    if needs_partners(operations):
        one, *others = ({channel: box} for channel, box in BOXES.items())
        given, partners = drawn(one), (*map(drawn, others), drawn({}))
    start = given or drawn()
    run = tf.function(lambda key: augment(start, key, operations, partners), autograph=False)
    return lambda number: {name: value.numpy() for name, value in run(tf.constant([7, number])).items()}


def assert_fits(done: dict[str, Any]) -> None:
    """Asserts that what is seen of each rectangle is its box, and that nothing else is a box."""
    boxes = objects(done)
    assert set(boxes) <= {0, 1, 2}
    for channel in range(3):
        seen, box = found(done["image"], channel), boxes.get(channel)
        if seen is None:
            assert box is None or min(box[2:] - box[:2]) < 1.5 / SIZE
        elif box is None:
            assert min(seen[2] - seen[0], seen[3] - seen[1]) < 1.5 / SIZE
        else:
            np.testing.assert_allclose(box, seen, atol=1.01 / SIZE)


@pytest.mark.parametrize("name", MOVING)
def test_boxes_are_where_the_objects_are(name: str) -> None:
    augmented = augmenting(MOVING[name])
    places = set()
    for number in range(25):
        done = augmented(number)
        assert (done["image"].shape, done["image"].dtype) == ((SIZE, SIZE, 3), np.uint8)
        assert (done["boxes"].shape, done["boxes"].dtype) == ((MOST, 4), np.float32)
        assert (done["labels"].shape, done["labels"].dtype) == ((MOST,), np.int32)
        assert done["boxes"].min() >= 0
        assert done["boxes"].max() <= 1
        assert not done["boxes"][done["labels"] == -1].any()
        assert_fits(done)
        places.add(done["boxes"].tobytes())
    assert len(places) == {"flip": 1, "vertical flip": 1, "rotate90": 3}.get(name, len(places))
    assert "flip" in name or len(places) > 2


def test_nothing_happens_with_probability_0() -> None:
    start = drawn({0: (0, 0, 1, 1 / 64), 1: BOXES[1]}, size=32)
    for operations in (tuple(each.model_copy(update={"probability": 0.0}) for each in EVERY), ()):
        assert not needs_partners(operations)
        done = augment(start, tf.constant([1, 2]), operations)
        assert [(name, value.numpy().tolist()) for name, value in done.items()] == [
            (name, value.numpy().tolist()) for name, value in start.items()
        ]


def test_probability_is_how_often() -> None:
    augmented = augmenting((Flip(probability=0.2),))
    flipped = sum(augmented(number)["boxes"][0][1] > 0.5 for number in range(400))
    assert 50 < flipped < 110


def test_operations_do_not_hang_together() -> None:
    augmented = augmenting((Flip(), Flip(direction="vertical")))
    seen = [tuple(augmented(number)["boxes"][0][:2] > 0.3) for number in range(200)]
    assert all(30 < seen.count(each) < 75 for each in ((False, False), (False, True), (True, False), (True, True)))


def test_an_operation_does_not_depend_on_those_before_it() -> None:
    jitter = ScaleJitter(probability=1, minimum_visible=0)
    alone = augmenting((Flip(probability=0), jitter))
    behind = augmenting((Flip(probability=1, direction="vertical"), jitter))
    for number in range(4):
        one, other = objects(alone(number)), objects(behind(number))
        shared = one.keys() & other.keys()
        assert shared
        for label in shared:
            np.testing.assert_allclose(one[label][[1, 3]], other[label][[1, 3]], atol=1e-6)


def test_the_key_alone_decides() -> None:
    group = [drawn({channel: box}) for channel, box in BOXES.items()] + [drawn()]

    @as_written
    def change(number: tf.Tensor) -> dict[str, tf.Tensor]:
        return augment(group[0], tf.stack([3, tf.cast(number, tf.int32)]), EVERY, group[1:])

    there_and_back = [*range(24), *range(23, -1, -1)]
    stream = tf.data.Dataset.from_tensor_slices(there_and_back).map(change, num_parallel_calls=4)
    done = list(stream.as_numpy_iterator())
    one, other = done[:24], done[:23:-1]
    for first, second in zip(one, other, strict=True):
        assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}
    assert stream.element_spec["image"].shape == (SIZE, SIZE, 3)
    assert len({sample["image"].tobytes() for sample in one}) == 24


def test_other_entries_stay() -> None:
    done = augment(drawn() | {"source_ids": tf.constant(17, tf.int64)}, tf.constant([0, 0]), (Flip(probability=1),))
    assert done["source_ids"].numpy() == 17


def test_the_place_of_the_picture_on_the_square_is_told() -> None:
    start = drawn() | {"picture": tf.constant([0.0, 0.0, 1.0, 0.75])}
    done = augment(start, tf.constant([0, 0]), (Flip(probability=1), Colour(probability=1)))
    assert done["picture"].numpy().tolist() == [0, 0.25, 1, 1]
    assert (done["image"].numpy()[:, :16] == 128).all()


def test_a_part_in_other_colours_has_no_edge() -> None:
    plain = sample(np.full((SIZE, SIZE, 3), 60, np.uint8), [], [])
    operations = (ScaleJitter(probability=1, scale=(2, 3)), Colour(probability=1))
    augmented = augmenting(operations, plain)
    for number in range(5):
        assert len(np.unique(augmented(number)["image"].reshape(-1, 3), axis=0)) == 1


def test_regions_to_ignore_move_along_and_stay_what_they_are() -> None:
    operations = (ScaleJitter(probability=1, minimum_visible=1), Cutout(probability=1, minimum_visible=1))
    for key in ([1, 2], [3, 4]):
        of_objects, of_regions = (
            augment(drawn() | {"labels": tf.constant([*labels, -1, -1, -1])}, tf.constant(key), operations)
            for labels in ([0, 1, 2], [-2, -2, -2])
        )
        assert of_objects["boxes"].numpy().any(axis=-1).any()
        assert (of_regions["boxes"].numpy() == of_objects["boxes"].numpy()).all()
        assert (of_regions["labels"].numpy() == np.where(of_objects["labels"] == -1, -1, -2)).all()


@pytest.mark.parametrize(("minimum_visible", "label"), [(0.4, -2), (0.2, 0)])
def test_what_is_cut_off_bit_by_bit_counts_together(minimum_visible: float, label: int) -> None:
    # Each enlargement by 2 shows the middle or another part, of which a full picture's box loses three quarters.
    full = sample(np.zeros((SIZE, SIZE, 3), np.uint8), [(0, 0, 1, 1)], [0])
    part = ScaleJitter(probability=1, scale=(2**0.5, 2**0.5), minimum_visible=minimum_visible)
    done = augment(full, tf.constant([0, 0]), (part, part))
    assert done["labels"].numpy().tolist() == [label, -1, -1, -1, -1, -1]
    assert done["boxes"][0].numpy().tolist() == [0, 0, 1, 1]


def test_a_mosaic_without_other_pictures_is_refused() -> None:
    assert needs_partners((Flip(), Mosaic()))
    with pytest.raises(ValueError, match=r"^a mosaic needs 3 partners, and 0 were given$"):
        augment(drawn(), tf.constant([0, 0]), (Mosaic(),))
