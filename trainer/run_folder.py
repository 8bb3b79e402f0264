"""The folder of a training run: what it was told, what it learnt, and how it went."""

import json
import os
from dataclasses import dataclass
from typing import Any, Literal

import h5py

from presentation.refusals import UsageError
from trainer.configuration import changed_keys, check_settings, to_yaml
from trainer.dataset_folder import DatasetFolder
from trainer.failures import TrainingError
from trainer.network.building import describe, rebuild
from trainer.network.detector import Detector
from trainer.settings import Settings
from trainer.whole_files import make_whole, write_whole

RUN_NAME = "run.json"
SETTINGS_NAME = "settings.yaml"
NETWORK_NAME = "network.json"
METRICS_NAME = "metrics.csv"
CHECKPOINTS = "checkpoints"
EVENTS = "events"
WEIGHTS = "weights"
FORMAT_VERSION = 1
_TOLD = "shardbox"
"""Attribute of a file of weights."""

Which = Literal["best", "latest"]

MAY_CHANGE = (
    "decoding.",
    "evaluation.",
    "input.parallel_calls",
    "training.checkpoint_every",
    "training.evaluate_every",
    "training.keep_checkpoints",
    "training.log_every",
    "training.require_gpu",
)
"""Settings that a run may be continued with other values of: they do not change what it learns."""


