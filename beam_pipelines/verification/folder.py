"""Checks what lies in a dataset's folder beside its shards: label map, rejects, and files that nobody named."""

import hashlib
from collections.abc import Iterator, Mapping

import google_crc32c
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.listing import is_remote
from beam_pipelines.output_folder import TEMP_NAME, UNNAMED, entries
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.locating import is_record_name
from beam_pipelines.verification.findings import Finding, severity_of
from data_contract.label_map import LabelMapError, read_label_map
from data_contract.manifest import MANIFEST_NAME, Manifest, RejectFile

_BLOCK = 2**20
_MOST_NAMED = 3


def check_folder(folder: str, manifest: Manifest) -> Iterator[Finding]:
    """Yields what is wrong in a dataset's folder, but for its shards."""
    yield from _check_label_map(folder, manifest)
    for file in manifest.rejects.files:
        yield from _check_rejects(folder, file)
    named = {*manifest.files(), *UNNAMED}
    for name in sorted(entries(folder) - named):
        if TEMP_NAME.fullmatch(name):
            yield _finding("unfinished_run", name, "the folder of a run that did not end")
        elif is_record_name(name):
            yield _finding("unnamed_record_file", name, "a record file that the manifest does not name")
        else:
            yield _finding("unnamed_file", name, "the manifest does not name it")


def _finding(code: str, file: str, message: str) -> Finding:
    return Finding(code, severity_of(code, of_dataset=True), file, -1, message)


def _check_label_map(folder: str, manifest: Manifest) -> Iterator[Finding]:
    name = manifest.label_map.file
    try:
        content = read_file(FileSystems.join(folder, name))
    except Exception as error:
        if not (isinstance(error, OSError) or is_remote(folder)):
            raise
        yield _finding("label_map_missing", name, _why_unreadable(error))
        return
    changed = hashlib.sha256(content).hexdigest() != manifest.label_map.sha256
    try:
        classes = read_label_map(content).ids
    except LabelMapError as error:
        yield _finding("label_map_differs", name, f"it cannot be read: {str(error).rstrip('.')}")
        return
    differences = _differences(classes, manifest.classes)
    if changed:
        message = "; ".join(differences) or "its bytes were changed; its classes are still the same"
        yield _finding("label_map_differs", name, message)
    elif differences:
        yield _finding("manifest_differs", MANIFEST_NAME, f"its classes are not those of {name}: {differences[0]}")


def _differences(found: Mapping[str, int], expected: Mapping[str, int]) -> list[str]:
    """Returns clauses for the first classes whose ids differ, sorted by name."""
    clauses = []
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            clauses.append(f"'{name}' is missing")
        elif name not in expected:
            clauses.append(f"'{name}' is not in the manifest")
        elif found[name] != expected[name]:
            clauses.append(f"'{name}' has id {found[name]} instead of {expected[name]}")
    more = len(clauses) - _MOST_NAMED
    return clauses[:_MOST_NAMED] + ([f"{more} more classes differ"] if more > 0 else [])


def _check_rejects(folder: str, file: RejectFile) -> Iterator[Finding]:
    lines = size = crc = 0
    try:
        for block in _blocks(str(FileSystems.join(folder, file.name))):
            lines += block.count(b"\n")
            size += len(block)
            crc = google_crc32c.extend(crc, block)
    except Exception as error:
        if not (isinstance(error, OSError) or is_remote(folder)):
            raise
        yield _finding("rejects_missing", file.name, _why_unreadable(error))
        return
    if (lines, size) != (file.lines, file.bytes):
        message = f"it holds {lines:,} lines in {size:,} bytes, and the manifest says {file.lines:,} in {file.bytes:,}"
        yield _finding("rejects_differ", file.name, message)
    elif f"{crc:08x}" != file.crc32c:
        message = f"its checksum is {crc:08x}, and the manifest says {file.crc32c}"
        yield _finding("rejects_differ", file.name, message)


def _blocks(path: str) -> Iterator[bytes]:
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        while block := file.read(_BLOCK):
            yield block


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"it cannot be read: {getattr(error, 'strerror', None) or error}"
