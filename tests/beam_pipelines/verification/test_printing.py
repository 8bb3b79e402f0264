"""What a person is shown stays short, however much there is."""

from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.printing import print_verdict, sum_up
from beam_pipelines.verification.tally import Contents
from beam_pipelines.verification.verdict import ReaderVerdict, Verdict

UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def verdict(**changes: object) -> Verdict:
    plain: dict[str, object] = {
        "folder": "/data/set",
        "of_dataset": True,
        "files": 3,
        "splits": {"train": Contents(3, 1200, 10, 2, Counter(cat=1500), Counter())},
        "findings": (),
        "counts": {},
        "readers": {},
    }
    return Verdict(**(plain | changes))  # type: ignore[arg-type]


def shown(one: Verdict, seconds: float = 2.0, width: int = 90) -> list[str]:
    screen = Console(file=StringIO(), width=width, highlight=False)
    print_verdict(one, seconds, screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_many_findings():
    findings = tuple(Finding("record_corrupt", "error", "a[red].tfrecord", i, f"damaged {i}\x07") for i in range(20))
    one = verdict(findings=findings, counts={("record_corrupt", "error"): 12_345})
    assert shown(one)[7:] == [
        "Errors",
        "┌────────┬───────────────────────────────────────────────────────────────────────────────┐",
        "│ 12,345 │ record_corrupt: Bytes of the record were changed: copy the file again, and    │",
        "│        │ check the disk and the memory.                                                │",
        *(f"│        │ {f'a[red].tfrecord record {i}: damaged {i}{UNPRINTABLE}':77} │" for i in range(3)),
        "│        │ … and 12,342 more                                                             │",
        "└────────┴───────────────────────────────────────────────────────────────────────────────┘",
        "checked 1,200 records in 3 files, 10 bytes, 2.0 s (600 records/s)",
        "not whole: 12,345 errors of 1 kind",
    ]


def test_many_splits():
    splits = {f"[bold]{i}": Contents(1, 2, 3, 0, Counter(cat=4), Counter()) for i in range(33)}
    lines = shown(verdict(splits=splits, of_dataset=False))
    assert lines[0] == "/data/set: record files without a manifest"
    assert lines[5].split() == ["│", "[bold]0", "│", "1", "│", "2", "│", "0", "│", "4", "│", "3", "bytes", "│"]
    assert lines[-5].split("│")[1:3] == [" 3 more   ", "     3 "]
    assert lines[-4].split("│")[1:-1] == [" all      ", "    33 ", "      66 ", "         0 ", "   132 ", " 99 bytes "]


def test_many_reasons():
    readers = {"FiftyOne": ReaderVerdict("no", tuple(f"reason {i}" for i in range(6)))}
    lines = shown(verdict(readers=readers))
    assert [line for line in lines if "reason" in line] == [
        "│ FiftyOne │ no │ reason 0             │",
        "│          │    │ reason 1             │",
        "│          │    │ reason 2             │",
        "│          │    │ reason 3             │",
        "│          │    │ … and 2 more reasons │",
    ]


def test_no_time_at_all():
    assert shown(verdict(), seconds=0)[-2] == "checked 1,200 records in 3 files, 10 bytes, 0.0 s"


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "whole: 1,200 records in 3 files, nothing wrong"),
        ({("unnamed_file", "warning"): 1}, "whole: 1,200 records in 3 files, 1 warning"),
        ({("record_corrupt", "error"): 1}, "not whole: 1 error of 1 kind"),
        (
            {("a", "error"): 10, ("b", "error"): 1, ("c", "error"): 1, ("d", "warning"): 2},
            "not whole: 12 errors of 3 kinds, 2 warnings",
        ),
    ],
)
def test_the_last_line(counts: dict[tuple[str, str], int], line: str):
    assert sum_up(verdict(counts=counts)) == line
