"""What the command shows while it works and when it is done."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from beam_pipelines.progress import STAGES, read_progress

_LINE_SECONDS = 10.0


@contextmanager
def watch(folder: str, total: int, console: Console) -> Iterator[None]:
    """Shows how far the work in `folder` is: bars on a terminal, a line every ten seconds elsewhere.

    Args:
        folder: the one that the workers' `ProgressMark`s write to.
        total: how many images there are.
        console: where to show it.
    """
    done = threading.Event()
    show = _show_bars if console.is_terminal or console.is_jupyter else _print_lines
    thread = threading.Thread(target=show, args=(folder, total, console, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show_bars(folder: str, total: int, console: Console, done: threading.Event) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}, {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}
        clock = _Clock()
        while True:
            last = done.wait(0.2)
            for stage, count in read_progress(folder).items():
                if count and stage not in tasks:
                    tasks[stage] = progress.add_task(STAGES[stage], total=total, rate="")
                if stage in tasks:
                    progress.update(tasks[stage], completed=min(count, total), rate=clock.rate(stage, count))
            if last:
                return


def _print_lines(folder: str, total: int, console: Console, done: threading.Event) -> None:
    clock = _Clock()
    while not done.wait(_LINE_SECONDS):
        counts = read_progress(folder)
        stage = "write" if counts["write"] else "examine"
        count, rate = min(counts[stage], total), clock.rate(stage, counts[stage])
        console.print(f"{STAGES[stage]}: {count:,} of {total:,} images, {rate}, {clock.left(stage, count, total)}")


class _Clock:
    """Rates and times left, from when a stage was first seen to move."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._begin = time.monotonic()

    def rate(self, stage: str, count: int) -> str:
        start = self._started.setdefault(stage, self._begin if stage == "examine" else time.monotonic())
        elapsed = time.monotonic() - start
        return f"{count / elapsed:,.0f} images/s" if elapsed > 0.5 and count else "… images/s"

    def left(self, stage: str, count: int, total: int) -> str:
        elapsed = time.monotonic() - self._started.get(stage, self._begin)
        if not count or elapsed < 1:
            return "time left unknown"
        seconds = round((total - count) * elapsed / count)
        return f"{seconds // 60}:{seconds % 60:02d} left"
