"""Runs `shardbox build`: checks what can be checked at once, chooses how to run, runs, and tells what came out."""

import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from rich.console import Console

from beam_pipelines.examination import Examiner
from beam_pipelines.failures import UsageError
from beam_pipelines.listing import FileSet, is_remote
from beam_pipelines.options import BuildOptions
from beam_pipelines.output_folder import Predecessor, inspect_output, make_folder, temp_folder, write_text
from beam_pipelines.pipeline import BuildDataset
from beam_pipelines.planning import Wishes
from beam_pipelines.reading import read_file
from beam_pipelines.running import choose_runner, cleaned_up, is_local, run_pipeline
from beam_pipelines.summary import print_summary
from beam_pipelines.terminal import watch
from data_contract.label_map import LabelMap, LabelMapError, read_label_map
from data_contract.manifest import MANIFEST_NAME, RUN_NAME, Manifest

_REMOTE_BUCKETS = 4096


@dataclass(frozen=True)
class Run:
    """One run of the job, as run.json tells it: all that may differ between two equal datasets."""

    started: str
    seconds: float
    peak_memory_bytes: int
    """Of the largest process on this machine."""
    runner: tuple[str, ...]
    """Flags given to Beam."""
    annotations: str
    """The folder below which the names of annotations in the dataset lie."""
    images: str
    """The folder below which the names of images in the dataset lie."""
    shardbox: str
    apache_beam: str
    python: str


def build(options: BuildOptions, screen: Console, progress_screen: Console) -> None:
    """Builds a dataset and prints the table of what is in it.

    Args:
        options: what was asked for.
        screen: for the table.
        progress_screen: for how far the work is.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    annotations = FileSet.of("annotations", options.annotations, options.output)
    images = FileSet.of("images", options.images, options.output)
    label_map = _read_label_map(options.label_map)
    annotations.check()
    images.check()
    predecessor = Predecessor() if options.dry_run else inspect_output(options.output, options.overwrite)
    count = _count_local(images if options.unannotated == "negative" else annotations)
    runner = choose_runner(options.beam, count)
    workshop = tempfile.mkdtemp(prefix="shardbox-")
    try:
        preview = _preview_file(workshop, runner) if options.dry_run else None
        job = replace(
            _describe_job(options, annotations, images, label_map, predecessor),
            buckets=_REMOTE_BUCKETS if count is None else max(16, min(_REMOTE_BUCKETS, count // 32)),
            preview=preview,
            progress=workshop if is_local(runner) else None,
        )
        manifest = _run(job, runner, count, progress_screen)
        run = _describe_run(started, time.monotonic() - clock, runner, annotations, images)
        if preview is None:
            write_text(FileSystems.join(options.output, RUN_NAME), json.dumps(asdict(run), indent=1) + "\n")
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    print_summary(manifest, options, run.seconds, run.peak_memory_bytes, screen)


def _describe_job(
    options: BuildOptions,
    annotations: FileSet,
    images: FileSet,
    label_map: LabelMap | None,
    predecessor: Predecessor,
) -> BuildDataset:
    # Beam's sink compares the paths that it renames with those of a listing, which are absolute.
    output = options.output if is_remote(options.output) else os.path.abspath(options.output)
    return BuildDataset(
        examiner=Examiner(annotations, images, options.probe == "decode", options.group_by, _known(label_map, options)),
        wishes=_wishes(options, label_map),
        unannotated=options.unannotated,
        duplicates=options.duplicates,
        output=output,
        temp=temp_folder(output, uuid.uuid4().hex),
        predecessor=predecessor,
        options=options.that_shape_data(),
        buckets=_REMOTE_BUCKETS,
    )


def _run(job: BuildDataset, runner: Sequence[str], count: int | None, screen: Console) -> Manifest:
    if job.preview is not None:
        return _run_and_read(job, runner, count, screen, job.preview)
    is_new = make_folder(job.output)
    with cleaned_up(job.temp, job.output if is_new else None):
        make_folder(job.temp)
        return _run_and_read(job, runner, count, screen, FileSystems.join(job.output, MANIFEST_NAME))


def _run_and_read(job: BuildDataset, runner: Sequence[str], count: int | None, screen: Console, path: str) -> Manifest:
    if job.progress is None or not count:
        run_pipeline(job, runner)
    else:
        with watch(job.progress, count, screen):
            run_pipeline(job, runner)
    return Manifest.from_json(read_file(path).decode())


def _count_local(files: FileSet) -> int | None:
    """Returns the number of files; None if they are not on this machine's disks."""
    return None if is_remote(files.base) else sum(1 for _ in files.names())


def _read_label_map(path: str | None) -> LabelMap | None:
    if path is None:
        return None
    try:
        return read_label_map(read_file(path))
    except OSError as error:
        raise UsageError(f"--label_map '{path}' cannot be read: {error.strerror or error}") from None
    except LabelMapError as error:
        raise UsageError(f"--label_map '{path}': {error}") from None


def _known(label_map: LabelMap | None, options: BuildOptions) -> frozenset[str] | None:
    """Returns the classes whose boxes stay; None for all."""
    return frozenset(label_map.ids) if label_map is not None and options.unknown_classes == "drop" else None


def _wishes(options: BuildOptions, label_map: LabelMap | None) -> Wishes:
    return Wishes(
        fractions=options.splits,
        seed=options.seed,
        label_map=label_map,
        unknown_classes=options.unknown_classes,
        num_shards=options.num_shards,
        shard_size=options.shard_size,
        max_rejects=options.max_rejects,
        group_by=options.group_by,
    )


def _preview_file(workshop: str, runner: Sequence[str]) -> str:
    """Returns a place for what a dry run finds: on this machine, or where remote workers reach it too."""
    if is_local(runner):
        return os.path.join(workshop, MANIFEST_NAME)
    temp = PipelineOptions(list(runner)).view_as(GoogleCloudOptions).temp_location
    if not temp:
        raise UsageError("--dry_run on a remote runner needs --temp_location, where its result can be left")
    return str(FileSystems.join(temp, f"shardbox-dry-run-{uuid.uuid4().hex}.json"))


def _describe_run(
    started: datetime, seconds: float, runner: Sequence[str], annotations: FileSet, images: FileSet
) -> Run:
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Run(
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
        peak_memory_bytes=peak * (1 if sys.platform == "darwin" else 1024),
        runner=tuple(runner),
        annotations=annotations.base,
        images=images.base,
        shardbox=version("shardbox"),
        apache_beam=version("apache-beam"),
        python=platform.python_version(),
    )
