"""The input pipeline of TensorFlow Model Garden's RetinaNet, set up as in its experiment `retinanet_resnetfpn_coco`.

It runs in the environment of ../accuracy/model_garden_requirements.txt. Pictures are padded to a square and flipped by
chance, as in the other pipelines; scale jitter is off. With --without_anchors, the work that Shardbox and KerasHub do
in the training step is left out: to match boxes with anchors.
"""

import sys
from pathlib import Path

import tensorflow as tf
import timing
from official.core import exp_factory
from official.vision.dataloaders import retinanet_input
from official.vision.tasks.retinanet import RetinaNetTask


class NoAnchors:
    """Stands for the labeler of anchors, and does nothing."""

    def label_anchors(self, *_: object, **__: object) -> tuple[dict, dict, dict, tf.Tensor, tf.Tensor]:
        """Returns no targets."""
        nothing = tf.zeros([1])
        return {"3": nothing}, {"3": nothing}, {}, nothing, nothing


class PlainParser(retinanet_input.Parser):
    """Parses pictures and boxes without matching them with anchors."""

    def _parse_train_data(self, data: dict, anchor_labeler: object = None, input_anchor: object = None) -> tuple:
        return super()._parse_train_data(data, NoAnchors(), input_anchor)


def batches(data: Path, size: int, batch: int) -> tf.data.Dataset:
    """Returns endless batches."""
    config = exp_factory.get_exp_config("retinanet_resnetfpn_coco").task
    config.annotation_file = None
    config.model.input_size = [size, size, 3]
    read = config.train_data
    read.input_path = timing.shards(data)
    read.global_batch_size = batch
    read.shuffle_buffer_size = 2048
    read.parser.aug_rand_hflip = True
    read.parser.aug_scale_min = read.parser.aug_scale_max = 1.0
    return RetinaNetTask(config).build_inputs(read)


if __name__ == "__main__":
    if "--without_anchors" in sys.argv:
        sys.argv.remove("--without_anchors")
        retinanet_input.Parser = PlainParser
    timing.main(batches)
