"""The documents and the packaging say what the program does."""

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

from beam_pipelines.command_line.flags import DEFAULT_SPLITS, add_build_flags
from beam_pipelines.rows.layout import BOX_FORMATS

from .shardbox_runs import ROOT, in_a_process

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def build_flags() -> list[argparse.Action]:
    """The flags of `shardbox build`: group by group as in its help, in each by name."""
    parser = argparse.ArgumentParser(add_help=False)
    add_build_flags(parser)
    groups = (sorted(group._group_actions, key=lambda action: action.option_strings) for group in parser._action_groups)
    return [action for group in groups for action in group]


def readme_table() -> list[list[str]]:
    """The rows of the README's table of flags, by cell."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.partition("## Flags of `shardbox build`\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    assert rows[:2] == ["| flag | default | meaning |", "|---|---|---|"]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


DEFAULTS = {
    "annotations": "this or `--rows`",
    "rows": "this or `--annotations`",
    "images": "required",
    "output": "required",
    "splits": f"`{DEFAULT_SPLITS}`",
    "box_format": f"`{BOX_FORMATS[0]}`",
}
"""Of flags that must be given, and of those that are None until it is known whether they were given."""


def default_of(action: argparse.Action) -> str:
    if action.dest in DEFAULTS:
        return DEFAULTS[action.dest]
    return "" if action.default is None or action.default is False else f"`{action.default}`"


def test_the_readme_lists_every_flag_with_its_default():
    table = readme_table()
    listed = [(re.findall(r"--\w+", flag), default) for flag, default, _ in table]
    assert listed == [(action.option_strings, default_of(action)) for action in build_flags()]
    assert min(len(meaning) for _, _, meaning in table) > 20


def test_the_readme_shows_each_flags_values():
    for action, (flag, _, _) in zip(build_flags(), readme_table(), strict=True):
        values = f" {action.metavar}" if action.metavar else ""
        shown = flag.strip("`").replace(r"\|", "|")
        assert shown.startswith(f"{action.option_strings[0]}{values}"), flag


def test_the_help_shows_the_defaults_that_the_parser_does_not_know():
    shown = {action.dest: action.help for action in build_flags()}
    for name, default in (("splits", DEFAULT_SPLITS), ("box_format", BOX_FORMATS[0])):
        assert f"(default: {default})" in shown[name]


def test_the_help_lists_every_flag():
    done = in_a_process("--help")
    assert (done.code, done.err) == (0, "")
    flags = re.findall(r"^  (?:-h, )?(--\w+)", done.out, re.MULTILINE)
    assert sorted(flags) == sorted(["--help", *(action.option_strings[0] for action in build_flags())])


def named(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements}  # type: ignore[index]


def documented(heading: str) -> set[str]:
    """The packages in the table below a heading of docs/dependencies.md."""
    text = (ROOT / "docs/dependencies.md").read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    return {name.lower() for cell in cells if cell != "package" for name in cell.split(", ")}


HEADINGS = {
    "beam": "Where the job is launched: extra `beam`",
    "notebook": "For Python and notebooks: extra `notebook`",
    "train": "Extra `train`",
    "dev": "For developers: extra `dev`",
    "runners": "For tests on runners and stores: extra `runners`",
}


def test_every_dependency_is_documented():
    extras = PROJECT["optional-dependencies"]
    assert documented("On every worker of the data job") == named(PROJECT["dependencies"])
    assert {extra: documented(heading) for extra, heading in HEADINGS.items()} == {
        extra: named(extras[extra]) for extra in HEADINGS
    }
    rest = {extra: named(requirements) for extra, requirements in extras.items() if extra not in HEADINGS}
    assert rest == {extra: {"apache-beam"} for extra in ("gcp", "aws", "azure")}
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [
        "On every worker of the data job",
        HEADINGS["beam"],
        "Object stores: extras `gcp`, `aws`, `azure`",
        *(HEADINGS[extra] for extra in ("notebook", "train", "dev", "runners")),
        "What `make runners` fetches",
        "Inside the report",
    ]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> tarfile.TarFile:
    """What Beam ships to its workers: built as Beam does it, without a network."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    for package in ("beam_pipelines", "data_contract", "trainer"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "sdist"], cwd=copy, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (archive,) = (copy / "dist").iterdir()
    return tarfile.open(archive)


def test_the_sdist_holds_every_module(sdist: tarfile.TarFile):
    held = {Path(name).relative_to(Path(name).parts[0]).as_posix() for name in sdist.getnames()}
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in ("beam_pipelines", "data_contract", "trainer")
        for path in (ROOT / package).rglob("*.py")
    }
    assert {"data_contract/example_pb2.py", "data_contract/string_int_label_map_pb2.py"} < sources
    assert {name for name in held if name.endswith(".py")} - {"setup.py"} == sources
    assert {"setup.py", "pyproject.toml"} < held


def test_the_sdist_requires_what_a_worker_needs(sdist: tarfile.TarFile):
    root = sdist.getnames()[0]
    metadata = sdist.extractfile(f"{root}/PKG-INFO").read().decode()  # type: ignore[union-attr]
    required = re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE)
    assert named([line for line in required if "extra ==" not in line]) == named(PROJECT["dependencies"])
