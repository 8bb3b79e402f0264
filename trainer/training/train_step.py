"""One step: the loss of a global batch, its gradients, and what the optimizer makes of them."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from trainer.network.detector import Detector
from trainer.settings import LossSettings
from trainer.training.devices import Devices
from trainer.training.losses import Targets, count_found, detection_losses, make_targets

Batches = tuple[Any, ...]
"""Batches of the replicas of this machine, whose gradients make one step together."""


def make_train_step(
    detector: Detector, optimizer: Any, settings: LossSettings, devices: Devices
) -> Callable[[Batches], tf.Tensor]:
    """Compiles a function that makes one step of some batches.

    It returns the losses of the classes and of the boxes, float32 [2]: the mean of those of the batches. Reading them
    waits for the device.

    Args:
        detector: trained in place.
        optimizer: built on the detector's trainable variables.
        settings: of the loss.
        devices: that train together.
    """
    variables = detector.model.trainable_variables

    def differentiate(images: tf.Tensor, targets: Targets, count: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        with tf.GradientTape() as tape:
            losses = tf.stack(detection_losses(detector.model(images, training=True), targets, count, settings))
            total = optimizer.scale_loss(tf.reduce_sum(losses))
        return tape.gradient(total, variables), losses

    # Replicas exchange figures on the way, which they cannot in a function of its own.
    compiled = tf.function(differentiate, jit_compile=True) if devices.xla else differentiate

    def in_replica(batches: Batches) -> tf.Tensor:
        gradients, losses = [], []
        for batch in batches:
            targets = make_targets(batch["boxes"], batch["labels"], detector.anchors, settings)
            of_batch, of_classes_and_boxes = compiled(batch["images"], targets, count_found(targets))
            gradients.append(of_batch)
            losses.append(of_classes_and_boxes)
        mean = [tf.add_n(parts) / len(batches) for parts in zip(*gradients, strict=True)]
        if devices.replicas > 1:
            mean = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, mean)
        optimizer.apply(mean, variables)
        return tf.add_n(losses) / len(batches)

    @tf.function
    def step(batches: Batches) -> tf.Tensor:
        losses = devices.strategy.run(in_replica, args=(batches,))
        return devices.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    return step  # type: ignore[no-any-return]


def synchronise_batch_norms(model: keras.Model) -> None:
    """Lets every batch normalisation that trains see the whole global batch, so that replicas stay alike."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            layer.synchronized = True
