"""Compares two datasets: their manifests, and the records of those shards that are not equal in both."""

import json
from collections.abc import Sequence
from math import ceil
from typing import IO, Any

from apache_beam.io.filesystems import FileSystems
from rich.console import Console

from beam_pipelines.comparison.list_parts import ListParts, merge_parts
from beam_pipelines.comparison.manifests import compare_manifests, files_to_read
from beam_pipelines.comparison.pipeline import CompareRecords
from beam_pipelines.comparison.shards import check_sizes
from beam_pipelines.comparison.tally import Tally
from beam_pipelines.file_names import is_remote
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.locating import RecordFile, RecordSet
from beam_pipelines.running import choose_runner, run_pipeline
from beam_pipelines.shared_folder import shared_folder
from data_contract.manifest import Manifest

_REMOTE_BUCKETS = 4096
_PART = 50_000
"""Images for each part of the list, which is sorted in memory."""
_NEED = "shardbox diff on a remote runner needs --temp_location, where its result can be left"


def compare(
    before: RecordSet,
    after: RecordSet,
    beam_flags: Sequence[str] = (),
    list_file: IO[bytes] | None = None,
    progress_screen: Console | None = None,
) -> dict[str, Any]:
    """Compares two datasets. Returns what differs as plain JSON values.

    Shards whose checksums are equal in both manifests are trusted to be equal if their sizes are right.

    Args:
        before: the one, with its manifest.
        after: the other, with its manifest.
        beam_flags: as the command got them.
        list_file: gets a line of JSON for each image that differs, by name.
        progress_screen: for what a person is told of a job that runs elsewhere; None for nothing.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    assert before.manifest is not None
    assert after.manifest is not None
    *files, equal = files_to_read(before, after)
    for records, of in zip((before, after), files, strict=True):
        read = set(of)
        check_sizes(records.folder, [file for file in records.files if file not in read])
    found = compare_manifests(before.manifest, after.manifest)
    tally = Tally().as_json()
    if any(files):
        features = _features_of(before.manifest) & _features_of(after.manifest)
        tally = _compare_records(files[0], files[1], features, beam_flags, list_file, screen=progress_screen)
    shards = {"equal": equal, "before": len(files[0]), "after": len(files[1])}
    return {"differ": _differ(found, tally, shards), **found, **tally, "shards": shards}


def _differ(found: dict[str, Any], tally: dict[str, Any], shards: dict[str, int]) -> bool:
    return (
        any(found[part] for part in ("classes", "options", "features", "rejects"))
        or any(split["before"] != split["after"] for split in found["splits"].values())
        or any(tally["images"].values())
        or shards["before"] + shards["after"] > 0
    )


def _features_of(manifest: Manifest) -> frozenset[str]:
    return frozenset(feature.key for feature in manifest.features)


def _compare_records(
    before: Sequence[RecordFile],
    after: Sequence[RecordFile],
    features: frozenset[str],
    beam_flags: Sequence[str],
    list_file: IO[bytes] | None,
    *,
    screen: Console | None,
) -> dict[str, Any]:
    remote = any(is_remote(file.path) for file in (*before, *after))
    images = sum(file.expected.examples for file in (*before, *after) if file.expected)
    runner = choose_runner(beam_flags, None if remote else images)
    buckets = _REMOTE_BUCKETS if remote else max(16, min(_REMOTE_BUCKETS, images // 32))
    with shared_folder(runner, _NEED) as folder:
        output = str(FileSystems.join(folder, "result.json"))
        wanted = None if list_file is None else ListParts(folder, max(1, ceil(images / _PART)))
        job = CompareRecords(tuple(before), tuple(after), features, buckets, output, wanted)
        run_pipeline(job, runner, screen, purpose="diff")
        result = json.loads(read_file(output))
        if list_file is not None:
            for line in merge_parts(result["parts"], folder):
                list_file.write(line)
    tally: dict[str, Any] = result["tally"]
    return tally
