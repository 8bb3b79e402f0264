"""Decoded pictures in memory, and the order in which they are drawn."""

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.made_datasets import shapes_dataset
from trainer.dataset_folder import open_dataset
from trainer.input_pipeline import caching
from trainer.input_pipeline.caching import cache_bytes, load_samples, resolve_cache, sample_at, shuffled_rows
from trainer.input_pipeline.samples import decode_sample, parsed_samples
from trainer.input_pipeline.shards import records
from trainer.settings import Settings

COUNT = 37  # more than are decoded at a time
BYTES = COUNT * (32 * 32 * 3 + 5 * 20 + 24)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(str(shapes_dataset(tmp_path_factory.mktemp("shapes"), {"train": COUNT}, (40, 32))))


def told(cache):
    return Settings.model_validate({"input": {"image_size": 32, "max_boxes": 5, "cache": cache}})


@pytest.mark.parametrize(
    ("cache", "free", "expected"),
    [
        ("auto", 4 * BYTES, "memory"),
        ("auto", 4 * BYTES - 4, "none"),
        ("memory", 0, "memory"),
        ("none", 2**60, "none"),
    ],
)
def test_pictures_are_kept_where_they_take_a_quarter_of_what_is_free(dataset, monkeypatch, cache, free, expected):
    monkeypatch.setattr(caching, "free_memory", lambda: free)
    assert resolve_cache(dataset, told(cache)) == expected


def test_all_pictures_are_loaded_in_their_order(dataset):
    settings = told("memory")
    loaded = load_samples(dataset, settings)
    stream = parsed_samples(records(dataset.shard_paths("train")), dataset.class_ids, settings.input)
    stream = stream.map(lambda parsed: decode_sample(parsed, settings.input))
    expected = next(stream.batch(COUNT).as_numpy_iterator())
    assert loaded.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(loaded[name], values)
    assert expected["source_ids"].tolist() == list(range(1, COUNT + 1))


def test_what_is_loaded_takes_what_was_foretold(dataset):
    loaded = load_samples(dataset, told("memory"))
    assert sum(tensor.numpy().nbytes for tensor in loaded.values()) == cache_bytes(dataset, told("memory"))


def test_one_of_the_loaded_samples():
    loaded = {"image": tf.constant([[1, 2], [3, 4]]), "number": tf.constant([5, 6])}
    assert {name: one.numpy().tolist() for name, one in sample_at(loaded, tf.constant(1)).items()} == {
        "image": [3, 4],
        "number": 6,
    }


def rows(count, start=0, most=25, seed=0):
    return [int(row) for row in shuffled_rows(count, seed, start).take(most).as_numpy_iterator()]


def test_every_epoch_has_each_row_once_in_an_order_of_its_own():
    stream = rows(5)
    epochs = [stream[start : start + 5] for start in range(0, 25, 5)]
    assert [sorted(epoch) for epoch in epochs] == [[0, 1, 2, 3, 4]] * 5
    assert len({tuple(epoch) for epoch in epochs}) > 3
    assert rows(5, seed=1) != stream


@pytest.mark.parametrize("start", [1, 5, 13])
def test_rows_go_on_from_any_position(start):
    assert rows(5, start, 25 - start) == rows(5)[start:]


def test_each_row_comes_as_often_at_each_place():
    times = np.zeros((5, 5))
    for position, row in enumerate(rows(5, most=5 * 2000)):
        times[position % 5, row] += 1
    np.testing.assert_allclose(times, 400, atol=90)  # five standard deviations


def test_a_single_sample_is_drawn_again_and_again():
    assert rows(1, most=3) == [0, 0, 0]
