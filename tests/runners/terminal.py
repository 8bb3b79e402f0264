"""A command as a person at a terminal runs it."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..end_to_end.shardbox_runs import ROOT

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A terminal in which a command runs.

    Args:
        screen: where what the command shows is read, and keys are written.
        process: the command, which leads a group of processes.
        patience: seconds to wait for what is to come.
    """

    def __init__(self, screen: int, process: "subprocess.Popen[bytes]", patience: float):
        self.process = process
        self._raw = b""
        self._screen, self._end = screen, time.monotonic() + patience

    @property
    def shown(self) -> str:
        """All that the command has shown, without colours."""
        return _STYLE.sub("", self._raw.decode("utf-8", "replace"))

    def wait_for(self, text: str) -> None:
        """Waits until the command has shown a text."""
        while text not in self.shown:
            assert self._read(), self.shown

    def ctrl_c(self) -> None:
        """Interrupts every process of the group, as a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def type(self, text: str) -> None:
        """Types a line."""
        os.write(self._screen, f"{text}\n".encode())

    def wait(self) -> int:
        """Waits until the command has ended. Returns its exit code."""
        while self._read():
            pass
        return self.process.wait(self._end - time.monotonic())

    def _read(self) -> bool:
        assert select.select([self._screen], [], [], max(0, self._end - time.monotonic()))[0], self.shown
        try:
            read = os.read(self._screen, 4096)
        except OSError:  # nobody has it open any more
            return False
        self._raw += read
        return bool(read)


@contextmanager
def at_a_terminal(command: list[str], patience: float, cwd: Path = ROOT) -> Iterator[Terminal]:
    """Runs a command in a terminal of its own. What it has started ends with it."""
    screen, inner = pty.openpty()
    process = subprocess.Popen(command, cwd=cwd, stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
    os.close(inner)
    try:
        yield Terminal(screen, process, patience)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(screen)


def interrupt_and_wait_on(command: list[str], question: str, patience: float) -> None:
    """Presses Ctrl-C while a command waits for a job elsewhere, and answers that the job is to go on; it must succeed.

    Args:
        command: its line.
        question: what it must ask.
        patience: seconds for all of it.
    """
    with at_a_terminal(command, patience) as terminal:
        terminal.wait_for("waiting for workers")
        terminal.ctrl_c()
        terminal.wait_for(question)
        terminal.type("n")
        assert terminal.wait() == 0, terminal.shown
