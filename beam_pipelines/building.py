"""Runs `shardbox build`: checks what can be checked at once, chooses how to run, runs, and tells what came out."""

import json
import os
import platform
import resource
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.command_line.options import BuildOptions
from beam_pipelines.examination import Examiner
from beam_pipelines.file_names import is_remote
from beam_pipelines.inputs import Inputs, find_inputs
from beam_pipelines.listing import FileSet
from beam_pipelines.matching import MatchImages
from beam_pipelines.output_folder import Predecessor, inspect_output, make_folder, temp_folder, write_text
from beam_pipelines.pipeline import BuildDataset
from beam_pipelines.planning import Wishes
from beam_pipelines.reading import read_file
from beam_pipelines.rows.matching import MatchRows
from beam_pipelines.running import choose_runner, cleaned_up, is_local, run_pipeline
from beam_pipelines.shared_folder import shared_folder
from beam_pipelines.stores.options import without_secrets
from beam_pipelines.stores.presence import exists
from beam_pipelines.summary import print_summary
from beam_pipelines.terminal import watch
from data_contract.manifest import MANIFEST_NAME, REPORT_NAME, RUN_NAME, Manifest

_NEED = "--dry_run on a remote runner needs --temp_location, where its result can be left"
_REMOTE_BUCKETS = 4096
_BYTES_PER_BUCKET = 2**19
"""Of tables: some ten thousand rows."""


@dataclass(frozen=True)
class Run:
    """One run of the job, as run.json tells it: all that may differ between two equal datasets."""

    started: str
    seconds: float
    peak_memory_bytes: int
    """Of the largest process on this machine."""
    runner: tuple[str, ...]
    """Flags given to Beam, without what is secret of them."""
    annotations: str
    """The folder below which the names of annotations in the dataset lie."""
    images: str
    """The folder below which the names of images in the dataset lie."""
    shardbox: str
    apache_beam: str
    python: str


