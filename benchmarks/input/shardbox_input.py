"""Shardbox's input pipeline, as it trains, without decoded pictures in memory."""

from pathlib import Path

import tensorflow as tf
import timing

from trainer.dataset_folder import open_dataset
from trainer.input_pipeline.training import training_batches
from trainer.settings import Settings


def batches(data: Path, size: int, batch: int) -> tf.data.Dataset:
    """Returns endless batches: letterbox, at most 100 boxes, flipped by chance, shuffled."""
    settings = Settings.model_validate(
        {
            "input": {"image_size": size, "batch_size": batch, "max_boxes": 100, "cache": "none"},
            "augmentation": [{"name": "flip"}],
        }
    )
    return training_batches(open_dataset(str(data)), settings)


if __name__ == "__main__":
    timing.main(batches)
