"""A training run from its start, or from where it was stopped, to its last step."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console

from presentation.terminal import say
from trainer.dataset_folder import DatasetFolder, open_dataset
from trainer.decoding import detect_on_canvas
from trainer.evaluation.evaluating import collect_split, draw_pictures
from trainer.evaluation.metrics import measure
from trainer.failures import TrainingError
from trainer.input_pipeline.failing import explained, is_lost_machine
from trainer.input_pipeline.training import training_batches
from trainer.network.detector import Detector
from trainer.run_folder import CHECKPOINTS, RunFolder
from trainer.settings import Settings
from trainer.training.checkpoints import Checkpoints, evaluation_weights
from trainer.training.devices import Devices, choose_devices
from trainer.training.optimizers import make_optimizer
from trainer.training.preparing import kept_precision, prepare
from trainer.training.train_step import Batches, make_train_step, synchronise_batch_norms
from trainer.training.watching import Watch
from trainer.training.window import Window, explain_no_number

_LOST_MACHINE = (
    "another machine of this training no longer answers: its own output tells why. The same command on all machines "
    "goes on from the last checkpoint"
)
_DRAWN = 4
"""Pictures of the evaluated split that TensorBoard shows."""


class Fitted(NamedTuple):
    """What came out of a run."""

    steps: int
    best: dict[str, Any]
    """'step' and 'mAP' of the best weights."""
    seconds: float


def fit(data: str, model_dir: str, given: Settings, screen: Console, restart: bool = False) -> Fitted:
    """Trains a detector, or goes on with a run that was stopped.

    Args:
        data: folder of the dataset.
        model_dir: folder of the run.
        given: settings.
        screen: for what a person sees meanwhile.
        restart: whether a run that is there is begun anew.

    Raises:
        TrainingError: the data, the settings and the machine do not go together, or training broke down.
    """
    began = time.monotonic()
    dataset = open_dataset(data, lambda line: say(screen, line))
    devices = choose_devices(given.training, kept_precision(model_dir) if not restart else None)
    devices.check_batch(given.input.batch_size)
    screen = screen if devices.is_chief else Console(quiet=True)
    keras.utils.set_random_seed(given.seed)
    with devices.strategy.scope():
        run, detector = prepare(dataset, model_dir, given, devices, screen, restart=restart)
        loop = Loop(run, dataset, detector, devices, screen)
    return loop.train(began)


class Loop:
    """Steps, and what happens between them.

    Args:
        run: what was told.
        dataset: to train and evaluate on.
        detector: in the scope of the devices.
        devices: that train together.
        screen: for what a person sees.
    """

    def __init__(self, run: RunFolder, dataset: DatasetFolder, detector: Detector, devices: Devices, screen: Console):
        self._run, self._dataset, self._detector = run, dataset, detector
        self._devices, self._screen = devices, screen
        self._settings = settings = run.settings
        if devices.replicas > 1:
            synchronise_batch_norms(detector.model)
        self._optimizer = make_optimizer(
            settings.optimizer,
            settings.training.steps,
            detector.model.trainable_variables,
            detector.backbone_variables,
            devices.precision,
        )
        self._checkpoints = Checkpoints(
            run.file(CHECKPOINTS), detector, self._optimizer, devices, settings.training.keep_checkpoints
        )
        self._detect = detect_on_canvas(detector, settings.decoding)
        self._best = run.told("best")

    def train(self, began: float) -> Fitted:
        """Makes the steps that are left.

        Raises:
            TrainingError: see `fit`.
        """
        settings = self._settings.training
        start = self._checkpoints.restore()
        self._best = {} if self._best.get("step", 0) > start else self._best
        watch = Watch(self._run, self._screen, settings.steps, start) if self._devices.is_chief else None
        if start:
            say(self._screen, f"going on from step {start:,}")
        self._check_together(start)
        if self._devices.is_chief and start and self._run.step_of("latest") != start:
            self._keep_weights(start)  # it was killed between the two
        try:
            with watch.shown(start) if watch else nullcontext():
                self._steps(start, watch)
        except tf.errors.OpError as error:
            if is_lost_machine(error):
                raise TrainingError(_LOST_MACHINE) from None
            raise
        finally:
            if watch:
                watch.close()
        return Fitted(settings.steps, self._best, time.monotonic() - began)

    def _steps(self, start: int, watch: Watch | None) -> None:
        settings = self._settings.training
        if start >= settings.steps:
            return
        batches = self._batches(start)
        train_step = make_train_step(self._detector, self._optimizer, self._settings.loss, self._devices)
        window = Window()
        for step in range(start + 1, settings.steps + 1):
            with window.waiting(), explained(self._dataset, settings.split):
                together: Batches = tuple(next(batches) for _ in range(self._settings.optimizer.accumulate))
            try:
                window.add(train_step(together), together)
            except tf.errors.ResourceExhaustedError as error:
                raise TrainingError(_out_of_memory(self._settings, error)) from None
            if watch:
                watch.step(step, window.latest_loss, self._images_a_step)
            last = step == settings.steps
            evaluate = last or bool(settings.evaluate_every and step % settings.evaluate_every == 0)
            keep = evaluate or step % settings.checkpoint_every == 0
            if keep or step % settings.log_every == 0:
                self._look(window, step, watch)
                window = Window()
            if evaluate and watch:
                self._evaluate(step, watch)
            if keep:
                self._checkpoints.save(step)
                if watch:
                    self._keep_weights(step)
                window = Window()

    def _batches(self, start: int) -> Iterator[Any]:
        """Returns what the devices of this machine take, from a step on."""
        devices, settings = self._devices, self._settings
        done = start * settings.optimizer.accumulate
        stream = training_batches(self._dataset, settings, steps_done=done, workers=(devices.index, devices.machines))
        if devices.kind == "one_device":
            return iter(stream)
        of_replica = stream.rebatch(settings.input.batch_size // devices.replicas, drop_remainder=True)
        return iter(devices.strategy.distribute_datasets_from_function(lambda _: of_replica))

    @property
    def _images_a_step(self) -> int:
        return self._settings.input.batch_size * self._settings.optimizer.accumulate

    def _look(self, window: Window, step: int, watch: Watch | None) -> None:
        """Reads the figures since the last look.

        Raises:
            TrainingError: one is no number.
        """
        figures = window.figures()
        if not np.isfinite(figures).all():
            raise TrainingError(explain_no_number(figures, window, step))
        if watch:
            classes, boxes, _ = (float(value) for value in figures.mean(axis=0))
            watch.training(
                step,
                {
                    "loss": classes + boxes,
                    "loss_classes": classes,
                    "loss_boxes": boxes,
                    "learning_rate": float(self._optimizer.learning_rate),
                    **window.speed(self._images_a_step),
                },
            )

    def _evaluate(self, step: int, watch: Watch) -> None:
        settings = self._settings.evaluation
        split = self._dataset.evaluation_split(settings.split)
        with evaluation_weights(self._detector, self._optimizer):
            truths, founds = collect_split(
                self._detect, self._dataset, split, self._settings, most=settings.max_pictures or None
            )
            metrics = measure(truths, founds, self._dataset.class_names)
            value = metrics.coco.ap
            measured = {"split": split, "settings": self._measured_with()}
            if self._best and {name: self._best.get(name) for name in measured} != measured:
                self._best = {}  # another yardstick
            if value is not None and value > self._best.get("mAP", -1.0):
                self._best = {"step": step, "mAP": value, **measured}
                self._run.save_weights(self._detector, "best", self._best)
        drawn = draw_pictures(
            list(zip(truths, founds, strict=True))[:_DRAWN], self._dataset, split, metrics.confusion.score
        )
        values = {"mAP": value, "mAP50": metrics.coco.ap50, "mAP75": metrics.coco.ap75, "AR100": metrics.coco.ar100}
        watch.evaluation(step, split, values, [np.asarray(picture) for picture in drawn if picture])

    def _measured_with(self) -> dict[str, Any]:
        """Returns the settings on which a mAP depends."""
        return {
            "decoding": self._settings.decoding.model_dump(mode="json"),
            "max_pictures": self._settings.evaluation.max_pictures,
        }

    def _keep_weights(self, step: int) -> None:
        """Keeps the weights of a checkpoint, to evaluate and export."""
        with evaluation_weights(self._detector, self._optimizer):
            self._run.save_weights(self._detector, "latest", {"step": step})

    def _check_together(self, start: int) -> None:
        """Refuses to begin at different steps on different machines.

        Raises:
            TrainingError: they do not see the same folder.
        """
        if self._devices.machines == 1:
            return
        strategy = self._devices.strategy
        steps = strategy.run(lambda: tf.constant(start, tf.int64))
        if int(strategy.reduce(tf.distribute.ReduceOp.SUM, steps, axis=None)) != start * self._devices.replicas:
            raise TrainingError(
                f"this machine begins at step {start:,}, and another elsewhere: --model_dir {self._run.path} must be "
                "on a disk that all of them see"
            )


def _out_of_memory(settings: Settings, error: tf.errors.ResourceExhaustedError) -> str:
    batch, size = settings.input.batch_size, settings.input.image_size
    return (
        f"the device ran out of memory with input.batch_size {batch} and input.image_size {size}: halve the batch and "
        "double optimizer.accumulate, take smaller pictures, a smaller model, or training.precision=mixed_bfloat16 "
        f"({str(error).partition(chr(10))[0][:160]})"
    )
