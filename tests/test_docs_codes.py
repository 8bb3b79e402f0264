"""The documents list exactly the codes of the product, with the same words."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.verification.findings import FINDINGS, severity_of

DOCS = Path(__file__).parents[1] / "docs"
MARKUP = re.compile(r"[<*|]")
BACKSLASH = r"\\\g<0>"


def _rows(page: str, header: str) -> list[str]:
    """The rows of the table under a header row."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
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
    ("page", "header", "texts"),
    [
        ("data_contract.md", "| Code of a reject | What to do |", REMEDIES),
        ("data_contract.md", "| Code of a repair | What it means |", REPAIRS),
        ("verification.md", "| Code of a finding | What to do |", FINDINGS),
    ],
)
def test_the_docs_list_every_code(page: str, header: str, texts: Mapping[str, str]):
    assert _rows(page, header) == _expected(texts)


def test_the_docs_list_every_warning():
    text = (DOCS / "verification.md").read_text(encoding="utf-8")
    always, of_others = (set(re.findall("`([a-z_0-9]+)`", part)) for part in text.split("Warnings: ")[1].split(". ", 1))
    assert always == {code for code in FINDINGS if severity_of(code, of_dataset=True) == "warning"}
    assert always | of_others == {code for code in FINDINGS if severity_of(code, of_dataset=False) == "warning"}
