"""What is settled before the first step: the folder of the run, the anchors, the network."""

import os
from contextlib import suppress

import tensorflow as tf
from rich.console import Console

from presentation.terminal import say
from trainer.dataset_folder import DatasetFolder
from trainer.failures import TrainingError
from trainer.input_pipeline.caching import resolve_cache
from trainer.input_pipeline.summary import InputSummary, summarise_input
from trainer.network.anchors import explain_uncovered, fit_anchors
from trainer.network.building import build_detector, rebuild
from trainer.network.detector import Detector
from trainer.network.presets import brings_anchors
from trainer.run_folder import (
    CHECKPOINTS,
    EVENTS,
    METRICS_NAME,
    NETWORK_NAME,
    RUN_NAME,
    WEIGHTS,
    RunFolder,
    dataset_sha256,
)
from trainer.settings import Settings
from trainer.training import checkpoints
from trainer.training.devices import Devices


def kept_precision(model_dir: str) -> str | None:
    """Returns the precision of the run in a folder; None if there is none."""
    return RunFolder.open(model_dir).settings.training.precision if RunFolder.exists(model_dir) else None


def prepare(
    dataset: DatasetFolder, model_dir: str, given: Settings, devices: Devices, screen: Console, *, restart: bool
) -> tuple[RunFolder, Detector]:
    """Makes the folder of a run and its untrained network, or takes up those of a run that was stopped.

    Args:
        dataset: to train on.
        model_dir: of the run; it may be there.
        given: settings.
        devices: in whose scope this is called.
        screen: for what a person sees.
        restart: whether a run that is there is begun anew.

    Raises:
        TrainingError: the folder, the data and the settings do not go together.
    """
    _check_place(model_dir)
    evaluated = dataset.evaluation_split(given.evaluation.split)
    dataset.split(given.training.split)
    goes_on = RunFolder.exists(model_dir) and not restart
    settings = _decided(RunFolder.open(model_dir).settings if goes_on else None, given, dataset, devices)
    if goes_on:
        RunFolder.open(model_dir).check_continues(dataset, given)
    elif os.path.isdir(model_dir) and os.listdir(model_dir) and not restart:
        raise TrainingError(f"--model_dir {model_dir} holds other files: give a folder that is empty or new")
    summary = summarise_input(dataset, settings)
    _tell(dataset, summary, evaluated, devices, screen)
    if goes_on and tf.train.latest_checkpoint(os.path.join(model_dir, CHECKPOINTS)):
        detector = _read_network(model_dir)
    else:
        detector, settings = _new_network(dataset, settings, summary, screen)
    run = RunFolder(model_dir, settings, given, dataset.path, dataset_sha256(dataset), dict(dataset.manifest.classes))
    if devices.is_chief:
        if restart:
            _clear(model_dir)
        run.save(detector)
    return run, detector


def _check_place(model_dir: str) -> None:
    if "://" in model_dir:
        raise TrainingError(
            f"--model_dir {model_dir} is not on a disk of this machine: give a folder here, and copy it"
        )
    if os.path.lexists(model_dir) and not os.path.isdir(model_dir):
        raise TrainingError(f"--model_dir {model_dir} is a file: give a folder")
    try:
        os.makedirs(model_dir, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"--model_dir {model_dir} cannot be made: {error.strerror}") from None
    if not os.access(model_dir, os.W_OK):
        raise TrainingError(f"--model_dir {model_dir} cannot be written to: check its permissions")


def _decided(kept: Settings | None, given: Settings, dataset: DatasetFolder, devices: Devices) -> Settings:
    """Returns settings in which 'auto' is decided, as it was for the run before; all but the anchors."""
    cache = kept.input.cache if kept else resolve_cache(dataset, given)
    if devices.machines > 1 and given.input.cache == "auto":
        cache = "none"  # the machines' memories may differ, and their streams must not
    model = given.model.model_copy(update={"anchors": kept.model.anchors}) if kept else given.model
    return given.model_copy(
        update={
            "input": given.input.model_copy(update={"cache": cache}),
            "model": model,
            "training": given.training.model_copy(update={"precision": devices.precision, "xla": devices.xla}),
        }
    )


def _new_network(
    dataset: DatasetFolder, settings: Settings, summary: InputSummary, screen: Console
) -> tuple[Detector, Settings]:
    """Builds the network, with anchors that suit the data. Returns it, and the settings with its anchors.

    Raises:
        TrainingError: no anchor suits the objects of some class.
    """
    model, size = settings.model, settings.input.image_size
    if model.anchors == "auto" and not brings_anchors(model.preset):
        fit = fit_anchors(summary.sides, summary.labels, model.levels, size, settings.loss.positive_iou)
        model = model.model_copy(update={"anchors": fit.settings})
        if fit.advice:
            say(screen, fit.advice)
    detector = build_detector(model, size, len(dataset.class_names), settings.seed)
    model = model.model_copy(update={"anchors": detector.anchor_settings})
    uncovered = explain_uncovered(
        summary.sides, summary.labels, dataset.class_names, detector.anchors, size, settings.loss.positive_iou
    )
    if uncovered:
        raise TrainingError(uncovered)
    anchors = detector.anchor_settings
    shapes = f"size {anchors.size:g}, {anchors.scales} scales, ratios {', '.join(f'{r:g}' for r in anchors.ratios)}"
    say(screen, f"network: {detector.model.count_params():,} parameters, {len(detector.anchors):,} anchors ({shapes})")
    return detector, settings.model_copy(update={"model": model})


def _read_network(model_dir: str) -> Detector:
    with open(os.path.join(model_dir, NETWORK_NAME), encoding="utf-8") as file:
        return rebuild(file.read())


def _tell(dataset: DatasetFolder, summary: InputSummary, evaluated: str, devices: Devices, screen: Console) -> None:
    say(screen, f"devices: {devices.describe()}")
    for line in summary.lines():
        say(screen, line)
    if not sum(dataset.manifest.splits[evaluated].boxes.values()):
        say(screen, f"split {evaluated} has no boxes: there will be no mAP")


def _clear(model_dir: str) -> None:
    """Deletes the files of an earlier run, and nothing else."""
    for name in (RUN_NAME, NETWORK_NAME, METRICS_NAME):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(model_dir, name))
    checkpoints.clear(os.path.join(model_dir, CHECKPOINTS))
    for which in ("best", "latest"):
        for ending in ("weights.h5", "json"):
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(model_dir, WEIGHTS, f"{which}.{ending}"))
    events = os.path.join(model_dir, EVENTS)
    for folder, _, names in os.walk(events):
        for name in names:
            if name.startswith("events.out.tfevents."):
                os.unlink(os.path.join(folder, name))
