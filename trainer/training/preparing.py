"""What is settled before the first step: the folder of the run, the anchors, the network."""

import os
import re
from contextlib import suppress

from rich.console import Console

from data_contract.manifest import MANIFEST_NAME
from presentation.terminal import say
from trainer.dataset_folder import DatasetFolder
from trainer.failures import TrainingError
from trainer.input_pipeline.caching import resolve_cache
from trainer.input_pipeline.summary import InputSummary, summarise_input
from trainer.network.anchors import explain_uncovered, fit_anchors
from trainer.network.building import build_detector
from trainer.network.detector import Detector
from trainer.network.presets import brings_anchors
from trainer.run_folder import (
    CHECKPOINTS,
    EVENTS,
    METRICS_NAME,
    NETWORK_NAME,
    RUN_NAME,
    SETTINGS_NAME,
    WEIGHTS,
    RunFolder,
)
from trainer.settings import Settings
from trainer.training import checkpoints
from trainer.training.devices import Devices

_NAMES = (CHECKPOINTS, EVENTS, METRICS_NAME, NETWORK_NAME, RUN_NAME, SETTINGS_NAME, WEIGHTS)


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
    _check_ours(model_dir)
    evaluated = dataset.evaluation_split(given.evaluation.split)
    dataset.split(given.training.split)
    goes_on = RunFolder.exists(model_dir) and not restart
    settings = _decided(RunFolder.open(model_dir).settings if goes_on else None, given, dataset, devices)
    if goes_on:
        RunFolder.open(model_dir).check_continues(dataset, given)
    summary = summarise_input(dataset, settings)
    _tell(dataset, summary, evaluated, devices, screen)
    if not len(summary.labels):
        raise TrainingError(
            f"split '{settings.training.split}' of {dataset.path} has no box to train on: a detector needs boxes"
        )
    if goes_on and checkpoints.checkpoints_in(os.path.join(model_dir, CHECKPOINTS)):
        detector = RunFolder.open(model_dir).build_detector()
    else:
        detector, settings = _new_network(dataset, settings, summary, screen)
    run = RunFolder(
        model_dir, settings, given, _kept_path(dataset.path), dataset.sha256, dict(dataset.manifest.classes)
    )
    if devices.is_chief:
        _sweep(model_dir)
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


def _check_ours(model_dir: str) -> None:
    """Refuses a folder that holds anything but a run, be it one that was killed while it began.

    Raises:
        TrainingError: telling what is there.
    """
    foreign = [name for name in sorted(os.listdir(model_dir)) if name not in _NAMES and not name.startswith("part-")]
    is_other = os.path.exists(os.path.join(model_dir, RUN_NAME)) and not RunFolder.exists(model_dir)
    if MANIFEST_NAME in foreign:
        raise TrainingError(f"--model_dir {model_dir} is the folder of a dataset: give one of its own")
    if is_other or (foreign and not RunFolder.exists(model_dir)):
        shown = ", ".join([RUN_NAME] if is_other else foreign[:3])
        raise TrainingError(f"--model_dir {model_dir} holds other files ({shown}): give a folder that is empty or new")


def _decided(kept: Settings | None, given: Settings, dataset: DatasetFolder, devices: Devices) -> Settings:
    """Returns settings in which 'auto' is decided, as it was for the run before; all but the anchors."""
    if kept:
        cache = kept.input.cache
    elif devices.machines > 1 and given.input.cache == "auto":
        cache = "none"  # the machines' memories may differ, and their streams must not
    else:
        cache = resolve_cache(dataset, given)
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
    of_network = detector.architecture
    model = model.model_copy(
        update={
            "anchors": detector.anchor_settings,
            "levels": of_network.levels,
            "width": of_network.width,
            "head_layers": of_network.head_layers,
        }
    )
    uncovered = explain_uncovered(
        summary.sides, summary.labels, dataset.class_names, detector.anchors, size, settings.loss.positive_iou
    )
    if uncovered:
        raise TrainingError(uncovered)
    anchors = detector.anchor_settings
    shapes = f"size {anchors.size:g}, {anchors.scales} scales, ratios {', '.join(f'{r:g}' for r in anchors.ratios)}"
    say(screen, f"network: {detector.model.count_params():,} parameters, {len(detector.anchors):,} anchors ({shapes})")
    return detector, settings.model_copy(update={"model": model})


def _tell(dataset: DatasetFolder, summary: InputSummary, evaluated: str, devices: Devices, screen: Console) -> None:
    say(screen, f"devices: {devices.describe()}")
    for line in summary.lines():
        say(screen, line)
    if not sum(dataset.manifest.splits[evaluated].boxes.values()):
        say(screen, f"split {evaluated} has no boxes: there will be no mAP")


def _clear(model_dir: str) -> None:
    """Deletes the files of an earlier run, and nothing else."""
    for name in (NETWORK_NAME, METRICS_NAME):  # the rest is replaced
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


def _sweep(model_dir: str) -> None:
    """Deletes files that a process left unfinished when it was killed."""
    for folder in (model_dir, os.path.join(model_dir, WEIGHTS)):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if re.fullmatch(r"part-[0-9a-f]{32}-.*", name):
                os.unlink(os.path.join(folder, name))


def _kept_path(path: str) -> str:
    """Returns where a dataset lies, for commands that are given elsewhere."""
    return path if "://" in path else os.path.abspath(path)
