"""Runs `shardbox verify`: finds the files, chooses how to run, runs, and draws the conclusion."""

import json
import os
from collections.abc import Sequence

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.file_names import is_remote
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.locating import RecordSet, find_records
from beam_pipelines.running import choose_runner, is_local, run_pipeline
from beam_pipelines.shared_folder import shared_folder
from beam_pipelines.stores.options import use_options
from beam_pipelines.terminal import watch
from beam_pipelines.verification.findings import Finding, Findings
from beam_pipelines.verification.folder import check_folder, is_ours
from beam_pipelines.verification.pipeline import CheckRecords, Plan, check_here
from beam_pipelines.verification.tally import Tally
from beam_pipelines.verification.verdict import Verdict, conclude
from data_contract.manifest import MANIFEST_NAME

_BYTES_PER_RECORD = 50_000
"""About; of files that nobody has counted."""
_NEED = "verify on a remote runner needs --temp_location, where its result can be left"
_LITTLE = 1_000
"""Images that are checked before a runner has begun."""


def verify(
    given: Sequence[str], *, decode: bool = False, beam: Sequence[str] = (), progress_screen: Console | None = None
) -> Verdict:
    """Checks a dataset, or files of others.

    Args:
        given: as `find_records` takes it.
        decode: whether every picture is decoded.
        beam: flags for Beam.
        progress_screen: for how far the work is; None to show nothing.

    Raises:
        UsageError: if there are no such files, or Beam's flags cannot be used.
    """
    use_options(beam)
    found = find_records(given)
    plan = Plan.of(found, decode=decode)
    beside = check_beside(found)
    records = found.images
    weight = _weight(found, records, decode=decode)
    if not beam and weight is not None and weight < _LITTLE:
        return conclude(found, beside, check_here(plan))
    # A file is read by one process.
    runner = choose_runner(beam, weight if len(found.files) > 1 else 0)
    with shared_folder(runner, _NEED) as folder:
        result = str(FileSystems.join(folder, "result.json"))
        progress = folder if is_local(runner) else None
        job = CheckRecords(plan, result, progress)
        if progress is None or records is None or progress_screen is None:
            run_pipeline(job, runner, progress_screen, purpose="verify")
        else:
            with watch(progress, records, progress_screen):
                run_pipeline(job, runner)
        tally = Tally.from_json(json.loads(read_file(result)))
    return conclude(found, beside, tally)


def check_beside(found: RecordSet) -> Findings:
    """Returns what is wrong beside the record files; of files of others, which have no manifest, that is nothing."""
    findings = Findings()
    if found.manifest is not None:
        for finding in check_folder(found.folder, found.manifest):
            findings.add(finding)
    elif found.problem and is_ours(found.folder):
        findings.add(Finding("manifest_unusable", "error", MANIFEST_NAME, -1, found.problem.rstrip(".")))
    return findings


def _weight(found: RecordSet, records: int | None, *, decode: bool) -> int | None:
    """Returns how many images a build would look at in the same time; None if it is not known."""
    if records is None:
        if any(is_remote(file.path) for file in found.files):
            return None
        sizes = (os.path.getsize(file.path) for file in found.files if os.path.isfile(file.path))
        records = sum(sizes) // _BYTES_PER_RECORD
    return records * 4 if decode else records // 3
