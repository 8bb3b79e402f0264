"""What a person sees of a run: a bar or lines, a CSV, TensorBoard."""

import csv
import glob
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from presentation.terminal import say
from trainer.run_folder import EVENTS, METRICS_NAME, RunFolder
from trainer.whole_files import make_whole, write_whole

COLUMNS = (
    "step", "split", "loss", "loss_classes", "loss_boxes", "learning_rate", "images_per_second", "input_wait",
    "mAP", "mAP50", "mAP75", "AR100",
)  # fmt: skip
"""Of the CSV: a row of the training split or of the evaluated one has values in its own columns."""
_LINE_SECONDS = 10.0

Values = Mapping[str, float | None]


class Watch:
    """Shows and keeps how a run goes. Only the chief has one."""

    def __init__(self, run: RunFolder, screen: Console, steps: int, start: int):
        self._run, self._screen, self._steps = run, screen, steps
        self._path = run.file(METRICS_NAME)
        _keep_rows_until(self._path, start)
        _keep_events_until(run.file(EVENTS), start)
        self._events: dict[str, Any] = {}
        self._bar: Progress | None = None
        self._task: Any = None
        self._line = time.monotonic()
        self._tell_rate = _rate_teller(start)

    @contextmanager
    def shown(self, start: int) -> Iterator[None]:
        """Shows a bar while the block runs, where there is a terminal."""
        if not self._screen.is_terminal:
            yield
            return
        columns = (
            TextColumn("training"),
            BarColumn(),
            TextColumn("step {task.completed:,.0f} of {task.total:,.0f}"),
            TextColumn("loss {task.fields[loss]}, {task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._screen, transient=True) as self._bar:
            self._task = self._bar.add_task("", total=self._steps, completed=start, loss="…", rate="…")
            yield
        self._bar = None

    def step(self, done: int, loss: Callable[[], float], batch_size: int) -> None:
        """Tells that a step is done.

        Args:
            done: steps so far.
            loss: reads the latest loss, which waits for the device.
            batch_size: pictures of a step.
        """
        now = time.monotonic()
        if self._bar and (now - self._line > 0.2 or done == self._steps):
            self._bar.update(self._task, completed=done, loss=f"{loss():.3f}", rate=self._tell_rate(done, batch_size))
            self._line = now
        elif not self._bar and now - self._line > _LINE_SECONDS:
            say(
                self._screen,
                f"step {done:,} of {self._steps:,}, loss {loss():.3f}, {self._tell_rate(done, batch_size)}",
            )
            self._line = now

    def training(self, step: int, values: Values) -> None:
        """Keeps the figures of the steps since the last call."""
        self._keep("train", step, values)

    def evaluation(self, step: int, split: str, values: Values, pictures: Sequence[np.ndarray]) -> None:
        """Keeps the figures of an evaluation and some drawn pictures, uint8 [height, width, 3] each."""
        self._keep(split, step, values)
        with self._writer(split).as_default(step=step):
            for number, picture in enumerate(pictures):
                tf.summary.image(f"pictures/{number}", picture[np.newaxis])
        shown = ", ".join(f"{name} {_figure(values.get(name))}" for name in ("mAP", "mAP50"))
        say(self._screen, f"step {step:,}: {split} {shown}")

    def close(self) -> None:
        """Writes what is still held back."""
        for writer in self._events.values():
            writer.close()

    def _keep(self, split: str, step: int, values: Values) -> None:
        row = {"step": step, "split": split} | {name: value for name, value in values.items() if value is not None}
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(",".join(_cell(row.get(name)) for name in COLUMNS) + "\n")
        with self._writer(split).as_default(step=step):
            for name, value in values.items():
                if value is not None and math.isfinite(value):
                    tf.summary.scalar(name, value)

    def _writer(self, split: str) -> Any:
        if split not in self._events:
            self._events[split] = tf.summary.create_file_writer(self._run.file(EVENTS, split))
        return self._events[split]


def _rate_teller(start: int) -> Callable[[int, int], str]:
    began, first = time.monotonic(), start

    def tell(done: int, batch_size: int) -> str:
        nonlocal began, first
        if done <= start + 1:  # the first step compiles
            began, first = time.monotonic(), done
            return "… images/s"
        return f"{(done - first) * batch_size / max(time.monotonic() - began, 1e-6):,.0f} images/s"

    return tell


def _keep_rows_until(path: str, step: int) -> None:
    """Leaves out the rows of steps that will be done again, and a row that was cut off."""
    rows = []
    if os.path.exists(path):
        with open(path, encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) == len(COLUMNS) and row[0].isdigit()]
    lines = [COLUMNS, *(row for row in rows if int(row[0]) <= step)]
    write_whole(path, "".join(",".join(line) + "\n" for line in lines).encode())


def _keep_events_until(folder: str, step: int) -> None:
    """Leaves out what TensorBoard would show of steps that will be done again, and what was cut off."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*", "*tfevents*"))):
        kept: list[bytes] = []
        whole = True
        try:
            kept.extend(tf.data.TFRecordDataset(path).as_numpy_iterator())
        except tf.errors.DataLossError:  # what came before is in the list
            whole = False
        until = [record for record in kept if tf.compat.v1.Event.FromString(record).step <= step]
        if not whole or len(until) < len(kept):
            make_whole(path, lambda part, records=until: _write_records(part, records))  # type: ignore[misc]


def _write_records(path: str, records: Sequence[bytes]) -> None:
    with tf.io.TFRecordWriter(path) as writer:
        for record in records:
            writer.write(record)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
