"""Trains TensorFlow Model Garden's RetinaNet from scratch on a dataset of `shardbox build`: the rival in the benchmark.

    model_garden.py --data DATASET --split validation --size 256 --steps 600 --batch 8 --seed 1 --output result.json

It runs in an environment of its own (model_garden_requirements.txt), and imports nothing of Shardbox. Reading,
augmentation, network, loss, optimizer and post-processing are Model Garden's, set up from its own experiment
`retinanet_resnetfpn_coco`. What is changed there: the size of the network, which is that of Shardbox's default; the
schedule, which suits hundreds of steps instead of tens of thousands; no weights to start from.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Before TensorFlow's import, which takes seconds: they count.
STARTED = time.perf_counter()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from official.core import exp_factory  # noqa: E402
from official.modeling.optimization import OptimizationConfig  # noqa: E402
from official.vision.configs import retinanet  # noqa: E402
from official.vision.modeling.backbones import resnet  # noqa: E402
from official.vision.tasks.retinanet import RetinaNetTask  # noqa: E402
from pycocotools.coco import COCO  # noqa: E402
from pycocotools.cocoeval import COCOeval  # noqa: E402

# The smallest ResNet of Model Garden's table, 10, has 4.9 million parameters. Its blocks with the filters of
# Shardbox's default network make the sizes equal.
SMALL_RESNET = 8
resnet.RESNET_SPECS[SMALL_RESNET] = [("residual", filters, 1) for filters in (64, 64, 128, 128)]


def shards(data: Path, manifest: dict[str, Any], split: str) -> list[str]:
    """Returns the paths of a split's record files."""
    return [str(data / shard["name"]) for shard in manifest["splits"][split]["shards"]]


def task_config(arguments: argparse.Namespace, manifest: dict[str, Any]) -> retinanet.RetinaNetTask:
    """Returns Model Garden's settings for COCO, with our files and a small network without weights."""
    config = exp_factory.get_exp_config("retinanet_resnetfpn_coco").task
    config.init_checkpoint = None
    config.annotation_file = None
    config.use_coco_metrics = False  # measured below, in the same way for both contenders
    model = config.model
    model.num_classes = max(manifest["classes"].values()) + 1  # 0 is the background
    model.input_size = [arguments.size, arguments.size, 3]
    model.min_level, model.max_level = 3, arguments.max_level
    model.backbone.resnet.model_id = arguments.resnet
    model.backbone.resnet.depth_multiplier = arguments.width_multiplier
    model.decoder.fpn.num_filters = 64
    model.head.num_filters = 64
    model.head.num_convs = arguments.head_convolutions
    for data, split in ((config.train_data, "train"), (config.validation_data, arguments.split)):
        data.input_path = shards(arguments.data, manifest, split)
        data.global_batch_size = arguments.batch
        data.drop_remainder = data.is_training
        data.dtype = "float32"
        data.seed = arguments.seed
        # Model Garden repeats before it shuffles: with its 10,000 a small set would be in the buffer many times over.
        data.shuffle_buffer_size = manifest["splits"][split]["images"]
    return config


