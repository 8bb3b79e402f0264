"""Waits for a job on a runner elsewhere: shows how far it is, and asks on Ctrl-C what is to become of it."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.prompt import Confirm
from rich.spinner import Spinner

from beam_pipelines.remote_job.handed_over import HandedOver
from beam_pipelines.remote_job.interrupts import Interrupts
from presentation.terminal import say

_LOOK_SECONDS = 0.2
_STATUS_SECONDS = 2.0
_LINE_SECONDS = 30.0
_CANCEL_SECONDS = 60.0

_log = logging.getLogger(__name__)


def wait_for(job: HandedOver, screen: Console, interrupts: Interrupts) -> None:
    """Waits until a job ends.

    A person at a terminal who presses Ctrl-C is asked whether the job is to be cancelled, and may go on waiting. Any
    other signal, and a Ctrl-C where nobody can be asked, cancels it.

    Args:
        job: to wait for.
        screen: for a person.
        interrupts: which have been noted since before the job was handed over.

    Raises:
        KeyboardInterrupt: the job was cancelled.
        Exception: as the runner raised it, if the job failed.
    """
    end = _waited(job)
    try:
        say(screen, f"job '{job.name}' runs on {job.runner}{f': {job.page}' if job.page else ''}")
        _watch(job, screen, interrupts, end)
    except KeyboardInterrupt:  # also of who did not wait for the question
        _cancel(job, screen, end)
        raise
    end.result()


def _watch(job: HandedOver, screen: Console, interrupts: Interrupts, end: "Future[Any]") -> None:
    """Shows how far a job is until it ends, or a signal is to cancel it."""
    with _Sight(job, screen) as sight:
        while not end.done():
            time.sleep(_LOOK_SECONDS)
            if interrupts.number is not None and not end.done():
                with sight.paused():
                    asked = interrupts.number == signal.SIGINT and screen.is_terminal
                    if not (asked and _asked_to_stay(job, screen)):
                        raise KeyboardInterrupt
                interrupts.answered()
            sight.look()


def _waited(job: HandedOver) -> "Future[Any]":
    """Waits in a thread of its own, which does not keep the process from ending."""
    end: Future[Any] = Future()

    def wait() -> None:
        try:
            end.set_result(job.result.wait_until_finish())
        except BaseException as error:
            end.set_exception(error)

    threading.Thread(target=wait, daemon=True).start()
    return end


def _asked_to_stay(job: HandedOver, screen: Console) -> bool:
    """Asks what is to become of the job. No answer at all cancels it."""
    try:
        return not Confirm.ask(f"Cancel the job '{job.name}' on {job.runner}?", console=screen, default=False)
    except (EOFError, KeyboardInterrupt):
        return False


def _cancel(job: HandedOver, screen: Console, end: "Future[Any]") -> None:
    """Cancels the job and waits a while until it is, so that what it left can be cleaned up."""
    say(screen, f"cancelling job '{job.name}' …")
    see = f": see {job.page}" if job.page else ""
    try:
        job.cancel()
        ended = _ends_soon(job, end)
    except Exception as error:
        _log.warning("cancelling failed", exc_info=True)
        say(screen, f"job '{job.name}' could not be cancelled ({type(error).__name__}) and may go on{see}")
    except KeyboardInterrupt:  # who cannot wait for that either
        say(screen, f"job '{job.name}' may go on{see}")
    else:
        say(screen, f"job '{job.name}' {'was cancelled' if ended else f'was told to end, and has not{see}'}")


def _ends_soon(job: HandedOver, end: "Future[Any]") -> bool:
    until = time.monotonic() + _CANCEL_SECONDS
    while not (ended := end.done() or job.is_over()) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return ended


class _Sight:
    """Shows how far a job is: in one line that changes on a terminal, in a line now and then elsewhere."""

    def __init__(self, job: HandedOver, screen: Console):
        self._job, self._screen = job, screen
        self._spinner = Spinner("dots", "waiting for workers")
        self._line: Live | None = None
        self._last = time.monotonic()
        self._told = ""

    def __enter__(self) -> "_Sight":
        if self._screen.is_terminal:
            self._start()
        return self

    def _start(self) -> None:
        # Nothing but this may be on the screen: what workers in this process print is taken elsewhere.
        self._line = Live(
            self._spinner, console=self._screen, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._line.start()

    def __exit__(self, *_: object) -> None:
        if self._line:
            self._line.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leaves the terminal to a question."""
        if self._line:
            self._line.stop()
        yield
        if self._line:
            self._start()

    def look(self) -> None:
        """Asks for the figures if it is time."""
        every = _STATUS_SECONDS if self._line else _LINE_SECONDS
        if self._screen.quiet or time.monotonic() - self._last < every:
            return
        try:
            text = self._job.progress()
        except Exception:  # it is a comfort: the job goes on without it
            _log.debug("no figures", exc_info=True)
            text = ""
        self._last = time.monotonic()
        if self._line:
            self._spinner.update(text=text or "waiting for workers")
            self._line.refresh()
        elif text and text != self._told:
            say(self._screen, text)
            self._told = text
