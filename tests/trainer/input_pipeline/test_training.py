"""Batches to train on: a function of the seed and the step."""

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.made_datasets import Picture, Thing, drawn_picture, shapes_dataset, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline import training
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.input_pipeline.training import training_batches, with_partners
from trainer.settings import Settings

COUNT, BATCH = 10, 4
FLIP = [{"name": "flip"}]
MOSAIC = [{"name": "mosaic"}]
CACHES = ["memory", "none"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(str(shapes_dataset(tmp_path_factory.mktemp("shapes"), {"train": COUNT}, (48, 36), shards=3)))


@pytest.fixture
def mixing(monkeypatch):
    """Instead of the operations, which take long to become graphs: something that depends on all that they are given.

    The boxes tell the ids of the pictures that are mixed, and the key.
    """

    def mix(sample, key, operations, partners):
        assert (operations, len(partners)) == (told("none", MOSAIC).augmentation, 3)
        told_by = tf.stack([one["source_ids"] for one in (sample, *partners)])
        image = sample["image"] + 3 * partners[0]["image"] + 5 * partners[1]["image"] + 7 * partners[2]["image"]
        boxes = tf.stack([told_by, tf.cast(tf.tile(key, [2]), tf.int64), *[tf.zeros_like(told_by)] * 2])
        return {**sample, "image": image, "boxes": tf.cast(boxes, tf.float32)}

    monkeypatch.setattr(training, "augment", mix)


@pytest.fixture(scope="module", params=CACHES)
def cached(request, dataset):
    """A way of caching, and the first batches of its stream."""
    return request.param, batches(dataset, told(request.param, FLIP), 25)


def told(cache, augmentation=(), seed=0, **of_input):
    given = {"image_size": 32, "batch_size": BATCH, "max_boxes": 4, "cache": cache, **of_input}
    return Settings.model_validate({"seed": seed, "input": given, "augmentation": list(augmentation)})


def batches(dataset, settings, count, **options):
    return list(training_batches(dataset, settings, **options).take(count).as_numpy_iterator())


def assert_equal(actual, expected):
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def ids(taken):
    return [int(number) for batch in taken for number in batch["source_ids"]]


@pytest.mark.parametrize(("cache", "augmentation"), [("memory", ()), ("none", ()), ("memory", MOSAIC)])
def test_shapes_and_types(dataset, cache, augmentation):
    spec = training_batches(dataset, told(cache, augmentation)).element_spec
    assert {name: (one.shape.as_list(), one.dtype) for name, one in spec.items()} == {
        "images": ([4, 32, 32, 3], tf.uint8),
        "boxes": ([4, 4, 4], tf.float32),
        "labels": ([4, 4], tf.int32),
        "source_ids": ([4], tf.int64),
    }


def test_batches_go_on_across_epochs_and_each_epoch_has_every_picture_once(cached):
    stream = ids(cached[1])
    epochs = [stream[start : start + COUNT] for start in range(0, 100, COUNT)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(1, COUNT + 1))] * 10
    assert len({tuple(epoch) for epoch in epochs}) == 10


@pytest.mark.parametrize("cache", CACHES)
def test_pictures_come_with_their_boxes(tmp_path, cache):
    things = (Thing("triangle", (0.0, 0.5, 1.0, 1.0)), Thing("square", (0.0, 0.0, 0.5, 0.5), is_crowd=1))
    pictures = [drawn_picture(1)._replace(things=things), drawn_picture(2, size=(64, 32))._replace(things=things)]
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": pictures})))
    (batch,) = batches(dataset, told(cache, batch_size=2), 1)
    for row, source_id in enumerate(batch["source_ids"]):
        picture = pictures[source_id - 1]
        canvas, _ = decode_on_canvas(tf.constant(picture.encoded), 32, "letterbox")
        np.testing.assert_array_equal(batch["images"][row], canvas)
        part = 1.0 if source_id == 1 else 0.5
        expected = [[0, 0.5, part, 1], [0, 0, part / 2, 0.5], [0] * 4, [0] * 4]
        np.testing.assert_allclose(batch["boxes"][row], expected)
        assert batch["labels"][row].tolist() == [2, -2, -1, -1]


def test_a_stream_goes_on_as_if_it_had_not_been_interrupted(dataset, cached):
    cache, whole = cached
    assert_equal(batches(dataset, told(cache, FLIP), 2, steps_done=6), whole[6:8])


