"""Finds record files: those of a dataset, by its manifest, or those of others, by their names."""

import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from beam_pipelines.output_folder import temp_folder
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.views import short_name
from beam_pipelines.stores.presence import exists
from beam_pipelines.stores.reaching import reach
from data_contract.label_map import LabelMapError, read_label_map
from data_contract.manifest import MANIFEST_NAME, Manifest, ManifestError, Shard, read_manifest
from presentation.refusals import UsageError

_ENDING = r"\.(?:tf_?records?|tfrec|records?)"
_NUMBER = r"[-._]?\d+[-_]of[-_]\d+"
_PACKED = r"\.(?:gz|gzip|zlib|zz)"
_RECORD_NAME = re.compile(f"(?:{_ENDING}|{_NUMBER})(?:{_PACKED})?$", re.IGNORECASE)
_FAMILY_ENDS = re.compile(f"(?:{_ENDING}|{_NUMBER}|{_PACKED})$", re.IGNORECASE)
_SERIAL = re.compile(r"[-._]?(?<!\d)(?:\d\d-\d+|(?!(?:19|20)\d\d$)\d+)$")
"""A number without a total; a year is none, as in train2017. In train00-2071, the second is a number of records."""
_LARGEST_LABEL_MAP = 2**24
"""Bytes. Graphs of models end in .pbtxt as well, and may be huge."""


@dataclass(frozen=True)
class RecordFile:
    """One file of records."""

    path: str
    """Where it lies; absolute, or a URL."""
    name: str
    """What a person is told: of a dataset its name in the folder, else its path below the files' common folder."""
    split: str
    """Of a dataset as the manifest says, else what the files of one series have in common in their names."""
    expected: Shard | None = None
    """What the manifest says of it."""


@dataclass(frozen=True)
class RecordSet:
    """Record files that belong together."""

    folder: str
    """Of the dataset, or the one that holds all files."""
    files: tuple[RecordFile, ...]
    """In the order of the manifest, or of their names."""
    manifest: Manifest | None
    """None for files of others."""
    problem: str
    """Why a folder has no manifest that can be used, as a sentence; '' for single files, which have none."""
    class_names: dict[int, str]
    """Id → name, by the manifest, else by the only label map that lies beside the files; may be empty."""

    @property
    def class_ids(self) -> dict[str, int]:
        """Name, as views have it → id."""
        return {short_name(name): number for number, name in self.class_names.items()}

    @property
    def images(self) -> int | None:
        """Number of records by the manifest; None if nobody has counted them."""
        if self.manifest is None:
            return None
        return sum(split.images for split in self.manifest.splits.values())


def find_records(given: Sequence[str]) -> RecordSet:
    """Finds the record files that a person means.

    Args:
        given: the folder of a dataset (or its manifest.json), or files, glob patterns and folders of record files.

    Raises:
        UsageError: if there are none, or datasets among several places.
    """
    if not all(path.strip() for path in given):
        raise UsageError("one of the places to look at is empty text: was a variable of the shell not set?")
    for path in given:
        if is_remote(path) and not path.startswith("file://"):
            reach(path)
    given = [path.removeprefix("file://") if path.startswith("file:///") else path for path in given]
    only = given[0] if len(given) == 1 else ""
    if only.endswith("/" + MANIFEST_NAME) or only == MANIFEST_NAME:
        only = os.path.dirname(only) or "."
    if not (os.path.isdir(only) or (is_remote(only) and not glob.has_magic(only))):
        _refuse_datasets(given)
        return _of_others(given, "")
    folder = only if is_remote(only) else os.path.abspath(only)
    try:
        return _of_dataset(folder, _manifest_of(folder))
    except ManifestError as error:
        return _of_others([folder], "" if _is_remote_file(folder) else str(error))


def _refuse_datasets(given: Sequence[str]) -> None:
    """Refuses datasets among several places: each has its own manifest, which would not be heeded.

    Raises:
        UsageError: naming the first.
    """
    for path in given:
        if os.path.isdir(path) and os.path.exists(os.path.join(path, MANIFEST_NAME)):
            raise UsageError(f"'{path}' is a dataset, and others are given beside it: give one at a time")


def is_record_name(name: str) -> bool:
    """Returns whether a file would be taken for one of records by its name, as those of many programs are."""
    return bool(_RECORD_NAME.search(name))


