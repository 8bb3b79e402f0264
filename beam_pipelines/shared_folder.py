"""A folder for what the process that runs a job hands its workers, or gets back from them."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from beam_pipelines.output_folder import make_folder, remove_folder
from beam_pipelines.running import is_local
from presentation.refusals import UsageError


@contextmanager
def shared_folder(runner: Sequence[str], need: str) -> Iterator[str]:
    """A temporary folder that goes in the end: on this machine, or below --temp_location.

    Args:
        runner: flags for Beam, which name a runner.
        need: what somebody is told whose workers are elsewhere, if no --temp_location is given.

    Raises:
        UsageError: with that sentence.
    """
    if is_local(runner):
        folder = tempfile.mkdtemp(prefix="shardbox-")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    place = PipelineOptions(list(runner)).view_as(GoogleCloudOptions).temp_location
    if not place:
        raise UsageError(need)
    folder = str(FileSystems.join(place, f"shardbox-{uuid.uuid4().hex}"))
    make_folder(folder)
    try:
        yield folder
    finally:
        remove_folder(folder)
