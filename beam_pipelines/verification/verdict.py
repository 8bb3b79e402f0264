"""The whole result of a check: what was found in all files, held against the manifest and put in order."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beam_pipelines.file_names import is_remote
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.verification import readers
from beam_pipelines.verification.findings import FINDINGS, Finding, Findings, quoted, severity_of
from beam_pipelines.verification.tally import OTHER_NAMES, Contents, Tally
from data_contract.manifest import MANIFEST_NAME, Split

DATUMARO_LABEL_MAP = "label_map.pbtxt"
_MOST_OTHERS = 3


@dataclass(frozen=True)
class ReaderVerdict:
    """What a program does with files of others."""

    verdict: str
    """'yes', 'yes, but' or 'no'."""
    because: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The whole result of a check."""

    folder: str
    of_dataset: bool
    """Whether the files were held against a manifest."""
    files: int
    """Those that should be there."""
    splits: Mapping[str, Contents]
    findings: tuple[Finding, ...]
    """The first of each code and file, in the order of the files."""
    counts: Mapping[tuple[str, str], int]
    """(code, severity) → how many there are: errors first, then in the order of `FINDINGS`."""
    readers: Mapping[str, ReaderVerdict]
    """Of files without a manifest: name of a program → what it does with them."""

    def count(self, severity: str) -> int:
        """Returns how many errors or warnings there are."""
        return sum(number for (_, own), number in self.counts.items() if own == severity)

    @property
    def records(self) -> int:
        """Whole examples."""
        return sum(contents.records for contents in self.splits.values())

    @property
    def bytes(self) -> int:
        """Of all files that were read to their ends."""
        return sum(contents.bytes for contents in self.splits.values())

    def as_json(self) -> dict[str, Any]:
        """Returns the object that --json prints."""
        return {
            "folder": self.folder,
            "dataset": self.of_dataset,
            "whole": not self.count("error"),
            "errors": self.count("error"),
            "warnings": self.count("warning"),
            "files": self.files,
            "records": self.records,
            "bytes": self.bytes,
            "splits": {name: _contents_as_json(contents) for name, contents in self.splits.items()},
            "counts": {code: number for (code, _), number in self.counts.items()},
            "findings": [{**one._asdict(), "record": one.record if one.record >= 0 else None} for one in self.findings],
            "readers": {
                name: {"verdict": one.verdict, "because": list(one.because)} for name, one in self.readers.items()
            },
        }


def _contents_as_json(contents: Contents) -> dict[str, Any]:
    content = contents.as_json()
    del content["damaged"]
    return content


def conclude(found: RecordSet, folder: Findings, tally: Tally) -> Verdict:
    """Returns the result.

    Args:
        found: the files.
        folder: what is wrong beside the record files.
        tally: of all files.
    """
    findings = Findings()
    findings.merge(folder)
    findings.merge(tally.findings)
    names = list(found.manifest.splits) if found.manifest else list(dict.fromkeys(f.split for f in found.files))
    splits = {name: tally.splits.get(name, Contents()) for name in names}
    for name, split in (found.manifest.splits if found.manifest else {}).items():
        if not splits[name].damaged:
            for message in _count_differences(splits[name], split):
                findings.add(Finding("manifest_differs", "error", MANIFEST_NAME, -1, f"in {name}, {message}"))
    if found.manifest is None:
        for finding in _disagreeing(tally.classes):
            findings.add(finding)
    order = {file.name: place for place, file in enumerate(found.files)}
    ranks = {code: rank for rank, code in enumerate(FINDINGS)}
    counts = sorted(findings.counts().items(), key=lambda item: (item[0][1], ranks[item[0][0]]))
    return Verdict(
        folder=found.folder,
        of_dataset=found.manifest is not None,
        files=len(found.files),
        splits=splits,
        findings=tuple(findings.in_order(order)),
        counts=dict(counts),
        readers={} if found.manifest else _reader_verdicts(found, tally, order),
    )


