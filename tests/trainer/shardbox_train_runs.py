"""Runs of the real command `shardbox-train`, in processes of their own."""

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np

TINY = (
    "input.image_size=64",
    "input.batch_size=4",
    "input.max_boxes=8",
    "model.filters=[64, 64, 64]",
    "model.width=32",
    "model.levels=[3, 3]",
    "model.anchors={size: 3, scales: 1, ratios: [1.0]}",
    "optimizer.warmup_steps=2",
    "training.precision=float32",
)
"""Settings of a network that takes some hundredths of a second a step."""


def command(name: str, *flags: Any, changes: tuple[str, ...] = ()) -> list[str]:
    """Returns the command line."""
    of_settings = ["--set", *changes] if changes else []
    return [sys.executable, "-m", "trainer", name, *map(str, flags), *of_settings]


def run(name: str, *flags: Any, changes: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        command(name, *flags, changes=changes),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | environment,
    )


def fit(data: Path, model_dir: Path, *changes: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Trains a tiny detector."""
    return run("fit", "--data", data, "--model_dir", model_dir, changes=(*TINY, *changes), **environment)


def weights(model_dir: Path, which: str = "latest") -> dict[str, np.ndarray]:
    """Returns all weights that a run has kept, by their paths in the file."""
    found: dict[str, np.ndarray] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    with h5py.File(model_dir / "weights" / f"{which}.weights.h5") as file:
        file.visititems(visit)
    return found


def metrics(model_dir: Path) -> list[dict[str, str]]:
    """Returns the rows of the CSV, without what depends on the machine."""
    with open(model_dir / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: row[name] for name in row if name not in ("images_per_second", "input_wait")} for row in rows]
