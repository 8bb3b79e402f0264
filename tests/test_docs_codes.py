"""docs/data_contract.md lists exactly the codes of the data job, with the same words."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from beam_pipelines.rejects import REMEDIES, REPAIRS

DOC = Path(__file__).parents[1] / "docs" / "data_contract.md"
MARKUP = re.compile(r"[<*|]")
BACKSLASH = r"\\\g<0>"


def _rows(header: str) -> list[str]:
    """The rows of the table under a header row."""
    lines = DOC.read_text(encoding="utf-8").splitlines()
    start = lines.index(header) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(line)
    return rows


def _expected(texts: Mapping[str, str]) -> list[str]:
    """Rows as they stand in Markdown, where some characters need a backslash."""
    return [f"| `{code}` | {MARKUP.sub(BACKSLASH, text)} |" for code, text in texts.items()]


@pytest.mark.parametrize(
    ("header", "texts"),
    [("| Code of a reject | What to do |", REMEDIES), ("| Code of a repair | What it means |", REPAIRS)],
)
def test_the_doc_lists_every_code(header: str, texts: Mapping[str, str]):
    assert _rows(header) == _expected(texts)
