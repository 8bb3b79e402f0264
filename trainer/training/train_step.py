"""One step: the loss of a global batch, its gradients, and what the optimizer makes of them."""

from collections.abc import Callable, Sequence
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

    It returns float32 [3]: the losses of the classes and of the boxes, of all batches as if they were one, and the norm
    of the gradients. Reading them waits for the device.

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

    def in_replica(batches: Batches) -> tuple[tf.Tensor, tf.Tensor]:
        targets = [make_targets(each["boxes"], each["labels"], detector.anchors, settings) for each in batches]
        count = count_found(targets)
        gradients, losses = compiled(batches[0]["images"], targets[0], count)
        for batch, of_batch in zip(batches[1:], targets[1:], strict=True):
            with tf.control_dependencies(gradients):  # else all batches may be in memory at once
                images = tf.identity(batch["images"])
            more, also = compiled(images, of_batch, count)
            gradients, losses = [a + b for a, b in zip(gradients, more, strict=True)], losses + also
        if devices.replicas > 1:
            gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        optimizer.apply(gradients, variables)
        return losses, _norm(gradients, optimizer)

    @tf.function
    def step(batches: Batches) -> tf.Tensor:
        losses, norm = devices.strategy.run(in_replica, args=(batches,))
        total = devices.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)
        return tf.concat([total, [devices.strategy.experimental_local_results(norm)[0]]], axis=0)

    return step  # type: ignore[no-any-return]


def _norm(gradients: Sequence[tf.Tensor], optimizer: Any) -> tf.Tensor:
    """Returns the norm of all gradients together; 0 where the optimizer itself looks for what is no number."""
    return tf.zeros([]) if hasattr(optimizer, "inner_optimizer") else tf.linalg.global_norm(gradients)


def synchronise_batch_norms(model: keras.Model) -> None:
    """Lets every batch normalisation that trains see the whole global batch, so that replicas stay alike."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            layer.synchronized = True
