"""Compares two datasets: their manifests, and the records of those shards that are not equal in both."""

import heapq
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from operator import itemgetter
from typing import IO, Any

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.comparison.manifests import compare_manifests, files_to_read
from beam_pipelines.comparison.pipeline import CompareRecords
from beam_pipelines.comparison.tally import Tally
from beam_pipelines.listing import is_remote
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.locating import RecordFile, RecordSet
from beam_pipelines.running import choose_runner, run_pipeline
from beam_pipelines.shared_folder import shared_folder
from data_contract.manifest import Manifest

_REMOTE_BUCKETS = 4096
_NEED = "shardbox diff on a remote runner needs --temp_location, where its result can be left"


def compare(
    before: RecordSet, after: RecordSet, beam_flags: Sequence[str] = (), list_file: IO[bytes] | None = None
) -> dict[str, Any]:
    """Compares two datasets. Returns what differs as plain JSON values.

    Args:
        before: the one, with its manifest.
        after: the other, with its manifest.
        beam_flags: as the command got them.
        list_file: gets a line of JSON for each image that differs, by name.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    assert before.manifest is not None
    assert after.manifest is not None
    *files, equal = files_to_read(before, after)
    found = compare_manifests(before.manifest, after.manifest)
    tally = Tally().as_json()
    if any(files):
        features = _features_of(before.manifest) & _features_of(after.manifest)
        tally = _compare_records(files[0], files[1], features, beam_flags, list_file)
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
) -> dict[str, Any]:
    remote = any(is_remote(file.path) for file in (*before, *after))
    images = None if remote else sum(file.expected.examples for file in (*before, *after) if file.expected)
    runner = choose_runner(beam_flags, images)
    with shared_folder(runner, _NEED) as folder:
        output = str(FileSystems.join(folder, "result.json"))
        buckets = _REMOTE_BUCKETS if images is None else max(16, min(_REMOTE_BUCKETS, images // 32))
        parts = "" if list_file is None else folder
        run_pipeline(CompareRecords(tuple(before), tuple(after), features, buckets, output, parts), runner)
        result = json.loads(read_file(output))
        if list_file is not None:
            for line in merged(result["parts"]):
                list_file.write(line)
    tally: dict[str, Any] = result["tally"]
    return tally


def merged(parts: Sequence[str]) -> Iterator[bytes]:
    """Yields the lines of the list from its parts, sorted by name; each part is sorted."""
    with ExitStack() as stack:
        files = [
            stack.enter_context(FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))
            for path in parts
        ]
        lines = [map(json.loads, iter(file.readline, b"")) for file in files]
        for _, tree in heapq.merge(*lines, key=itemgetter(0)):
            yield (json.dumps(tree, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
