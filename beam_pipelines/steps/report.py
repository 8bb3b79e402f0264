"""`shardbox report`: what is in a dataset, or in record files, as a page to look at."""

import argparse
import os
import re
from collections.abc import Sequence

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.command_line.argument_parser import Parser
from beam_pipelines.command_line.beam_flags import parse_with_beam
from beam_pipelines.failures import UsageError
from beam_pipelines.listing import is_remote
from beam_pipelines.record_files.locating import RecordSet, find_records
from beam_pipelines.report.writing import WriteReport
from beam_pipelines.running import choose_runner, run_pipeline
from beam_pipelines.steps.left_out import say
from data_contract.manifest import REPORT_NAME

EXAMPLE = """examples:
  shardbox report out                                     # writes out/report/index.html
  shardbox report 'old/train.record*' --output old.html   # record files of other programs

The page is one file that needs no network; `shardbox build` makes it too.
Every option of Apache Beam is passed on, such as --runner or --direct_num_workers.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("records", nargs="*", metavar="DIR_OR_FILE", help="a dataset, or record files or patterns")
    parser.add_argument(
        "--output", metavar="FILE.html", help=f"the page to write (default: {REPORT_NAME} of the dataset)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")


def run(given: Sequence[str], screen: Console, progress_screen: Console) -> None:
    """Writes the page.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    parser = Parser(prog="shardbox report")
    add_flags(parser)
    values, beam_flags = parse_with_beam(parser, given)
    if not values.records:
        raise UsageError("say what to look at: the folder of a dataset, or record files")
    records = find_records(values.records)
    output = _page_path(values.output, values.overwrite, records)
    run_pipeline(WriteReport(records, output), choose_runner(beam_flags, _count_of(records)))
    if records.problem:
        say(screen, f"{records.problem} The page tells of the record files alone.")
    say(screen, output)


def _page_path(given: str | None, overwrite: bool, records: RecordSet) -> str:
    """Returns where the page goes: absolute, or a URL.

    Raises:
        UsageError: if nothing may be written there.
    """
    if given is None:
        if records.manifest is None:
            raise UsageError(
                "--output must be given, because these record files are no dataset with a place for its page: "
                "take --output report.html"
            )
        return str(FileSystems.join(records.folder, REPORT_NAME))
    path = given if is_remote(given) else os.path.abspath(given)
    if re.search(r"[*?\[\]]", path):  # Beam renames and deletes what matches a path
        raise UsageError(f"--output '{path}' has a wildcard in it (one of * ? [ ]): give a path without")
    if given.endswith("/") or (not is_remote(path) and os.path.isdir(path)):
        raise UsageError(f"--output '{given}' is a folder: give a file, such as '{given.rstrip('/')}/report.html'")
    if path in {file.path for file in records.files}:
        raise UsageError(f"--output '{given}' is one of the record files: give another place")
    if FileSystems.exists(path) and not overwrite:
        raise UsageError(f"--output: '{given}' exists: give another place, or replace it with --overwrite")
    return path


def _count_of(records: RecordSet) -> int | None:
    """Returns how many records there are; None if only reading them can tell."""
    if records.manifest is None:
        return None
    return sum(split.images for split in records.manifest.splits.values())