@pytest.mark.parametrize("cache", CACHES)
def test_so_does_one_that_mixes_pictures(dataset, cache, mixing):
    settings = told(cache, MOSAIC)
    assert_equal(batches(dataset, settings, 2, steps_done=6), batches(dataset, settings, 8)[6:])


@pytest.mark.parametrize("cache", CACHES)
def test_processes_share_the_batches_of_one(dataset, cache, mixing):
    settings = told(cache, MOSAIC)
    whole = batches(dataset, settings, 3, steps_done=1)
    parts = [batches(dataset, settings, 3, steps_done=1, workers=(index, 2)) for index in range(2)]
    for index, part in enumerate(parts):
        assert_equal(part, [{name: values[index::2] for name, values in batch.items()} for batch in whole])


def test_what_operations_are_given(dataset, mixing):
    stream = ids(batches(dataset, told("none", seed=7), 5))
    taken = batches(dataset, told("none", MOSAIC, seed=7), 2)
    tables = [table.astype(int).tolist() for batch in taken for table in batch["boxes"]]
    assert [table[0] for table in tables] == [stream[position : position + 13 : 4] for position in range(8)]
    assert [table[1] for table in tables] == [[7, position] * 2 for position in range(8)]


def test_the_seed_decides(dataset, cached):
    cache, whole = cached
    assert ids(batches(dataset, told(cache, seed=1), 3)) != ids(whole[:3])


def test_the_programs_own_seed_does_not(dataset, cached):
    cache, whole = cached
    try:
        tf.random.set_seed(0)
        assert_equal(batches(dataset, told(cache, FLIP), 3), whole[:3])
    finally:
        tf.compat.v1.set_random_seed(None)


def test_a_picture_is_changed_in_another_way_each_time(cached):
    looks = {}
    for batch in cached[1]:
        for number, image in zip(batch["source_ids"], batch["images"], strict=True):
            looks.setdefault(number, set()).add(image.tobytes())
    assert [len(looks[number]) for number in range(1, COUNT + 1)] == [2] * COUNT


def test_one_thread_reads_what_many_read(dataset, cached):
    cache, whole = cached
    assert_equal(batches(dataset, told(cache, FLIP, parallel_calls=1), 4), whole[:4])


def test_partners_stand_in_the_same_place_of_the_next_batches():
    samples = tf.data.Dataset.range(100).map(lambda number: {"number": number})
    groups = [[int(one["number"]) for one in group] for group in with_partners(samples, 4).take(6)]
    assert groups == [[number, number + 4, number + 8, number + 12] for number in range(6)]


def test_large_records_are_shuffled_fewer_at_a_time(dataset, monkeypatch):
    asked = []

    def stop(*given):
        asked.append(given[2])
        raise InterruptedError

    monkeypatch.setattr(training, "shuffled_records", stop)
    size = dataset.split("train").bytes
    for most in (2**40, size, 3.5 * size / COUNT, 0):
        monkeypatch.setattr(training, "_MOST_SHUFFLED", int(most))
        with pytest.raises(InterruptedError):
            training_batches(dataset, told("none"))
    assert asked == [2048, 10, 3, 1]


def test_a_batch_that_the_processes_cannot_share(dataset):
    with pytest.raises(ValueError, match=r"^3 processes cannot share a batch of 4 evenly$"):
        training_batches(dataset, told("none"), workers=(0, 3))


@pytest.mark.parametrize("cache", CACHES)
def test_a_split_that_is_not_there(dataset, cache):
    settings = told(cache).model_copy(update={"training": Settings().training.model_copy(update={"split": "trian"})})
    with pytest.raises(TrainingError, match=r"has no split 'trian': it has train; did you mean train\?$"):
        training_batches(dataset, settings)


def test_a_label_that_is_not_in_the_map_stops_the_stream(tmp_path):
    wrong = Picture(drawn_picture(1).encoded, (64, 64), (Thing("circle", (0, 0, 1, 1), label=9),), "a.jpg")
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": [wrong]})))
    with pytest.raises(tf.errors.InvalidArgumentError):
        batches(dataset, told("none"), 1)
    with pytest.raises(
        TrainingError, match=r"^'a.jpg' .* has an object with label id 9, and the label map has 1, 2, 3"
    ):
        training_batches(dataset, told("memory"))
