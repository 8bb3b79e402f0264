"""What the tests of runners and stores share.

They need more than Python packages (`make runners` installs it). What cannot be had is skipped with the reason;
SHARDBOX_REQUIRE_RUNNERS=1 makes a failure of that.
"""

from importlib.metadata import version
from pathlib import Path

import pytest

from ..end_to_end.made_sets import mixed_set
from ..end_to_end.shardbox_runs import build, digests
from .reference import Wanted, tell, told


@pytest.fixture(scope="session")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    """Builds the common dataset with the local runner."""
    folder = tmp_path_factory.mktemp("wanted")
    made = Wanted(mixed_set(folder / "set"), folder / "dataset", {})
    build(*made.flags(made.folder))
    made = made._replace(digests=digests(made.folder))
    tell("local, in_memory", f"Beam {version('apache-beam')}", made.digests)
    return made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks all tests of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.runners)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was run, as the table of docs/runners.md does."""
    if told:
        terminalreporter.section("what was run, and the manifest's sha256")
        for where, release, digest in told:
            terminalreporter.write_line(f"| {where} | {release} | `{digest[:16]}…` |")
