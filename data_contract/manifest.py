"""The manifest: what is in a dataset, and which files a reader opens.

It is written last: a folder without it is no dataset. `docs/data_contract.md` describes every field.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from data_contract.features import FEATURES, Dtype, Feature, Shape
from data_contract.label_map import LabelMap, LabelMapError
from data_contract.manifest_fields import Field, ManifestError, check_file_name

__all__ = [
    "FORMAT_VERSION",
    "MANIFEST_NAME",
    "REPORT_NAME",
    "RUN_NAME",
    "LabelMapFile",
    "Manifest",
    "ManifestError",
    "RejectFile",
    "Rejects",
    "Shard",
    "Split",
    "read_manifest",
]

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
RUN_NAME = "run.json"
REPORT_NAME = "report/index.html"

OpenFile = Callable[[str, str], AbstractContextManager[Any]]
"""Called as open_file(path, 'rb'), like `open`."""


@dataclass(frozen=True)
class Shard:
    """One TFRecord file."""

    name: str
    examples: int
    bytes: int
    crc32c: str
    """CRC-32C of the whole file: 8 lower-case hexadecimal digits."""


@dataclass(frozen=True)
class Split:
    """One side of the dataset, such as 'train'."""

    images: int
    negatives: int
    """Images without an object and without a class; part of `images`."""
    boxes: Mapping[str, int]
    """Class name -> number of objects."""
    bytes: int
    """Of all record files."""
    shards: tuple[Shard, ...]
    labels: Mapping[str, int] = field(default_factory=dict)
    """Class name -> number of images that have this class as a whole."""


@dataclass(frozen=True)
class LabelMapFile:
    """The label map's file, and the SHA-256 of its bytes as 64 lower-case hexadecimal digits."""

    file: str
    sha256: str


@dataclass(frozen=True)
class RejectFile:
    """One JSON Lines file of rejects."""

    name: str
    lines: int
    bytes: int
    crc32c: str