def optimizer_config(steps: int, learning_rate: float) -> OptimizationConfig:
    """Returns SGD with momentum, as in all of Model Garden's RetinaNets, with a cosine to 0 after a warm-up."""
    warmup = {"warmup_steps": min(50, steps // 5), "warmup_learning_rate": learning_rate / 10}
    return OptimizationConfig(
        {
            "optimizer": {"type": "sgd", "sgd": {"momentum": 0.9}},
            "learning_rate": {
                "type": "cosine",
                "cosine": {"initial_learning_rate": learning_rate, "decay_steps": steps},
            },
            "warmup": {"type": "linear", "linear": warmup},
        }
    )


def train(task: RetinaNetTask, model: tf_keras.Model, steps: int, learning_rate: float) -> dict[str, float]:
    """Trains the model and returns what a step costs, the first one left out: it traces the graph."""
    optimizer = task.create_optimizer(optimizer_config(steps, learning_rate))
    step = tf.function(lambda inputs: task.train_step(inputs, model, optimizer))
    batches = iter(task.build_inputs(task.task_config.train_data))
    wall, cpu = 0.0, 0.0
    for number in range(steps):
        if number == 1:
            wall, cpu = time.perf_counter(), time.process_time()
        logs = step(next(batches))
        if number % 50 == 0 or number == steps - 1:
            print(f"step {number}: loss {float(logs[task.loss]):.4f}", flush=True)
    timed = max(1, steps - 1)
    return {
        "seconds_a_step": (time.perf_counter() - wall) / timed,
        "cpu_seconds_a_step": (time.process_time() - cpu) / timed,
    }


def detect(task: RetinaNetTask, model: tf_keras.Model) -> Iterator[dict[str, Any]]:
    """Yields COCO's detections, in pixels of the original picture."""

    @tf.function
    def outputs(images: tf.Tensor, labels: dict[str, Any]) -> dict[str, tf.Tensor]:
        return model(
            images,
            anchor_boxes=labels["anchor_boxes"],
            image_shape=labels["image_info"][:, 1, :],
            training=False,
        )

    for images, labels in task.build_inputs(task.task_config.validation_data):
        found = {key: value.numpy() for key, value in outputs(images, labels).items() if key.startswith(("det", "num"))}
        # Row 2 of image_info is the scale of y and x; at evaluation pictures lie in the upper left corner.
        scales = labels["image_info"].numpy()[:, 2, :]
        for row, name in enumerate(labels["groundtruths"]["source_id"].numpy()):
            for place in range(found["num_detections"][row]):
                y_min, x_min, y_max, x_max = (found["detection_boxes"][row, place].reshape(2, 2) / scales[row]).ravel()
                yield {
                    "image_id": int(name),
                    "category_id": int(found["detection_classes"][row, place]),
                    "bbox": [float(side) for side in (x_min, y_min, x_max - x_min, y_max - y_min)],
                    "score": float(found["detection_scores"][row, place]),
                }


def ground_truth(paths: list[str], classes: dict[str, int]) -> dict[str, Any]:
    """Returns COCO's annotations, in pixels: every box of the records, whatever Model Garden makes of it."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for record in tf.data.TFRecordDataset(paths).as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        width, height = (features[f"image/{side}"].int64_list.value[0] for side in ("width", "height"))
        name = int(features["image/source_id"].bytes_list.value[0])
        images.append({"id": name, "width": width, "height": height})
        sides = [features[f"image/object/bbox/{side}"].float_list.value for side in ("xmin", "ymin", "xmax", "ymax")]
        labels = features["image/object/class/label"].int64_list.value
        for x_min, y_min, x_max, y_max, label in zip(*sides, labels, strict=True):
            box = [x_min * width, y_min * height, (x_max - x_min) * width, (y_max - y_min) * height]
            about = {"image_id": name, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, **about})
    categories = [{"id": number, "name": name} for name, number in classes.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def measure(truth: dict[str, Any], detections: list[dict[str, Any]]) -> dict[str, float]:
    """Returns COCO's figures."""
    if not detections:  # pycocotools cannot load an empty list
        return {"mAP": 0.0, "mAP50": 0.0, "AR100": 0.0}
    coco = COCO()
    coco.dataset = truth
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(detections), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    mean, at_half, recall = (float(evaluation.stats[place]) for place in (0, 1, 8))
    return {"mAP": mean, "mAP50": at_half, "AR100": recall}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Trains, evaluates, writes the detections and the ground truth if asked to, and returns the result."""
    tf_keras.utils.set_random_seed(arguments.seed)
    manifest = json.loads((arguments.data / "manifest.json").read_text())
    task = RetinaNetTask(task_config(arguments, manifest))
    model = task.build_model()
    costs = train(task, model, arguments.steps, arguments.learning_rate)
    detections = list(detect(task, model))
    truth = ground_truth(shards(arguments.data, manifest, arguments.split), manifest["classes"])
    for path, content in ((arguments.detections, detections), (arguments.ground_truth, truth)):
        if path:
            path.write_text(json.dumps(content))
    return {
        "contender": "TensorFlow Model Garden",
        **measure(truth, detections),
        "parameters": sum(int(tf.size(variable)) for variable in model.trainable_variables),
        **costs,
        "seconds": time.perf_counter() - STARTED,
        **{key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()},
    }


def main() -> None:
    """Writes the result, and prints it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a dataset of `shardbox build` with a split train")
    parser.add_argument("--split", default="validation", help="what to evaluate on")
    parser.add_argument("--size", type=int, default=256, help="side of the network's square input, in pixels")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learning_rate", type=float, default=0.02, help="the highest, after the warm-up")
    parser.add_argument("--resnet", type=int, default=SMALL_RESNET, help="row of Model Garden's table of ResNets")
    parser.add_argument("--width_multiplier", type=float, default=1.0, help="of the ResNet's filters")
    parser.add_argument("--head_convolutions", type=int, default=1)
    parser.add_argument("--max_level", type=int, default=5, help="coarsest level of the feature pyramid")
    parser.add_argument("--output", type=Path, required=True, help="the result, as JSON")
    parser.add_argument("--detections", type=Path, help="where to write the detections, as COCO's JSON")
    parser.add_argument("--ground_truth", type=Path, help="where to write the split's boxes, as COCO's JSON")
    arguments = parser.parse_args()
    result = run(arguments)
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
