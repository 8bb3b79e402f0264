"""Beam as a guest in a program that is not ours: a script or a notebook that calls a function of this package."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from beam_pipelines.replacing import replaced


@contextmanager
def quiet_beam() -> Iterator[None]:
    """Lets Beam be imported and run here without a word, and without a trace.

    - Its logs go to whoever listens, but it must not set up logging where nobody does.
    - The processes that its local runner starts must not write to the program's stderr. What makes a run fail comes
      as an exception all the same.
    - In IPython it must not take the pipeline for the user's own: it would keep that, and import parts of itself that
      do not work with pandas 3.
    """
    root = logging.getLogger()
    level, nobody = root.level, logging.NullHandler()
    root.addHandler(nobody)  # logging.warning() makes a handler only if there is none
    try:
        # Imported here, because that takes a second and writes to the log.
        from apache_beam import pipeline  # noqa: PLC0415
        from apache_beam.runners.portability import local_job_service  # noqa: PLC0415
        from apache_beam.utils import interactive_utils  # noqa: PLC0415

        class QuietWorker(local_job_service.SubprocessSdkWorker):
            def __init__(self, worker_command_line: bytes, *others: Any, **named: Any):
                super().__init__(worker_command_line + b" 2> /dev/null", *others, **named)  # it goes through a shell

        with ExitStack() as changes:
            for module in (pipeline, interactive_utils):
                changes.enter_context(replaced(module, "is_in_ipython", lambda: False))
            changes.enter_context(replaced(local_job_service, "SubprocessSdkWorker", QuietWorker))
            yield
    finally:
        root.removeHandler(nobody)
        root.setLevel(level)