def _count_differences(found: Contents, expected: Split) -> Iterator[str]:
    """Yields clauses on what the manifest counts otherwise."""
    if found.negatives != expected.negatives:
        yield f"it counts {expected.negatives:,} negatives, and there are {found.negatives:,}"
    for what, actual, stated in (
        ("boxes of", found.boxes, expected.boxes),
        ("images labelled", found.labels, expected.labels),
    ):
        for name in sorted(actual.keys() | stated.keys()):
            if actual.get(name, 0) != stated.get(name, 0):
                called = "a class that it does not have" if name == OTHER_NAMES else quoted(name)
                yield f"it counts {stated.get(name, 0):,} {what} {called}, and there are {actual.get(name, 0):,}"


def _disagreeing(classes: Mapping[tuple[str, int], tuple[str, int]]) -> Iterator[Finding]:
    """Yields a finding for each name that has two ids, and for each id that has two names."""
    severity = severity_of("classes_disagree", of_dataset=False)
    ids, names = defaultdict[str, list[int]](list), defaultdict[int, list[str]](list)
    for name, number in sorted(classes):
        ids[name].append(number)
        names[number].append(name)
    for (name, number), (file, record) in sorted(classes.items()):
        others: list[str] = []
        if len(ids[name]) > 1:
            others = [str(other) for other in _first_but(number, ids[name])]
            message = f"{quoted(name)} has id {number} here, and elsewhere {', '.join(others)}"
        elif len(names[number]) > 1:
            others = [quoted(other) for other in _first_but(name, names[number])]
            message = f"id {number} is {quoted(name)} here, and elsewhere {', '.join(others)}"
        if others:
            yield Finding("classes_disagree", severity, file, record, message)


def _first_but(one: Any, some: Sequence[Any]) -> list[Any]:
    return [other for other in some[: _MOST_OTHERS + 1] if other != one][:_MOST_OTHERS]


def _reader_verdicts(found: RecordSet, tally: Tally, order: Mapping[str, int]) -> dict[str, ReaderVerdict]:
    remarks: dict[tuple[str, str], list[tuple[tuple[int, int, str], str]]] = {}
    for (reader, level, why), (count, file, record) in tally.readers.items():
        place = f"record {record} of {file}" if record >= 0 else file
        times = f"{count:,} times, first " if count > 1 else ""
        rank = (order[file], record, why)
        remarks.setdefault((reader, level), []).append((rank, f"{why} ({times}in {place})"))
    for level, why in _of_names(found):
        remarks.setdefault((readers.DATUMARO, level), []).append(((-1, -1, why), why))
    verdicts = {}
    for name in readers.READERS:
        refusals, losses = (
            tuple(why for _, why in sorted(remarks.get((name, level), []))) for level in (readers.NO, readers.BUT)
        )
        verdicts[name] = ReaderVerdict("no" if refusals else "yes, but" if losses else "yes", refusals or losses)
    why = "it reads datasets with a manifest.json, which `shardbox build` makes from annotations and images"
    return verdicts | {readers.TRAIN: ReaderVerdict("no", (why,))}


def _of_names(found: RecordSet) -> Iterator[tuple[str, str]]:
    """Yields what Datumaro wants of the names of files; it reads folders of this machine."""
    other = next((file.name for file in found.files if not file.name.endswith(".tfrecord")), None)
    if other is not None:
        yield readers.BUT, f"it finds only files named *.tfrecord in a folder, unlike {other}"
    for folder in dict.fromkeys(os.path.dirname(file.path) for file in found.files):
        if not is_remote(folder) and not _has_label_map(folder):
            yield readers.NO, f"there is no {DATUMARO_LABEL_MAP} beside the files"
            return


def _has_label_map(folder: str) -> bool:
    """Returns whether there is one, or nobody can tell."""
    try:
        return any(DATUMARO_LABEL_MAP in name for name in os.listdir(folder))
    except OSError:  # files may be readable in a folder that is not
        return True
