"""Runs `shardbox build` again and again, each run killed at a later one of its operations on the output folder.

A program of its own, because it forks: `python killed_runs.py OUTPUT LEFT FLAG…`. Each run finds in OUTPUT what was
there at first, and what it leaves becomes LEFT/NUMBER. The last run is the first that comes to its end; its exit code
is that of the program.
"""

import functools
import itertools
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apache_beam.io.localfilesystem import LocalFileSystem

from beam_pipelines.building import build  # noqa: F401 (a fork takes over what is imported)
from beam_pipelines.cli import main


def kill_at(operation: int, output: str) -> None:
    """Lets this process die right before so many operations below the output folder."""
    left = operation

    def counted(function: Callable[..., Any], path_at: int = 0) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            path, writes = str(arguments[path_at]), path_at == 0 or arguments[2] == "wb"
            if path.startswith(output) and writes:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return call

    for name in ("mkdir", "rename", "replace", "remove", "unlink"):
        setattr(os, name, counted(getattr(os, name)))
    shutil.rmtree = counted(shutil.rmtree)
    LocalFileSystem._path_open = counted(LocalFileSystem._path_open, path_at=1)


def run_killed(operation: int, output: str, flags: list[str]) -> int:
    """Runs in a fork. Returns its exit code, -9 if it was killed."""
    child = os.fork()
    if not child:
        kill_at(operation, output)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        os._exit(main(["build", f"--output={output}", "--overwrite", *flags]))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_all(output: Path, left: Path, flags: list[str]) -> int:
    """Returns the exit code of the run that was not killed."""
    original = shutil.copytree(output, output.with_name("original"))
    for operation in itertools.chain((0, 4), itertools.count(8)):  # the first ones only fill the temporary folder
        code = run_killed(operation, str(output), flags)
        shutil.move(output, left / f"{operation:03d}")
        shutil.copytree(original, output)
        if code != -signal.SIGKILL:
            return code
    raise AssertionError


if __name__ == "__main__":
    sys.exit(run_all(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
