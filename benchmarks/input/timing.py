"""How fast a tf.data pipeline is. Imports nothing of Shardbox: the rivals run in environments of their own."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

Make = Callable[[Path, int, int], tf.data.Dataset]
"""From a dataset of `shardbox build`, a side of pictures and a batch size to endless batches of its split train."""


def main(make: Make) -> None:
    """Prints one JSON object: images a second, and milliseconds of processor time for an image."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    values = parser.parse_args()
    iterator = iter(make(values.data, values.size, values.batch))
    images_of(iterator, 0.4 * values.seconds, values.batch)  # threads start, buffers fill, tf.data tunes itself
    began, worked = time.perf_counter(), time.process_time()
    images = images_of(iterator, values.seconds, values.batch)
    taken, worked = time.perf_counter() - began, time.process_time() - worked
    print(json.dumps({"images_per_second": images / taken, "cpu_ms": 1000 * worked / images}))


def images_of(iterator: Iterator[object], seconds: float, batch: int) -> int:
    """Takes batches for so long, at least one. Returns how many images they had."""
    images, end = 0, time.perf_counter() + seconds
    while not images or time.perf_counter() < end:
        next(iterator)
        images += batch
    return images


def shards(data: Path) -> list[str]:
    """Returns the record files of split train."""
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    return [str(data / shard["name"]) for shard in manifest["splits"]["train"]["shards"]]