@dataclass(frozen=True)
class RunFolder:
    """A training run.

    Args:
        path: of its folder.
        settings: all of them, without 'auto' where that was decided for the run.
        given: as they were given.
        dataset_path: where the dataset lay.
        dataset_sha256: of its manifest.
        classes: class name → id of the label map.
    """

    path: str
    settings: Settings
    given: Settings
    dataset_path: str
    dataset_sha256: str
    classes: dict[str, int]

    @classmethod
    def open(cls, path: str) -> "RunFolder":
        """Opens the folder of a run.

        Raises:
            TrainingError: it is none, or one of another version.
        """
        file = os.path.join(path, RUN_NAME)
        if os.path.exists(file) and not cls.exists(path):
            raise TrainingError(f"{file} is not of a training run: give the --model_dir of `shardbox-train fit`")
        try:
            with open(file, encoding="utf-8") as opened:
                told = json.load(opened)
        except FileNotFoundError:
            there = "holds no training run" if os.path.isdir(path) else "is no folder"
            raise TrainingError(f"{path} {there}: give the --model_dir of `shardbox-train fit`") from None
        except (OSError, ValueError) as error:
            raise TrainingError(f"{file} cannot be read: {error}") from None
        if told.get("format_version") != FORMAT_VERSION:
            raise TrainingError(f"{file} is of format {told.get('format_version')}, not {FORMAT_VERSION}: train again")
        try:
            settings, given = (check_settings(told[name]) for name in ("settings", "given"))
            return cls(path, settings, given, told["dataset"], told["dataset_sha256"], told["classes"])
        except (KeyError, UsageError) as error:
            raise TrainingError(f"{file} was written by another version of Shardbox: {error}") from None

    @classmethod
    def exists(cls, path: str) -> bool:
        """Tells whether a folder holds a run; a dataset has a `run.json`, too."""
        try:
            with open(os.path.join(path, RUN_NAME), encoding="utf-8") as file:
                told = json.load(file)
        except (OSError, ValueError):
            return False
        return isinstance(told, dict) and {"settings", "given", "format_version"} <= told.keys()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in the order of their ids: the network's classes."""
        return tuple(sorted(self.classes, key=lambda name: self.classes[name]))

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Ids of `class_names`, ascending."""
        return tuple(sorted(self.classes.values()))

    def told(self, which: Which) -> dict[str, Any]:
        """Returns what is known of weights: 'step', of the best ones also 'mAP' and how it was measured.

        Empty if there are none.
        """
        try:
            with h5py.File(self.file(WEIGHTS, f"{which}.weights.h5")) as file:
                return dict(json.loads(file.attrs[_TOLD]))
        except (OSError, KeyError, ValueError, TypeError):
            return {}

    def step_of(self, which: Which) -> int | None:
        """Returns the step after which weights were kept; None if that is not known."""
        step = self.told(which).get("step")
        return step if isinstance(step, int) else None

    def file(self, *names: str) -> str:
        """Returns the path of something in the folder."""
        return os.path.join(self.path, *names)

    def save(self, detector: Detector) -> None:
        """Writes what the run was told; `run.json` comes last."""
        for folder in ("", CHECKPOINTS, WEIGHTS, EVENTS):
            os.makedirs(self.file(folder), exist_ok=True)
        write_whole(self.file(SETTINGS_NAME), to_yaml(self.settings).encode())
        write_whole(self.file(NETWORK_NAME), describe(detector).encode())
        told = {
            "format_version": FORMAT_VERSION,
            "dataset": self.dataset_path,
            "dataset_sha256": self.dataset_sha256,
            "classes": self.classes,
            "given": self.given.model_dump(mode="json"),
            "settings": self.settings.model_dump(mode="json"),
        }
        write_whole(self.file(RUN_NAME), (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())

    def check_continues(self, dataset: DatasetFolder, given: Settings) -> None:
        """Refuses to go on with other data or with settings that change what is learnt.

        Raises:
            TrainingError: naming what differs.
        """
        self.check_classes(dataset)
        if dataset.sha256 != self.dataset_sha256:
            raise TrainingError(
                f"{self.path} was trained on another dataset ({self.dataset_path}): "
                "train it on that, or give another --model_dir"
            )
        changed = [key for key in changed_keys(self.given, given) if not key.startswith(MAY_CHANGE)]
        if changed:
            raise TrainingError(
                f"{self.path} holds a run with other settings ({', '.join(changed)}): "
                "give another --model_dir, the settings of that run, or --restart to train anew"
            )

    def check_classes(self, dataset: DatasetFolder) -> None:
        """Refuses a dataset whose label map is not the run's.

        Raises:
            TrainingError: telling both.
        """
        if dict(dataset.manifest.classes) != self.classes:
            raise TrainingError(
                f"the label map of {dataset.path} ({_told(dataset.manifest.classes)}) is not the one that "
                f"{self.path} was trained with ({_told(self.classes)})"
            )

    def save_weights(self, detector: Detector, which: Which, told: dict[str, Any]) -> None:
        """Writes weights as they are, and what is known of them, which is an attribute of the same file."""

        def save(path: str) -> None:
            detector.model.save_weights(path)
            with h5py.File(path, "a") as file:
                file.attrs[_TOLD] = json.dumps(told)

        make_whole(self.file(WEIGHTS, f"{which}.weights.h5"), save)

    def load_detector(self, which: Which = "best") -> Detector:
        """Builds the detector with the weights that were kept.

        Raises:
            TrainingError: there are none yet, or they cannot be read.
        """
        path = self.file(WEIGHTS, f"{which}.weights.h5")
        if not os.path.exists(path):
            latest = which == "best" and os.path.exists(self.file(WEIGHTS, "latest.weights.h5"))
            remedy = (
                "no evaluation has given a mAP; give --checkpoint latest"
                if latest
                else "run `shardbox-train fit` to its end"
            )
            raise TrainingError(f"{self.path} has no {which} weights yet: {remedy}")
        detector = self.build_detector()
        try:
            detector.model.load_weights(path)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path} cannot be read: {error}") from None
        return detector

    def build_detector(self) -> Detector:
        """Builds the detector; its weights are still to be set.

        Raises:
            TrainingError: what is known of the network cannot be read.
        """
        try:
            with open(self.file(NETWORK_NAME), encoding="utf-8") as file:
                return rebuild(file.read())
        except (OSError, ValueError) as error:
            raise TrainingError(f"the network of {self.path} cannot be read: {error}") from None


def _told(classes: Any) -> str:
    """Returns some classes with their ids, as a person reads them."""
    shown = [f"{name}: {number}" for name, number in sorted(classes.items(), key=lambda item: item[1])]
    return ", ".join([*shown[:8], "…"] if len(shown) > 8 else shown)
