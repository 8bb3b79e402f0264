"""Puts the finished shards in place, and the label map and the manifest beside them."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsIter, AsSingleton, PCollection

from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.output_folder import (
    Predecessor,
    clear_for,
    drop_temps,
    place_all,
    place_text,
    place_waiting,
    waiting,
    write_text,
)
from beam_pipelines.planning import Plan
from beam_pipelines.report.making import make_page
from beam_pipelines.report.sketch import Sketch
from beam_pipelines.sharding import REJECTS, ShardId, all_shards
from beam_pipelines.stores.presence import exists, present, sizes_below
from beam_pipelines.writing import Written
from data_contract.features import EXTRA_FEATURES, FEATURES
from data_contract.label_map import LabelMap
from data_contract.manifest import (
    MANIFEST_NAME,
    REPORT_NAME,
    LabelMapFile,
    Manifest,
    RejectFile,
    Rejects,
    Shard,
    Split,
)

LABEL_MAP_NAME = "label_map.pbtxt"

_log = logging.getLogger(__name__)


def describe_dataset(
    plan: Plan, written: Iterable[Written], label_map: str, options: dict[str, Any], extras: tuple[str, ...] = ()
) -> Manifest:
    """Returns the manifest.

    Args:
        plan: of the dataset.
        written: every shard and file of rejects.
        label_map: text of the label map file.
        options: those that shaped the data.
        extras: as in `ExampleCoder`.
    """
    shards = {one.shard: one for one in written}
    families: dict[str, list[Written]] = {name: [] for name in (*plan.shards, REJECTS)}
    for shard in all_shards(plan):
        families[shard.family].append(shards[shard.text])
    rejects = families.pop(REJECTS)
    repairs: Counter[str] = Counter()
    for one in shards.values():
        repairs.update(one.repairs)
    return Manifest(
        label_map=LabelMapFile(LABEL_MAP_NAME, hashlib.sha256(label_map.encode()).hexdigest()),
        classes=plan.labels,
        splits={name: _describe_split(files) for name, files in families.items()},
        options=options,
        rejects=Rejects(
            tuple(RejectFile(_name(one), one.examples, one.bytes, one.crc32c) for one in rejects), plan.rejects
        ),
        repairs=dict(sorted(repairs.items())),
        seen=plan.seen,
        remarks=plan.remarks,
        features=(*FEATURES, *(feature for name in extras for feature in EXTRA_FEATURES[name])),
    )


def _describe_split(files: list[Written]) -> Split:
    boxes: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for one in files:
        boxes.update(one.boxes)
        labels.update(one.labels)
    return Split(
        images=sum(one.examples for one in files),
        negatives=sum(one.negatives for one in files),
        boxes=dict(sorted(boxes.items())),
        labels=dict(sorted(labels.items())),
        bytes=sum(one.bytes for one in files),
        shards=tuple(Shard(_name(one), one.examples, one.bytes, one.crc32c) for one in files),
    )


def _name(one: Written) -> str:
    return ShardId.from_text(one.shard).name


def _finish(
    _: None, transform: "FinishDataset", plan: Plan, written: Iterable[Written], sketch: Sketch
) -> Iterator[str]:
    shards = {one.shard: one for one in written}
    missing = [shard.name for shard in all_shards(plan) if shard.text not in shards]
    if missing:
        raise RuntimeError(f"shards were not written: {missing}")
    label_map = (transform.label_map or LabelMap.from_ids(plan.labels)).to_pbtxt()
    manifest = describe_dataset(plan, shards.values(), label_map, transform.options, transform.extras)
    output, temp = transform.output, transform.temp
    text = manifest.to_json()
    if transform.preview is not None:
        write_text(transform.preview, text)
        yield transform.preview
        return
    if not _is_done(output, temp, text, shards.values()):
        page = transform.report and _write_page(output, temp, manifest, sketch, shards.values())
        clear_for(output, temp, transform.predecessor, manifest.files(), [one.path for one in shards.values()])
        place_all(output, temp, {one.path: _name(one) for one in shards.values()})
        place_text(output, LABEL_MAP_NAME, label_map, temp)
        if page:
            place_waiting(output, REPORT_NAME, temp)
        if is_remote(output):
            _check_copies(output, shards.values())
        place_text(output, MANIFEST_NAME, text, temp)
    drop_temps(output, temp, transform.predecessor)
    yield FileSystems.join(output, MANIFEST_NAME)


def _check_copies(output: str, written: Iterable[Written]) -> None:
    """Makes sure before the manifest comes that a store, where a rename is a copy, has the whole of every file.

    Raises:
        DatasetError: naming the first that it has not.
    """
    sizes = sizes_below(output)
    for one in written:
        found = sizes.get(_name(one))
        if found != one.bytes:
            what = "is missing" if found is None else f"has {found:,} bytes"
            raise DatasetError(
                f"'{FileSystems.join(output, _name(one))}' {what} after the copy, and should have {one.bytes:,} bytes: "
                "run the same command again with --overwrite"
            )


def _write_page(output: str, temp: str, manifest: Manifest, sketch: Sketch, written: Iterable[Written]) -> bool:
    """Writes the report to the temporary folder, from the shards there. Returns whether that could be done.

    A dataset is worth more than the page about it, which can be made later.
    """
    temps = {_name(one): one.path for one in written}
    there = present(temp, temps.values())

    def path_of(name: str) -> str:
        return temps[name] if temps[name] in there else str(FileSystems.join(output, name))  # in a second attempt

    try:
        write_text(waiting(REPORT_NAME, temp), make_page(manifest, manifest.classes, sketch, path_of))
    except Exception:
        _log.exception("the report could not be made")
        return False
    return True


def _is_done(output: str, temp: str, manifest: str, written: Iterable[Written]) -> bool:
    """Whether an earlier attempt at this very step had got to its end."""
    path = FileSystems.join(output, MANIFEST_NAME)
    if not exists(path) or present(temp, (one.path for one in written)):
        return False
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return bool(file.read() == manifest.encode())


@dataclass
class FinishDataset(beam.PTransform):
    """Renames the shards and writes what describes them, the manifest last. Returns the manifest's path.

    Attributes:
        output: the dataset's folder.
        temp: the temporary folder in it, in which the shards lie.
        extras: as in `ExampleCoder`.
        predecessor: what lies in the folder and is to be replaced.
        label_map: the given one; None if the plan made it.
        options: those that shaped the data, for the manifest.
        report: whether the page that a person looks at is wanted.
        preview: None to put the dataset in place; else a file for its manifest, and nothing else is written.
    """

    output: str
    temp: str
    extras: tuple[str, ...]
    predecessor: Predecessor
    label_map: LabelMap | None
    options: dict[str, Any]
    report: bool = False
    preview: str | None = None

    def expand(self, inputs: tuple[PCollection, PCollection, PCollection]) -> PCollection:
        """One element on one worker; every step of it may be repeated."""
        written, plan, sketch = inputs
        once = plan.pipeline | "Once all is written" >> beam.Create([None], reshuffle=False)
        sides = AsSingleton(plan), AsIter(written), AsSingleton(sketch)
        finish = beam.FlatMap(_finish, replace(self), *sides).with_output_types(str)
        return once | "Put in place" >> finish
