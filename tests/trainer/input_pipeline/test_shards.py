"""Streams of records: in their order, and shuffled."""

import itertools

import pytest
import tensorflow as tf

from trainer.input_pipeline.shards import first_records, records, shuffled_records


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Three files, of 4, 1 and 5 records: '0' to '9'."""
    folder, numbers, paths = tmp_path_factory.mktemp("shards"), itertools.count(), []
    for index, count in enumerate((4, 1, 5)):
        paths.append(str(folder / f"{index}.tfrecord"))
        with tf.io.TFRecordWriter(paths[-1]) as writer:
            for _ in range(count):
                writer.write(str(next(numbers)).encode())
    return paths


def taken(stream, count=30):
    return [int(record) for record in stream.take(count).as_numpy_iterator()]


def shuffled(shards, count=30, buffer=100, seed=0, start=0):
    return taken(shuffled_records(shards, 10, buffer, seed, start), count)


def test_records_in_their_order(shards):
    assert taken(records(shards)) == list(range(10))


@pytest.mark.parametrize(("share", "expected"), [(1.0, set(range(10))), (0.5, {0, 1, 4, 5, 6, 7}), (0.01, {0, 4, 5})])
def test_the_first_records_of_each_file(shards, share, expected):
    actual = taken(first_records(shards, (4, 1, 5), share))
    assert len(actual) == len(expected)
    assert set(actual) == expected


def test_every_epoch_has_each_record_once_in_an_order_of_its_own(shards):
    stream = shuffled(shards)
    epochs = [stream[start : start + 10] for start in (0, 10, 20)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 3
    assert len({tuple(epoch) for epoch in epochs}) == 3


@pytest.mark.parametrize("buffer", [1, 3, 100])
@pytest.mark.parametrize("start", [1, 9, 10, 15, 29])
def test_a_stream_goes_on_from_any_position(shards, buffer, start):
    assert shuffled(shards, 30 - start, buffer, start=start) == shuffled(shards, 30, buffer)[start:]


def test_the_seed_decides(shards):
    assert shuffled(shards, seed=0) != shuffled(shards, seed=1)
    assert shuffled(shards, seed=1)[:10] != shuffled(shards, seed=0)[10:20]


def test_the_programs_own_seed_does_not(shards):
    expected = shuffled(shards)
    try:
        tf.random.set_seed(0)
        assert shuffled(shards) == expected
    finally:
        tf.compat.v1.set_random_seed(None)


def test_files_are_shuffled_even_without_a_buffer(shards):
    stream = shuffled(shards, 100, buffer=1)
    assert len({tuple(stream[start : start + 10]) for start in range(0, 100, 10)}) > 1


@pytest.mark.parametrize("expected", [9, 11])
def test_files_that_hold_more_or_fewer_records_than_was_said(shards, expected):
    with pytest.raises(tf.errors.FailedPreconditionError):
        taken(shuffled_records(shards, expected, 1, 0), 30)
