"""The programs that Beam starts to hand a job over: Flink's job server, Prism."""

import errno
import os
import shutil
import sys
from contextlib import AbstractContextManager
from typing import Any

from apache_beam.utils import subprocess_server

from beam_pipelines.replacing import replaced

_SHELTER = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"


class _Sheltered(subprocess_server.SubprocessServer):
    def __init__(self, stub_class: Any, command: list[str], *others: Any, **named: Any):
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
        super().__init__(stub_class, [sys.executable, "-c", _SHELTER, *command], *others, **named)


def sheltered_from_ctrl_c() -> AbstractContextManager[None]:
    """Lets programs that Beam starts meanwhile ignore Ctrl-C.

    A terminal sends it to every process that a command has started. The job needs them: to be cancelled, or to go on
    where a person decides so. They end with the command, however it ends.
    """
    return replaced(subprocess_server, "SubprocessServer", _Sheltered)
