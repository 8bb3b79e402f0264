"""One plain TFRecord file instead of a dataset's folder, as the classic scripts leave it.

A dataset of one shard is built beside the target; only its records stay, and its rejects if there are any.
"""

import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.building import build, peak_memory
from beam_pipelines.command_line.options import BuildOptions
from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from beam_pipelines.output_folder import make_folder, remove_folder, remove_if_empty, temp_folder
from beam_pipelines.rows.reading import read_layout
from beam_pipelines.stores.options import use_options
from beam_pipelines.stores.presence import exists
from beam_pipelines.stores.reaching import reach
from beam_pipelines.summary import print_summary
from beam_pipelines.whole_files import refuse_inputs
from data_contract.manifest import Manifest
from presentation.refusals import UsageError

_SPLIT = "all"
_BLOCK = 2**20


def build_file(
    options: BuildOptions,
    output: str,
    overwrite: bool,
    screen: Console | None,
    progress_screen: Console | None,
    *,
    image_base: str | None = None,
    image_count: int | None = None,
) -> Manifest:
    """Builds one TFRecord file with all images, and `<output>.rejects.jsonl` if anything was rejected.

    Args:
        options: what was asked for; its splits, shards and place do not count.
        output: path or URL of the file.
        overwrite: whether files that are there are replaced.
        screen: for the table; None for nothing.
        progress_screen: for how far the work is; None for nothing.
        image_base: as `building.build` takes it.
        image_count: likewise.

    Returns:
        What is in the file, as the one split 'all'.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    use_options(options.beam)
    plain = replace(
        options,
        splits={_SPLIT: 1.0},
        split_lists=None,
        split_by_folder=False,
        num_shards=1,
        overwrite=False,
        no_report=True,
    )
    _refuse_splits(options)
    if options.dry_run:
        return build(replace(plain, output=""), screen, progress_screen, image_base, image_count)
    target = _checked(output, overwrite, FileSet.of("rows", options.rows))
    start = time.monotonic()
    with _workplace(target) as temp:
        manifest = build(replace(plain, output=temp), None, progress_screen, image_base, image_count)
        rejects = _place_rejects(manifest, temp, target)
        (shard,) = manifest.splits[_SPLIT].shards
        FileSystems.rename([FileSystems.join(temp, shard.name)], [target])
    if screen is not None:
        paths = [output] if rejects is None else [rejects_path(output), output]
        print_summary(manifest, paths, time.monotonic() - start, peak_memory(), screen)
    return manifest


def _refuse_splits(options: BuildOptions) -> None:
    """Refuses rows that are of several splits.

    Raises:
        UsageError: naming the file and its column.
    """
    files = FileSet.of("rows", options.rows)
    for name in sorted(name for name, _ in files.names()):
        layout = read_layout(files.path(name), options.row_options)
        if layout.has("split"):
            raise UsageError(
                f"--rows '{name}' gives images to splits in its column '{layout.name_of('split')}', but all images go "
                f"into one file: take `shardbox build`, or rename the column, which is ignored then"
            )


def rejects_path(output: str) -> str:
    """Returns where the rejects of a plain file go."""
    return f"{output}.rejects.jsonl"


def _checked(output: str, overwrite: bool, rows: FileSet) -> str:
    """Returns the absolute path of a file that may be written.

    Raises:
        UsageError: if it may not, because it is read, or something is there that stays.
    """
    target = output if is_remote(output) else os.path.abspath(output)
    if re.search(r"[*?\[\]]", target):  # Beam renames and deletes what matches a path, here and in other folders
        raise UsageError(f"--output '{target}' has a wildcard in it (one of * ? [ ]): give a path without")
    if output.endswith("/") or (not is_remote(target) and os.path.isdir(target)):
        raise UsageError(f"--output '{output}' is a folder: give a file")
    reach(output, "--output")
    refuse_inputs((output, rejects_path(output)), [rows])
    for path in (output, rejects_path(output)):
        if exists(path) and not overwrite:
            raise UsageError(f"--output: '{path}' exists: give another place, or replace it with --overwrite")
    return target


@contextmanager
def _workplace(target: str) -> Iterator[str]:
    """A temporary folder beside the target, so that a rename moves no bytes; it goes whatever happens."""
    parent = FileSystems.split(target)[0]
    new = [] if is_remote(parent) else _missing(parent)
    if new:
        make_folder(parent)
    temp = temp_folder(parent, uuid.uuid4().hex)
    try:
        yield temp
    finally:
        remove_folder(temp)
        for folder in new:
            remove_if_empty(folder)


def _missing(folder: str) -> list[str]:
    """Returns the folder and those above it that do not exist, the deepest first."""
    found = []
    while not os.path.exists(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def _place_rejects(manifest: Manifest, temp: str, target: str) -> str | None:
    """Puts all rejects into one file. Returns its path; None if there are none, and then no file is left."""
    rejects = rejects_path(target)
    if not manifest.rejects.counts:
        if exists(rejects):
            FileSystems.delete([rejects])
        return None
    joined = FileSystems.join(temp, "rejects.jsonl")
    with FileSystems.create(joined, compression_type=CompressionTypes.UNCOMPRESSED) as whole:
        for part in manifest.rejects.files:
            path = FileSystems.join(temp, part.name)
            with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                while block := file.read(_BLOCK):
                    whole.write(block)
    FileSystems.rename([joined], [rejects])
    return rejects
