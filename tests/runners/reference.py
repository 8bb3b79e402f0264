"""One dataset that all runners and stores must give, to the byte, and what is kept of those that were tried."""

import os
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from ..end_to_end.made_sets import OPTIONS, flags


class Wanted(NamedTuple):
    """The common input, and what every run on it must leave."""

    source: Path
    """Folder with annotations and images; `flags(source, output)` are the flags for it."""
    folder: Path
    """The dataset that the local runner made in one process."""
    digests: dict[str, str]
    """SHA-256 of every file of it but run.json."""

    def flags(self, output: object) -> list[object]:
        """The command line after `build`, but for the runner."""
        return [*flags(self.source, output), *OPTIONS]


told: list[tuple[str, str, str]] = []
"""Rows of the table at the end."""


def tell(where: str, release: str, found: dict[str, str]) -> None:
    """Keeps what was run for the table at the end.

    Args:
        where: the runner or the store.
        release: of it.
        found: digests of the dataset that it made.
    """
    row = (where, release, found["manifest.json"])
    if row not in told:
        told.append(row)


def cannot(reason: str) -> NoReturn:
    """Skips a test for want of something that is not a Python package, or fails where all must run."""
    if os.environ.get("SHARDBOX_REQUIRE_RUNNERS"):
        pytest.fail(f"SHARDBOX_REQUIRE_RUNNERS is set, and {reason}")
    pytest.skip(reason)