def family_of(name: str) -> str:
    """Returns what the files of one series have in common in their names.

    >>> family_of("coco/train.record-00003-of-00100")
    'coco/train'
    """
    while (shorter := _FAMILY_ENDS.sub("", name)) not in (name, ""):
        name = shorter
    return _SERIAL.sub("", name).rstrip("/") or name


def _of_dataset(folder: str, manifest: Manifest) -> RecordSet:
    files = tuple(
        RecordFile(str(FileSystems.join(folder, shard.name)), shard.name, split, shard)
        for split, content in manifest.splits.items()
        for shard in content.shards
    )
    names = {number: name for name, number in manifest.classes.items()}
    return RecordSet(folder, files, manifest, "", names)


def _of_others(given: Sequence[str], problem: str) -> RecordSet:
    # A FileSet takes a remote path without a wildcard for a folder.
    found = FileSet.of("records", [f"{path[:-1]}[{path[-1]}]" if _is_remote_file(path) else path for path in given])
    found.check()
    names = _names_of_records(found)
    if not names:
        raise UsageError(_why_no_records(given[0], problem))
    files = [RecordFile(found.path(name), name, family_of(name)) for name in names]
    home = None if problem else _manifest_beside(files)
    if home is None:
        return RecordSet(found.base, tuple(files), None, problem, _class_names_beside(found.base, files))
    shards = {shard.name: (split, shard) for split, content in home.splits.items() for shard in content.shards}
    files = [
        RecordFile(file.path, file.name, *shards.get(file.path.rsplit("/", 1)[-1], (file.split, None)))
        for file in files
    ]
    return RecordSet(found.base, tuple(files), None, "", {number: name for name, number in home.classes.items()})


def _names_of_records(found: FileSet) -> list[str]:
    """Returns what of some files is taken for records, by name or because it was given by itself, sorted."""
    plain = {pattern for pattern in found.absolute if not is_remote(pattern) and os.path.isfile(pattern)}
    every = sorted(name for name, _ in found.names())
    named = [name for name in every if found.path(name) in plain or is_record_name(name)]
    if named or all(not is_remote(pattern) and os.path.isdir(pattern) for pattern in found.absolute):
        return named
    return every if any(map(glob.has_magic, found.patterns)) else []


def _why_no_records(given: str, problem: str) -> str:
    """A sentence for what holds no record files: most often it is the folder of something else."""
    if problem and not is_remote(given):
        temporary = os.path.basename(temp_folder(given, ""))
        if any(name == MANIFEST_NAME or name.startswith(temporary) for name in os.listdir(given)):
            return problem
    return f"'{given}' holds no record files; give the folder of a dataset, or files of TFRecords."


def _manifest_beside(files: Sequence[RecordFile]) -> Manifest | None:
    """Returns the manifest of the dataset that single files are taken from, if all are."""
    folder = os.path.dirname(files[0].path)
    try:
        manifest = _manifest_of(folder)
    except ManifestError:
        return None
    return manifest if {file.path for file in files} <= {f"{folder}/{name}" for name in manifest.files()} else None


def _manifest_of(folder: str) -> Manifest:
    return read_manifest(folder, lambda path, _: FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))


def _class_names_beside(base: str, files: Sequence[RecordFile]) -> dict[int, str]:
    """Returns what the label maps beside some files say, if all of them say the same."""
    if is_remote(base):
        return {}
    found: list[dict[int, str]] = []
    for folder in sorted({base, *(os.path.dirname(file.path) for file in files)}):
        for path in glob.glob(f"{glob.escape(folder)}/*.pbtxt"):
            try:
                if os.path.getsize(path) <= _LARGEST_LABEL_MAP:
                    found.append({label.id: label.name for label in read_label_map(read_file(path)).labels})
            except (OSError, LabelMapError):
                continue
    return found[0] if found and all(names == found[0] for names in found) else {}


def _is_remote_file(path: str) -> bool:
    """Returns whether a URL is that of one file; most stores have no folders, but HDFS has, and they exist as well."""
    if not is_remote(path) or glob.has_magic(path):
        return False
    try:
        if path.endswith("/") or not exists(path):
            return False
    except Exception as error:  # stores have exceptions of their own
        raise UsageError(f"'{path}' cannot be read: {error}") from None
    try:
        return not FileSystems.match([f"{path}/*"], [1])[0].metadata_list
    except Exception:
        return True  # HDFS lists no file
