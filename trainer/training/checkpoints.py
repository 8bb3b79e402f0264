"""Checkpoints: all that a run needs to go on exactly."""

import os
import re
import shutil
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
        self._checkpoint = tf.train.Checkpoint(
            model=detector.model, optimizer=optimizer, step=self._step, dropout=_seeds(detector)
        )
        self._folder = folder
        # The machines' local disks go when they go; this folder goes with the process.
        self._aside = None if devices.is_chief else tempfile.TemporaryDirectory(prefix="shardbox-")
        place = self._aside.name if self._aside else folder
        self._manager = tf.train.CheckpointManager(self._checkpoint, place, max_to_keep=keep)

    def restore(self) -> int:
        """Restores the latest checkpoint that can be read. Returns its step; 0 if the run has none yet.

        Raises:
            TrainingError: none of them can be read, or they are of another network.
        """
        reasons = []
        for path in reversed(checkpoints_in(self._folder)):
            try:
                self._checkpoint.restore(path).assert_existing_objects_matched()
                return int(self._step.numpy())
            except (AssertionError, ValueError, tf.errors.OpError) as error:
                reasons.append(f"{path} ({_first_line(error)})")
        if reasons:
            raise TrainingError(f"no checkpoint can be restored: {'; '.join(reasons)}. Train anew with --restart")
        return 0

    def save(self, step: int) -> None:
        """Keeps the present state as that after `step` steps.

        Raises:
            TrainingError: it cannot be written.
        """
        self._step.assign(step)
        try:
            self._manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError) as error:
            raise TrainingError(
                f"the checkpoint of step {step:,} cannot be written to {self._folder} ({_first_line(error)}): free "
                "some room, and run the same command again"
            ) from None


def checkpoints_in(folder: str) -> list[str]:
    """Returns the whole checkpoints in a folder, by their steps."""
    found = re.compile(r"(ckpt-(\d+))\.index")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    numbered = sorted((int(match[2]), match[1]) for match in map(found.fullmatch, names) if match)
    return [os.path.join(folder, name) for _, name in numbered]


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
        path = os.path.join(folder, name)
        if re.fullmatch(r"ckpt-\d+_temp", name) and os.path.isdir(path):  # of a process that was killed
            shutil.rmtree(path)
        elif name == "checkpoint" or re.fullmatch(r"ckpt-\d+\.(index|data-\d{5}-of-\d{5})", name):
            os.unlink(path)


def _seeds(detector: Detector) -> list[tf.Variable]:
    """Returns what the random numbers of dropout go on from, which Keras keeps apart from the weights."""
    layers = detector.model._flatten_layers()
    return [one.state.value for layer in layers for one in getattr(layer, "_seed_generators", ())]


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200]
