"""`shardbox report`: what is in a dataset, or in record files, as a page to look at."""

import argparse
import os
import re
from collections.abc import Sequence

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.command_line.beam_flags import parse_with_beam
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.output_folder import make_folder
from beam_pipelines.record_files.locating import RecordSet, find_records
from beam_pipelines.report.placing import WriteReport
from beam_pipelines.running import choose_runner, run_pipeline
from beam_pipelines.stores.options import use_options
from beam_pipelines.stores.presence import exists
from data_contract.manifest import MANIFEST_NAME, REPORT_NAME
from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from presentation.terminal import say

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
    use_options(beam_flags)
    records = find_records(values.records)
    output = _page_path(values.output, values.overwrite, records)
    _refuse_unwritable(FileSystems.split(output)[0])
    run_pipeline(
        WriteReport(records, output), choose_runner(beam_flags, records.images), progress_screen, purpose="report"
    )
    if not exists(output):
        raise DatasetError(
            f"'{output}' was written where the workers of the runner are, which is not this machine: "
            "give an --output that both reach"
        )
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
        return _place_in(records.folder)
    path = given if is_remote(given) else os.path.abspath(given)
    if re.search(r"[*?\[\]]", path):  # Beam renames and deletes what matches a path
        raise UsageError(f"--output '{path}' has a wildcard in it (one of * ? [ ]): give a path without")
    if given.endswith("/") or (not is_remote(path) and os.path.isdir(path)):
        raise UsageError(f"--output '{given}' is a folder: give a file, such as '{given.rstrip('/')}/report.html'")
    if path in {file.path for file in records.files}:
        raise UsageError(f"--output '{given}' is one of the record files: give another place")
    if exists(FileSystems.join(FileSystems.split(path)[0], MANIFEST_NAME)):
        raise UsageError(
            f"--output '{given}' lies in the folder of a dataset, which is for its own files: give another"
        )
    if not path.lower().endswith((".html", ".htm")):
        raise UsageError(f"--output '{given}' is a page: give it a name that ends with .html")
    if exists(path) and not overwrite:
        raise UsageError(f"--output: '{given}' exists: give another place, or replace it with --overwrite")
    return path


def _refuse_unwritable(folder: str) -> None:
    """Makes a folder if need be, and refuses one that cannot be written to, before records are read.

    Raises:
        UsageError: naming it.
    """
    make_folder(folder)
    if not is_remote(folder) and not os.access(folder, os.W_OK):
        raise UsageError(f"cannot write to '{folder}': give another --output")


def _place_in(folder: str) -> str:
    """Returns where the page of a dataset is.

    Raises:
        UsageError: if that leads out of the dataset.
    """
    path = str(FileSystems.join(folder, REPORT_NAME))
    for link in (os.path.dirname(path), path):
        if not is_remote(link) and os.path.islink(link):
            raise UsageError(f"'{link}' is a link to another place: give --output, or remove it")
    return path
