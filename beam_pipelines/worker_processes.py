"""The processes that a local runner starts: they must not outlive the command, nor keep it waiting."""

import os
import signal
import subprocess
import time
from contextlib import suppress


def kill_workers_until_exit() -> None:
    """Kills what this process has started, again and again, because the runner may be about to start another.

    Beam waits for its workers without end when it is interrupted, and they wait for Beam.
    """
    while True:
        kill_workers()
        time.sleep(0.2)


def kill_workers() -> None:
    """Kills what this process has started, the server through which it handed over a job included."""
    for process in _descendants(os.getpid(), _parents()):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _descendants(ancestor: int, parents: dict[int, int]) -> list[int]:
    """Returns the children, their children, and so on."""
    found = [ancestor]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found[1:]


def _parents() -> dict[int, int]:
    """Returns process → parent, of all processes of this machine."""
    if os.path.isdir("/proc/self"):
        return dict(_from_proc(entry) for entry in os.listdir("/proc") if entry.isdigit())
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=", "-o", "ppid="], stdout=subprocess.PIPE, text=True, check=False
    )
    return {int(process): int(parent) for process, parent in map(str.split, listed.stdout.splitlines())}


def _from_proc(process: str) -> tuple[int, int]:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
            # The name in parentheses may hold anything.
            return int(process), int(file.read().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return int(process), 0