def build(
    options: BuildOptions,
    screen: Console | None = None,
    progress_screen: Console | None = None,
    image_base: str | None = None,
    image_count: int | None = None,
) -> Manifest:
    """Builds a dataset and prints the table of what is in it. Returns its manifest.

    Args:
        options: what was asked for.
        screen: for the table; None to print none.
        progress_screen: for how far the work is; None to show nothing.
        image_base: as in `find_inputs`.
        image_count: how many images rows name, if they are not listed.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    inputs = find_inputs(options, image_base)
    predecessor = Predecessor() if options.dry_run else inspect_output(options.output, options.overwrite)
    count = _count_local(inputs, options) if image_base is None else image_count
    runner = choose_runner(options.beam, count)
    with shared_folder(runner, _NEED) if options.dry_run or is_local(runner) else nullcontext("") as workshop:
        preview = FileSystems.join(workshop, MANIFEST_NAME) if options.dry_run else None
        job = replace(
            describe_job(options, inputs, predecessor, count),
            preview=preview,
            progress=workshop if is_local(runner) else None,
        )
        manifest = _run(job, runner, count, progress_screen)
        run = _describe_run(started, time.monotonic() - clock, runner, inputs)
        if preview is None:
            write_text(FileSystems.join(options.output, RUN_NAME), json.dumps(asdict(run), indent=1) + "\n")
    if screen is not None:
        paths = [] if options.dry_run else _written_paths(options)
        print_summary(manifest, paths, run.seconds, run.peak_memory_bytes, screen)
    return manifest


def _written_paths(options: BuildOptions) -> list[str]:
    """Returns where a person goes on."""
    manifest, report = (os.path.join(options.output, name) for name in (MANIFEST_NAME, REPORT_NAME))
    if options.no_report:
        return [manifest]
    if exists(report):
        return [manifest, report]
    return [manifest, f"The report could not be made: `shardbox report {options.output}` tells why."]


def describe_job(options: BuildOptions, inputs: Inputs, predecessor: Predecessor, count: int | None) -> BuildDataset:
    """Returns the job that builds a dataset.

    Args:
        options: what was asked for.
        inputs: what of it was found.
        predecessor: what lies in the output folder.
        count: about how many pictures there are; None if they are not on this machine's disks.
    """
    # A worker may run in another folder.
    output = options.output if is_remote(options.output) else os.path.abspath(options.output)
    buckets = _REMOTE_BUCKETS if count is None else max(16, min(_REMOTE_BUCKETS, count // 32))
    label_map = inputs.label_map
    given = inputs.split_source != "fractions"
    return BuildDataset(
        match=_matching(options, inputs, buckets),
        examiner=Examiner(
            inputs.annotations,
            inputs.images,
            decode=options.probe == "decode",
            group_by=options.group_by,
            classes=frozenset(label_map.ids) if label_map is not None and options.unknown_classes == "drop" else None,
            normalized=options.row_options.normalized,
            given_splits=given,
            masks=inputs.masks,
        ),
        wishes=_wishes(options, inputs),
        grouped=options.group_by is not None or inputs.grouped_by_rows,
        extras=inputs.extras,
        duplicates=options.duplicates,
        output=output,
        temp=temp_folder(output, uuid.uuid4().hex),
        predecessor=predecessor,
        options=options.that_shape_data()
        | {"split_source": inputs.split_source, "splits": {} if given else options.fractions},
        buckets=buckets,
        report=not options.no_report,
    )


def _matching(options: BuildOptions, inputs: Inputs, buckets: int) -> MatchImages | MatchRows:
    by_folder = inputs.split_source == "folders"
    if inputs.tables is None:
        return MatchImages(
            inputs.annotations, inputs.images, buckets, options.unannotated, lists=inputs.lists, by_folder=by_folder
        )
    size = _local_size(inputs.annotations)
    return MatchRows(
        inputs.tables,
        inputs.images,
        _REMOTE_BUCKETS if size is None else max(16, min(_REMOTE_BUCKETS, size // _BYTES_PER_BUCKET)),
        options.unannotated,
        lists=inputs.lists,
        by_folder=by_folder,
        listed=inputs.images_listed,
    )


def _run(job: BuildDataset, runner: Sequence[str], count: int | None, screen: Console | None) -> Manifest:
    if job.preview is not None:
        return _run_and_read(job, runner, count, screen, job.preview)
    is_new = make_folder(job.output)
    with cleaned_up(job.temp, job.output if is_new else None):
        make_folder(job.temp)
        return _run_and_read(job, runner, count, screen, FileSystems.join(job.output, MANIFEST_NAME))


def _run_and_read(
    job: BuildDataset, runner: Sequence[str], count: int | None, screen: Console | None, path: str
) -> Manifest:
    if job.progress is None or not count or screen is None:
        run_pipeline(job, runner, screen, purpose="build")
    else:
        with watch(job.progress, count, screen):
            run_pipeline(job, runner)
    return Manifest.from_json(read_file(path).decode())


def _count_local(inputs: Inputs, options: BuildOptions) -> int | None:
    """Returns about how many pictures there will be; None if they are not on this machine's disks."""
    by_image = inputs.tables is not None or options.unannotated == "negative"
    files = inputs.images if by_image else inputs.annotations
    return None if is_remote(files.base) else sum(1 for _ in files.names())


def _local_size(files: FileSet) -> int | None:
    if is_remote(files.base):
        return None
    return sum(os.path.getsize(files.path(name)) for name, _ in files.names())


def _wishes(options: BuildOptions, inputs: Inputs) -> Wishes:
    return Wishes(
        fractions=options.fractions if inputs.split_source == "fractions" else None,
        splits=tuple(split for split, _ in inputs.lists),
        strict_splits=options.strict_splits,
        seed=options.seed,
        label_map=inputs.label_map,
        unknown_classes=options.unknown_classes,
        num_shards=options.num_shards,
        shard_size=options.shard_size,
        max_rejects=options.max_rejects,
        group_by=options.group_by,
    )


def peak_memory() -> int:
    """Returns the most bytes that this process, or one that it started, has held."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak * (1 if sys.platform == "darwin" else 1024)


def _describe_run(started: datetime, seconds: float, runner: Sequence[str], inputs: Inputs) -> Run:
    return Run(
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        peak_memory_bytes=peak_memory(),
        runner=without_secrets(runner),
        annotations=inputs.annotations.base,
        images=inputs.images.base,
        shardbox=version("shardbox"),
        apache_beam=version("apache-beam"),
        python=platform.python_version(),
    )