@dataclass(frozen=True)
class Rejects:
    """What did not make it into the dataset; `counts`: code -> number of lines."""

    files: tuple[RejectFile, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What is in a dataset.

    Args:
        label_map: the file that holds `classes`.
        classes: class name -> id; at least one.
        splits: name -> split; the order is kept.
        options: whatever shaped the data, as plain JSON values.
        rejects: what was left out.
        repairs: code -> how often something was mended.
        seen: what -> how many of it the job was given ('annotations', 'images', ...).
        remarks: sentences for a person.
        features: the table of the examples' features.

    Raises:
        ManifestError: numbers contradict each other, a file's name is not a plain name, or the classes
            are no label map.
    """

    label_map: LabelMapFile
    classes: Mapping[str, int]
    splits: Mapping[str, Split]
    options: Mapping[str, Any] = field(default_factory=dict)
    rejects: Rejects = field(default_factory=Rejects)
    repairs: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    features: tuple[Feature, ...] = FEATURES

    def __post_init__(self) -> None:
        _check_classes(self.classes)
        _check_files(self)
        for name, split in self.splits.items():
            _check_split(split, f"splits.{name}", self.classes)
        _check_sum("rejects.counts", sum(self.rejects.counts.values()), "lines", self.rejects.files)

    def files(self) -> list[str]:
        """Every file that the manifest vouches for: label map, shards in the splits' order, rejects."""
        shards = [shard.name for split in self.splits.values() for shard in split.shards]
        return [self.label_map.file, *shards, *(file.name for file in self.rejects.files)]

    def to_json(self) -> str:
        """The text of manifest.json: the same for equal manifests whose splits have the same order."""
        tree = asdict(self) | {"format_version": FORMAT_VERSION}
        tree["features"] = [{"key": f.key, "dtype": f.dtype, "shape": f.shape} for f in self.features]
        ordered = {name: _sorted(tree[name]) for name in sorted(tree)}
        ordered["splits"] = {name: _sorted(split) for name, split in tree["splits"].items()}
        return json.dumps(ordered, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Reads the text of manifest.json; fields that this version does not know are skipped.

        Raises:
            ManifestError: not JSON, another format version, a field that is missing or of a wrong type
                (named by its path), or what `Manifest` itself refuses.
        """
        try:
            root = Field(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"not JSON ({error}): restore the file or build the dataset again.") from None
        _check_version(root["format_version"].integer())
        return cls(
            label_map=LabelMapFile(root["label_map"]["file"].text(), root["label_map"]["sha256"].digest(64)),
            classes=root["classes"].counts(),
            splits={name: _read_split(split) for name, split in root["splits"].fields()},
            options=root["options"].mapping(),
            rejects=_read_rejects(root["rejects"]),
            repairs=root["repairs"].counts(),
            seen=root["seen"].counts(),
            remarks=tuple(remark.text() for remark in root["remarks"].items()),
            features=tuple(_read_feature(feature) for feature in root["features"].items()),
        )


def read_manifest(folder: str | os.PathLike[str], open_file: OpenFile = open) -> Manifest:
    """Reads the manifest of a dataset.

    Args:
        folder: the dataset; a path or a URL that `open_file` understands.
        open_file: opens a file of the dataset, called as open_file(path, 'rb').

    Raises:
        ManifestError: there is no dataset, it is not finished, or its manifest cannot be used.
    """
    root = os.fspath(folder) or "."
    path = root.rstrip("/") + "/" + MANIFEST_NAME
    try:
        with open_file(path, "rb") as file:
            content: bytes = file.read()
    # Object stores have exceptions of their own, which this package cannot import.
    except Exception as error:
        raise ManifestError(_why_unreadable(root, path, error)) from error
    try:
        return Manifest.from_json(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: not UTF-8 text ({error}): build the dataset again.") from None
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}") from None


def _why_unreadable(folder: str, path: str, error: Exception) -> str:
    """A sentence for a manifest that could not be read; local folders are looked at."""
    unfinished = "no manifest: the dataset is not finished; wait for `shardbox build`, or run it again"
    if "://" in folder:
        return f"{path} could not be read ({error}): no such folder, or {unfinished}."
    if not os.path.exists(folder):
        return f"{folder}: no such folder; give the folder that `shardbox build` wrote to."
    if not os.path.isdir(folder):
        return f"{folder}: a file; give the dataset's folder, not one of its files."
    if not os.path.exists(path):
        return f"{folder}: {unfinished}."
    return f"{path} could not be read ({error}): check its permissions and the disk."


def _check_version(version: int) -> None:
    if version != FORMAT_VERSION:
        newer = version > FORMAT_VERSION
        remedy = "update Shardbox to read this dataset" if newer else "build the dataset again with this Shardbox"
        raise ManifestError(
            f"format_version is {version}, {'newer' if newer else 'older'} than {FORMAT_VERSION}: {remedy}."
        )


def _read_feature(feature: Field) -> Feature:
    return Feature(
        key=feature["key"].text(),
        dtype=cast(Dtype, feature["dtype"].one_of("bytes", "int64", "float")),
        shape=cast(Shape, feature["shape"].one_of("scalar", "list")),
    )


def _read_split(split: Field) -> Split:
    return Split(
        images=split["images"].count(),
        negatives=split["negatives"].count(),
        boxes=split["boxes"].counts(),
        labels=split["labels"].counts(),
        bytes=split["bytes"].count(),
        shards=tuple(
            Shard(
                name=shard["name"].text(),
                examples=shard["examples"].count(),
                bytes=shard["bytes"].count(),
                crc32c=shard["crc32c"].digest(8),
            )
            for shard in split["shards"].items()
        ),
    )


def _read_rejects(rejects: Field) -> Rejects:
    return Rejects(
        files=tuple(
            RejectFile(
                name=file["name"].text(),
                lines=file["lines"].count(),
                bytes=file["bytes"].count(),
                crc32c=file["crc32c"].digest(8),
            )
            for file in rejects["files"].items()
        ),
        counts=rejects["counts"].counts(),
    )


def _check_classes(classes: Mapping[str, int]) -> None:
    """Raises ManifestError if no label map holds these classes."""
    try:
        LabelMap.from_ids(classes)
    except LabelMapError as error:
        raise ManifestError(f"classes: {error}") from None


def _check_files(manifest: Manifest) -> None:
    """Raises ManifestError for a name that is not plain, or that stands twice."""
    places = {"label_map.file": manifest.label_map.file}
    for split_name, split in manifest.splits.items():
        for index, shard in enumerate(split.shards):
            places[f"splits.{split_name}.shards[{index}].name"] = shard.name
    for index, file in enumerate(manifest.rejects.files):
        places[f"rejects.files[{index}].name"] = file.name
    first = {MANIFEST_NAME: "the manifest itself", RUN_NAME: "the run's record"}
    for place, name in places.items():
        check_file_name(name, place)
        if name in first:
            raise ManifestError(f"{place} is {name!r}, and so is {first[name]}: each file is named once.")
        first[name] = place


def _check_split(split: Split, path: str, classes: Mapping[str, int]) -> None:
    """Raises ManifestError if the numbers of a split contradict each other or the classes."""
    _check_sum(f"{path}.images", split.images, "examples", split.shards)
    _check_sum(f"{path}.bytes", split.bytes, "bytes", split.shards)
    if split.negatives > split.images:
        raise ManifestError(f"{path}.negatives is {split.negatives} of {split.images} images: build the dataset again.")
    for what, counts in (("boxes", split.boxes), ("labels", split.labels)):
        for name in counts:
            if name not in classes:
                message = f"{path}.{what} counts {name!r}, which is not in classes: build the dataset again."
                raise ManifestError(message)


def _check_sum(path: str, total: int, what: str, files: tuple[Shard, ...] | tuple[RejectFile, ...]) -> None:
    summed = sum(getattr(file, what) for file in files)
    if total != summed:
        raise ManifestError(f"{path} is {total}, but the files hold {summed} {what}: build the dataset again.")


def _sorted(value: Any) -> Any:
    """The same JSON with the fields of every object in the order of their names."""
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
