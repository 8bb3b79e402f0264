"""Checks what lies in a dataset's folder beside its shards: label map, rejects, and files that nobody named."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import google_crc32c
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.file_names import is_remote
from beam_pipelines.output_folder import TEMP_NAME, UNNAMED, entries
from beam_pipelines.reading import read_file
from beam_pipelines.record_files.locating import is_record_name
from beam_pipelines.verification.examples import Problem
from beam_pipelines.verification.findings import Finding, quoted, severity_of
from beam_pipelines.verification.tally import MOST_NAMES, bound_names, count_names
from data_contract.label_map import LabelMapError, read_label_map
from data_contract.manifest import MANIFEST_NAME, RUN_NAME, Manifest, RejectFile
from presentation.wording import counted

_BLOCK = 2**20
_LONGEST_LINE = 2**24
"""Bytes of a reject; a row of a table, which it may quote, has up to a mebibyte."""
_LONGEST_CODE = 200
_MOST_NAMED = 3
_OUR_SHARD = re.compile(r".+-\d{5}-of-\d{5}\.tfrecord", re.DOTALL)
_BESIDE_OURS = re.compile(rf"rejects-\d{{5}}-of-\d{{5}}\.jsonl|{re.escape(RUN_NAME)}|label_map\.pbtxt")


def check_folder(folder: str, manifest: Manifest) -> Iterator[Finding]:
    """Yields what is wrong in a dataset's folder, but for its shards."""
    yield from _check_label_map(folder, manifest)
    yield from _check_rejects(folder, manifest)
    named = {*manifest.files(), *UNNAMED}
    for name in sorted(entries(folder) - named):
        if TEMP_NAME.fullmatch(name):
            yield _finding("unfinished_run", name, "the folder of a run that did not end")
        elif is_record_name(name) and "/" not in name:
            yield _finding("unnamed_record_file", name, "a record file that the manifest does not name")
        else:
            yield _finding("unnamed_file", name, "the manifest does not name it")


def is_ours(folder: str) -> bool:
    """Returns whether a folder without a manifest that can be used looks like one that `shardbox build` wrote to.

    Folders of other programs' record files have no manifest, and nothing is wrong with that.
    """
    names = entries(folder)
    if MANIFEST_NAME in names or any(map(TEMP_NAME.fullmatch, names)):
        return True
    return any(map(_OUR_SHARD.fullmatch, names)) and any(map(_BESIDE_OURS.fullmatch, names))


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
            clauses.append(f"{quoted(name)} is missing")
        elif name not in expected:
            clauses.append(f"{quoted(name)} is not in the manifest")
        elif found[name] != expected[name]:
            clauses.append(f"{quoted(name)} has id {found[name]} instead of {expected[name]}")
    more = len(clauses) - _MOST_NAMED
    return clauses[:_MOST_NAMED] + ([f"{more} more classes differ"] if more > 0 else [])


class _Rejects(NamedTuple):
    """What a file of rejects holds."""

    lines: int
    bytes: int
    crc32c: str
    codes: Counter[str]
    """Code → lines."""
    problem: str
    """What is wrong with the first line that is none of ours; '' if there is none."""


def _check_rejects(folder: str, manifest: Manifest) -> Iterator[Finding]:
    """Yields what is wrong with the files of rejects; their codes are compared if nothing is."""
    codes = Counter[str]()
    whole = True
    for file in manifest.rejects.files:
        try:
            found = _read_rejects(str(FileSystems.join(folder, file.name)))
        except Exception as error:
            if not (isinstance(error, OSError) or is_remote(folder)):
                raise
            problem: Problem | None = ("rejects_missing", _why_unreadable(error))
        else:
            problem = _fault_of_rejects(found, file)
            codes.update(found.codes)
            bound_names(codes, MOST_NAMES)
        if problem:
            whole = False
            yield _finding(problem[0], file.name, problem[1])
    stated = manifest.rejects.counts
    for code in sorted(codes.keys() | stated.keys()) if whole else ():
        if codes[code] != stated.get(code, 0):
            message = f"it counts {stated.get(code, 0):,} rejects of {quoted(code)}, and there are {codes[code]:,}"
            yield _finding("manifest_differs", MANIFEST_NAME, message)


def _fault_of_rejects(found: _Rejects, file: RejectFile) -> Problem | None:
    if (found.lines, found.bytes) != (file.lines, file.bytes):
        stated = f"and the manifest says {file.lines:,} in {file.bytes:,}"
        return "rejects_differ", f"it holds {counted(found.lines, 'line')} in {found.bytes:,} bytes, {stated}"
    if found.crc32c != file.crc32c:
        return "rejects_differ", f"its checksum is {found.crc32c}, and the manifest says {file.crc32c}"
    return ("reject_invalid", found.problem) if found.problem else None


def _read_rejects(path: str) -> _Rejects:
    lines = size = crc = 0
    codes, problem, begun = Counter[str](), "", b""
    for block in _blocks(path):
        size += len(block)
        crc = google_crc32c.extend(crc, block)
        *ended, begun = (begun + block).split(b"\n")
        begun = begun[: _LONGEST_LINE + 1]
        for line in ended:
            lines += 1
            code = _code_in(line)
            if code is not None:
                count_names(codes, [code], MOST_NAMES)
            elif not problem:
                long = len(line) > _LONGEST_LINE
                fault = f"longer than {_LONGEST_LINE:,} bytes" if long else "no JSON object with a code"
                problem = f"line {lines:,} is {fault}"
    return _Rejects(lines, size, f"{crc:08x}", codes, problem)


def _code_in(line: bytes) -> str | None:
    """Returns the code of a reject; None if that is not what the line holds."""
    if len(line) > _LONGEST_LINE:
        return None
    try:
        reject = json.loads(line)
    except (ValueError, RecursionError):
        return None
    code = reject.get("code") if isinstance(reject, dict) else None
    return code[:_LONGEST_CODE] if isinstance(code, str) else None


def _blocks(path: str) -> Iterator[bytes]:
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        while block := file.read(_BLOCK):
            yield block


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"it cannot be read: {getattr(error, 'strerror', None) or error}"
