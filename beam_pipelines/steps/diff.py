"""`shardbox diff`: what changed between two datasets."""

import argparse
import json
import os
from collections.abc import Sequence

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.command_line.beam_flags import parse_with_beam
from beam_pipelines.comparison.manifests import files_to_read
from beam_pipelines.comparison.printing import show
from beam_pipelines.comparison.running import compare
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.record_files.locating import RecordSet, find_records
from beam_pipelines.stores.options import use_options
from beam_pipelines.whole_files import written_whole
from data_contract.manifest import ManifestError, read_manifest
from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import counted

EXAMPLE = """example:
  shardbox diff dataset-of-may dataset-of-june --list changes.jsonl

Images are the same if their content is, or else their path. Shards whose checksums are equal in both manifests are
taken to be equal, and not read if their sizes are right: `shardbox verify` says whether they are whole.
The exit code is 0 if there is no difference, 1 if there is one, and 2 if the datasets cannot be compared.

Every option of Apache Beam is passed on, such as --runner or --direct_num_workers.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("datasets", nargs="*", metavar="DIR", help="the folders of two datasets, the older one first")
    parser.add_argument("--list", metavar="FILE.jsonl", help="write a line of JSON for each image that differs")
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def run(given: Sequence[str], screen: Console, progress_screen: Console) -> int:
    """Compares two datasets. Returns 0 if there is no difference, else 1.

    Raises:
        UsageError: with a sentence for a person, also for a dataset that is damaged: 1 would say that it differs.
    """
    parser = Parser(prog="shardbox diff")
    add_flags(parser)
    values, beam_flags = parse_with_beam(parser, given)
    if len(values.datasets) != 2:
        raise UsageError(f"give the folders of two datasets: there are {len(values.datasets)}")
    use_options(beam_flags)
    before, after = map(_find_dataset, values.datasets)
    if progress_screen.is_terminal:
        _announce(before, after, progress_screen)
    try:
        if values.list is None:
            result = compare(before, after, beam_flags, progress_screen=progress_screen)
        else:
            _refuse_folders(values.list, (before, after))
            with written_whole([values.list], values.overwrite, flag="--list") as create:
                result = compare(before, after, beam_flags, create(values.list), progress_screen)
    except DatasetError as error:
        raise UsageError(error.sentence) from error
    if values.json:
        screen.print(json.dumps(result, indent=1), markup=False, emoji=False, highlight=False, soft_wrap=True)
        return int(result["differ"])
    show(result, screen)
    if values.list is not None:
        say(screen, f"Listed in {values.list}")
    return int(result["differ"])


def _find_dataset(given: str) -> RecordSet:
    """Finds a dataset by its folder, or by its manifest.json.

    Raises:
        UsageError: if there is none, or it is not finished.
    """
    try:
        records = find_records([given])
    except UsageError:  # of folders without any record file
        records = None
    if records is None or records.manifest is None:
        try:
            read_manifest(given, lambda path, _: FileSystems.open(path))
        except ManifestError as error:
            raise UsageError(str(error)) from None
        raise UsageError(f"'{given}' is no dataset: give the folder that `shardbox build` wrote to")
    return records


def _announce(before: RecordSet, after: RecordSet, screen: Console) -> None:
    """Says how much there is to read, if anything."""
    *files, equal = files_to_read(before, after)
    shards = [file.expected for of in files for file in of if file.expected]
    if shards:
        records = counted(sum(shard.examples for shard in shards), "record")
        say(screen, f"Reading {records} in {counted(len(shards), 'shard')}; {equal:,} equal in both datasets")


def _refuse_folders(path: str, inputs: Sequence[RecordSet]) -> None:
    """Refuses to write into the folder of a dataset.

    Raises:
        UsageError: naming the file.
    """
    target = "" if is_remote(path) else os.path.realpath(path)
    for records in inputs:
        if not is_remote(records.folder) and target.startswith(os.path.realpath(records.folder) + os.sep):
            raise UsageError(f"--list '{path}' is in the folder of a dataset: give another place")
