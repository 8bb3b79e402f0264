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
from trainer.drawing import draw_detections
from trainer.evaluation.collecting import collect
from trainer.evaluation.metrics import Metrics, measure
from trainer.failures import TrainingError
from trainer.input_pipeline.evaluation import evaluation_batches
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.pictures import read_pictures
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

_DRAWN = 4
"""Pictures of the evaluated split that TensorBoard shows."""


class Fitted(NamedTuple):
    """What came out of a run."""

    steps: int
    metrics: Metrics | None
    """Of the last evaluation; None if there was none in this process."""
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
    dataset = open_dataset(data)
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
        self._metrics: Metrics | None = None
        self._best = dict(run.best)

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
        try:
            with watch.shown(start) if watch else nullcontext():
                self._steps(start, watch)
        except tf.errors.ResourceExhaustedError as error:
            raise TrainingError(_out_of_memory(self._settings, error)) from None
        finally:
            if watch:
                watch.close()
        return Fitted(settings.steps, self._metrics, self._best, time.monotonic() - began)

    def _steps(self, start: int, watch: Watch | None) -> None:
        settings = self._settings.training
        if start >= settings.steps:
            return
        batches = self._batches(start)
        train_step = make_train_step(self._detector, self._optimizer, self._settings.loss, self._devices)
        window = _Window()
        for step in range(start + 1, settings.steps + 1):
            with window.waiting(), explained(self._dataset, settings.split):
                together: Batches = tuple(next(batches) for _ in range(self._settings.optimizer.accumulate))
            window.add(train_step(together), together)
            if watch:
                watch.step(step, window.latest_loss, self._images_a_step)
            last = step == settings.steps
            evaluate = last or bool(settings.evaluate_every and step % settings.evaluate_every == 0)
            keep = evaluate or step % settings.checkpoint_every == 0
            if keep or step % settings.log_every == 0:
                self._look(window, step, watch)
                window = _Window()
            if evaluate and watch:
                self._evaluate(step, watch)
            if keep:
                self._keep(step)
                window = _Window()

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

    def _look(self, window: "_Window", step: int, watch: Watch | None) -> None:
        """Reads the losses since the last look.

        Raises:
            TrainingError: one is no number.
        """
        losses = window.losses()
        if not np.isfinite(losses).all():
            raise TrainingError(_no_number(losses, window, step))
        if watch:
            classes, boxes = (float(value) for value in losses.mean(axis=0))
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
        batches = evaluation_batches(self._dataset, split, self._settings, settings.batch_size)
        if settings.max_pictures:
            batches = batches.unbatch().take(settings.max_pictures).batch(settings.batch_size)
        with evaluation_weights(self._detector, self._optimizer), explained(self._dataset, split):
            truths, founds = collect(batches, self._detect, self._detector.image_size, self._settings.input.resize)
            self._metrics = metrics = measure(truths, founds, self._dataset.class_names)
            value = metrics.coco.ap
            if value is not None and value > self._best.get("mAP", -1.0):
                self._best = {"step": step, "mAP": value, "split": split}
                self._run.save_weights(self._detector, "best", self._best)
        shown = list(zip(truths, founds, strict=True))[:_DRAWN]
        encoded = read_pictures(self._dataset, split, [truth.source_id for truth, _ in shown])
        drawn = [
            np.asarray(draw_detections(encoded[truth.source_id], truth, found, self._dataset)) for truth, found in shown
        ]
        values = {"mAP": value, "mAP50": metrics.coco.ap50, "mAP75": metrics.coco.ap75, "AR100": metrics.coco.ar100}
        watch.evaluation(step, split, values, drawn)

    def _keep(self, step: int) -> None:
        """Keeps a checkpoint, and the weights to evaluate and export."""
        self._checkpoints.save(step)
        if self._devices.is_chief:
            with evaluation_weights(self._detector, self._optimizer):
                self._run.save_weights(self._detector, "latest", {"step": step})


class _Window:
    """The steps since the figures were last read."""

    def __init__(self) -> None:
        self._losses: list[tf.Tensor] = []
        self._batches: list[Batches] = []
        self._began = time.monotonic()
        self._waited = 0.0

    def waiting(self) -> "_Waiting":
        """Times what is done in its block as waiting for input."""
        return _Waiting(self)

    def add(self, losses: tf.Tensor, batches: Batches) -> None:
        """Remembers a step; its pictures by their ids alone."""
        self._losses.append(losses)
        self._batches.append(tuple(batch["source_ids"] for batch in batches))

    def latest_loss(self) -> float:
        """Returns the loss of the latest step, once it is done."""
        return float(tf.reduce_sum(self._losses[-1]))

    def losses(self) -> np.ndarray:
        """Returns float32 [steps, 2]: of the classes and of the boxes."""
        return np.stack([value.numpy() for value in self._losses])

    def source_ids(self, number: int) -> list[int]:
        """Returns the ids of the pictures that this machine took for a step of the window."""
        parts = [part for batch in self._batches[number] for part in getattr(batch, "values", (batch,))]
        return [int(one) for part in parts for one in part.numpy()]

    def speed(self, images_a_step: int) -> dict[str, float]:
        """Returns how fast the steps were."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        return {
            "images_per_second": len(self._losses) * images_a_step / seconds,
            "input_wait": min(1.0, self._waited / seconds),
        }


class _Waiting:
    def __init__(self, window: _Window):
        self._window = window

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._window._waited += time.monotonic() - self._began


def _no_number(losses: np.ndarray, window: _Window, step: int) -> str:
    number = int(np.argmax(~np.isfinite(losses).all(axis=1)))
    names = [name for name, value in zip(("classes", "boxes"), losses[number], strict=True) if not np.isfinite(value)]
    ids = window.source_ids(number)
    shown = ", ".join(str(one) for one in ids[:16]) + (", …" if len(ids) > 16 else "")
    return (
        f"step {step - len(losses) + number + 1}: the loss of the {' and of the '.join(names)} is no number. "
        f"The pictures of the batch have the source_ids {shown}. Nothing was saved since the last checkpoint. "
        "Take a lower optimizer.learning_rate, more optimizer.warmup_steps or training.precision=float32; "
        "`shardbox verify` checks the dataset"
    )


def _out_of_memory(settings: Settings, error: tf.errors.ResourceExhaustedError) -> str:
    batch, size = settings.input.batch_size, settings.input.image_size
    return (
        f"the device ran out of memory with input.batch_size {batch} and input.image_size {size}: halve the batch and "
        "double optimizer.accumulate, take smaller pictures, a smaller model, or training.precision=mixed_bfloat16 "
        f"({str(error).partition(chr(10))[0][:160]})"
    )
