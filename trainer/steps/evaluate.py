"""`shardbox-train evaluate`: a trained detector and a split → COCO mAP, and a page to look at."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from presentation.refusals import UsageError
from presentation.terminal import say
from trainer.configuration import read_settings
from trainer.evaluation.page import render_page
from trainer.evaluation.printing import print_evaluation
from trainer.evaluation.result import to_json
from trainer.failures import TrainingError
from trainer.settings import Settings
from trainer.whole_files import write_whole

EXAMPLE = """
examples:
  shardbox-train evaluate --model_dir runs/first
  shardbox-train evaluate --data other --model_dir runs/first --split test --set decoding.score_threshold=0.01

writes metrics.json and index.html, a page that needs no network, to <model_dir>/evaluation/<split>.
"""

METRICS_NAME = "metrics.json"
PAGE_NAME = "index.html"

_SECTIONS = ("decoding", "evaluation")
"""Of the settings, that may be others than those of the training."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `shardbox-train evaluate`."""
    parser.add_argument("--model_dir", required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--data", metavar="DIR", help="a dataset with the same classes (default: the run's)")
    parser.add_argument(
        "--split", metavar="NAME", help="default: evaluation.split of the run, which is validation, else the like"
    )
    parser.add_argument(
        "--checkpoint", choices=("best", "latest"), default="best", help="which of the run's weights (default: best)"
    )
    parser.add_argument("--output", metavar="DIR", help="default: <model_dir>/evaluation/<split>")
    parser.add_argument("--overwrite", action="store_true", help="replace what an evaluation wrote to --output")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="another setting than the run's, such as decoding.nms_iou=0.6",
    )


def run(values: argparse.Namespace, screen: Console) -> None:
    """Evaluates, writes the figures and the page, and prints a table."""
    changes = read_settings([], values.set)
    others = sorted(changes.model_fields_set - set(_SECTIONS))
    if others:
        raise UsageError(
            f"--set {others[0]}: the detector was trained with it; only decoding.… and evaluation.… can be changed now"
        )
    if values.output:
        _check_output(values.output, values.overwrite)
    from trainer.dataset_folder import open_dataset  # noqa: PLC0415 (TensorFlow takes seconds to load)
    from trainer.evaluation.evaluating import evaluate  # noqa: PLC0415
    from trainer.run_folder import RunFolder  # noqa: PLC0415

    told = RunFolder.open(values.model_dir)
    dataset = open_dataset(values.data or told.dataset_path, lambda line: say(screen, line))
    settings = _changed(told.settings, changes, values.split)
    split = dataset.evaluation_split(settings.evaluation.split)
    output = values.output or told.file("evaluation", _folder_name(split))
    _make_folder(output)
    with _progress(screen, dataset.split(split).images) as progress:
        evaluation, drawings = evaluate(told, dataset, settings, values.checkpoint, progress)
    print_evaluation(evaluation, screen)
    for name, text in ((PAGE_NAME, render_page(evaluation, drawings)), (METRICS_NAME, to_json(evaluation))):
        write_whole(os.path.join(output, name), text.encode())
        say(screen, os.path.join(output, name))


def _make_folder(path: str) -> None:
    """Makes the folder before the work, which may be long."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be made a folder ({error.strerror}): give another --output") from None


def _check_output(folder: str, overwrite: bool) -> None:
    if "://" in folder:
        raise UsageError(f"--output '{folder}' is not on a disk of this machine: give a folder here, and copy it")
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"--output '{folder}' is a file: give the name of a folder")
    there = [name for name in (METRICS_NAME, PAGE_NAME) if os.path.exists(os.path.join(folder, name))]
    if there and not overwrite:
        raise UsageError(f"{os.path.join(folder, there[0])} is there already: give another --output, or --overwrite")


def _changed(settings: Settings, changes: Settings, split: str | None) -> Settings:
    """Returns the settings of a run with those values that were given on the command line."""
    sections = {}
    for name in _SECTIONS:
        given = getattr(changes, name)
        update = {key: getattr(given, key) for key in given.model_fields_set}
        if name == "evaluation" and split:
            update["split"] = split
        sections[name] = getattr(settings, name).model_copy(update=update)
    return settings.model_copy(update=sections)


def _folder_name(split: str) -> str:
    if split in (".", "..") or any(character in split for character in "/\\\0"):
        raise TrainingError(f"split '{split}' cannot be the name of a folder: give --output")
    return split


@contextmanager
def _progress(screen: Console, pictures: int) -> Iterator[Callable[[int], None]]:
    """Shows a bar while the block runs, where there is a terminal; the block is given what moves it."""
    if not screen.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("evaluating"),
        BarColumn(),
        TextColumn("picture {task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("", total=pictures)
        yield lambda done: bar.update(task, completed=done)
