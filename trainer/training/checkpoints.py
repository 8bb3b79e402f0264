"""Checkpoints: all that a run needs to go on exactly."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from trainer.failures import TrainingError
from trainer.network.detector import Detector
from trainer.training.devices import Devices


class Checkpoints:
    """Weights, the optimizer's state and the step, in the folder of a run.

    Args:
        folder: of the run's checkpoints.
        detector: whose weights are kept.
        optimizer: whose state is kept.
        devices: all machines save, because some variables are only whole together; the chief's files stay.
        keep: so many of the latest.
    """

    def __init__(self, folder: str, detector: Detector, optimizer: Any, devices: Devices, keep: int):
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False, name="step")
        self._checkpoint = tf.train.Checkpoint(model=detector.model, optimizer=optimizer, step=self._step)
        self._folder = folder
        # The machines' local disks go when they go; this folder goes with the process.
        self._aside = None if devices.is_chief else tempfile.TemporaryDirectory(prefix="shardbox-")
        place = self._aside.name if self._aside else folder
        self._manager = tf.train.CheckpointManager(self._checkpoint, place, max_to_keep=keep)

    def restore(self) -> int:
        """Restores the latest checkpoint. Returns its step; 0 if there is none.

        Raises:
            TrainingError: it cannot be read, or is of another network.
        """
        latest = tf.train.latest_checkpoint(self._folder)
        if latest is None:
            return 0
        try:
            self._checkpoint.restore(latest).assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise TrainingError(
                f"checkpoint {latest} cannot be restored ({_first_line(error)}): delete its files to go on from the "
                "one before, or train anew with --restart"
            ) from None
        return int(self._step.numpy())

    def save(self, step: int) -> None:
        """Keeps the present state as that after `step` steps."""
        self._step.assign(step)
        self._manager.save(checkpoint_number=step)


@contextmanager
def evaluation_weights(detector: Detector, optimizer: Any) -> Iterator[None]:
    """Puts the running mean of the weights into the network for a while, if the optimizer keeps one."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if not inner.use_ema:
        yield
        return
    variables = detector.model.trainable_variables
    kept = [variable.numpy() for variable in variables]
    for variable, average in zip(variables, inner._model_variables_moving_average, strict=True):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)


def clear(folder: str) -> None:
    """Deletes the checkpoints in a folder, and nothing else."""
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name == "checkpoint" or name.startswith("ckpt-"):
            os.unlink(os.path.join(folder, name))


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200]
