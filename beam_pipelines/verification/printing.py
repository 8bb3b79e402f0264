"""What a person is shown of a check: what was looked at, what is wrong with it, and who reads it."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.verification.findings import FINDINGS, Finding
from beam_pipelines.verification.verdict import Verdict
from presentation.terminal import say
from presentation.wording import counted, printable, readable_size

_PLACES = 3
_MOST_SPLITS = 30
_MOST_REASONS = 4
_TITLES = {"error": "Errors", "warning": "Warnings"}


def print_verdict(verdict: Verdict, seconds: float, screen: Console) -> None:
    """Prints the result of a check.

    Args:
        verdict: the result.
        seconds: it took.
        screen: where to print.
    """
    speed = f" ({verdict.records / seconds:,.0f} records/s)" if seconds else ""
    what = "dataset" if verdict.of_dataset else "record files without a manifest"
    say(screen, f"{printable(verdict.folder)}: {what}")
    screen.print(_contents(verdict))
    for severity, title in _TITLES.items():
        if verdict.count(severity):
            screen.print(_findings(title, severity, verdict))
    if verdict.readers:
        screen.print(_readers(verdict))
    say(
        screen,
        f"checked {counted(verdict.records, 'record')} in {counted(verdict.files, 'file')}, "
        f"{readable_size(verdict.bytes)}, {seconds:.1f} s{speed}",
    )
    say(screen, sum_up(verdict))


def sum_up(verdict: Verdict) -> str:
    """Returns the last line."""
    checked = f"{counted(verdict.records, 'record')} in {counted(verdict.files, 'file')}"
    errors, warnings = verdict.count("error"), verdict.count("warning")
    if not errors and not warnings:
        return f"whole: {checked}, nothing wrong"
    told = counted(warnings, "warning") if warnings else ""
    if not errors:
        return f"whole: {checked}, {told}"
    kinds = sum(severity == "error" for _, severity in verdict.counts)
    text = f"{counted(errors, 'error')} of {counted(kinds, 'kind')}"
    return f"not whole: {text}, {told}" if told else f"not whole: {text}"


def _contents(verdict: Verdict) -> Table:
    table = Table(title="Contents", title_justify="left")
    table.add_column("")
    columns = ("files", "records", "negatives", "boxes", "size")
    for name in columns:
        table.add_column(name, justify="right")

    def add(name: str, numbers: Iterable[int], size: int, style: str = "") -> None:
        table.add_row(Text(name), *(f"{number:,}" for number in numbers), readable_size(size), style=style)

    rows = [
        (printable(name), (one.files, one.records, one.negatives, one.boxes.total()), one.bytes)
        for name, one in verdict.splits.items()
    ]
    for name, numbers, size in rows[:_MOST_SPLITS]:
        add(name, numbers, size)
    rest = rows[_MOST_SPLITS:]
    if rest:
        add(f"{len(rest):,} more", _sums(numbers for _, numbers, _ in rest), sum(size for *_, size in rest))
    if len(rows) > 1:
        add("all", _sums(numbers for _, numbers, _ in rows), sum(size for *_, size in rows), "bold")
    return table


def _sums(rows: Iterable[Iterable[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _findings(title: str, severity: str, verdict: Verdict) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, show_lines=True)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for (code, own), count in verdict.counts.items():
        if own == severity:
            places = [one for one in verdict.findings if (one.code, one.severity) == (code, severity)]
            lines = [_place(one) for one in places[:_PLACES]]
            if count > len(lines):
                lines.append(f"… and {count - len(lines):,} more")
            cell = Text(f"{code}: {FINDINGS[code]}\n", style="bold")
            cell.append("\n".join(lines), style="not bold")
            table.add_row(f"{count:,}", cell)
    return table


def _place(finding: Finding) -> str:
    where = f" record {finding.record:,}" if finding.record >= 0 else ""
    return printable(f"{finding.file}{where}: {finding.message}")


def _readers(verdict: Verdict) -> Table:
    table = Table(title="Readers", title_justify="left", show_header=False, show_lines=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, one in verdict.readers.items():
        reasons = [printable(why) for why in one.because[:_MOST_REASONS]]
        if len(one.because) > len(reasons):
            reasons.append(f"… and {len(one.because) - len(reasons)} more reasons")
        table.add_row(name, one.verdict, Text("\n".join(reasons)))
    return table
