"""The glue between the command line of `shardbox verify` and the check."""

import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from beam_pipelines.steps import verify as step
from beam_pipelines.verification.verdict import Verdict
from presentation.argument_parser import Parser
from presentation.refusals import UsageError


def run(monkeypatch: pytest.MonkeyPatch, *given: str, errors: int = 0) -> tuple[int, str, tuple[Sequence[str], Any]]:
    """Returns (exit code, what was printed, what was asked for)."""
    calls: list[tuple[Sequence[str], Any]] = []
    counts = {("record_corrupt", "error"): errors} if errors else {("unnamed_file", "warning"): 1}
    verdict = Verdict("/data/[b]", True, 0, {}, (), counts, {})

    def verify(places: Sequence[str], **options: Any) -> Verdict:
        calls.append((places, options))
        return verdict

    monkeypatch.setattr(step, "verify", verify)
    screen = Console(file=StringIO(), width=40, highlight=False)
    code = step.run(given, screen, screen)
    (call,) = calls
    del call[1]["progress_screen"]
    return code, screen.file.getvalue(), call  # type: ignore[attr-defined]


def test_what_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    code, out, call = run(monkeypatch, "set", "b*.gz", "--decode", "--runner=DirectRunner")
    assert (code, call) == (0, (["set", "b*.gz"], {"decode": True, "beam": ("--runner=DirectRunner",)}))
    assert out.splitlines()[-1] == "whole: 0 records in 0 files, 1 warning"


def test_errors_are_told_by_the_exit_code(monkeypatch: pytest.MonkeyPatch):
    code, out, _ = run(monkeypatch, "set", errors=3)
    assert (code, out.splitlines()[-1]) == (1, "not whole: 3 errors of 1 kind")


def test_json_is_nothing_but_json(monkeypatch: pytest.MonkeyPatch):
    code, out, _ = run(monkeypatch, "set", "--json", errors=3)
    assert (code, json.loads(out)["folder"], json.loads(out)["errors"]) == (1, "/data/[b]", 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--json",), "nothing to verify: give the folder of a dataset, or files of records"),
        (("set", "--jsn"), "unknown flag --jsn; did you mean --json?"),
        (("set", "--runer=X"), "unknown flag --runer; did you mean --runner?"),
    ],
)
def test_a_wrong_command_line(given: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(step, "verify", None)
    with pytest.raises(UsageError) as caught:
        step.run(given, Console(), Console())
    assert str(caught.value) == sentence


def test_its_examples_can_be_parsed():
    parser = Parser()
    step.add_flags(parser)
    lines = [line.strip() for line in step.EXAMPLE.splitlines() if line.startswith("  shardbox verify ")]
    parsed = [parser.parse_all(line.replace("'", "").split()[2:]) for line in lines]
    assert [(one.places, one.decode, one.json) for one in parsed] == [
        (["dataset"], False, False),
        (["dataset"], True, True),
        (["train.record", "validation/*.tfrecord.gz"], False, False),
    ]
