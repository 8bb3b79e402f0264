"""The command: which module it runs with what, its help, its exit codes, and what it says when that fails."""

import argparse
import contextlib
import errno
import io
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from beam_pipelines import cli
from beam_pipelines.cli import COMMANDS, main
from beam_pipelines.failures import DatasetError
from presentation.refusals import UsageError

PLAIN = [name for name, command in COMMANDS.items() if not command.takes_beam_flags]


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for logs. All that a command changes for its process is as it was afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    handlers, level = logging.root.handlers[:], logging.root.level
    caught = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield tmp_path
    logging.root.handlers[:], logging.root.level = handlers, level
    for number, handler in caught.items():
        signal.signal(number, handler)


def shardbox(*arguments: str) -> tuple[int, str, str]:
    """Runs the command. Returns its exit code and what it printed on stdout and on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return code, out.getvalue(), err.getvalue()


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, run) -> None:
    """Lets a command do something else."""
    module = ModuleType(name)
    module.EXAMPLE = "example:\n  shardbox it --output 100%\n"
    module.add_flags = lambda parser: parser.add_argument(
        "--output", required=True, metavar="FILE", help="it goes here"
    )
    module.run = run
    monkeypatch.setitem(sys.modules, f"beam_pipelines.steps.{name}", module)


def fail_with(error: BaseException):
    def run(*_):
        raise error

    return run


def test_commands_are_listed_build_first():
    assert list(COMMANDS) == ["build", *sorted(set(COMMANDS) - {"build"})]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_flags_and_an_example(name):
    code, out, err = shardbox(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: shardbox {name} [-h]")
    assert f"\n\n{COMMANDS[name].purpose}\n\n" in out
    assert "\nexample" in out
    assert f"\n  shardbox {name} " in out
    assert shardbox(name, "--output", "x", "-h") == (0, out, "")


LOOKING = {"diff", "report", "show", "verify"}
"""Commands that take places of records without a flag."""


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - LOOKING))
def test_every_command_refuses_unknown_flags(name):
    assert shardbox(name, "--ouput=x") == (2, "", "shardbox: unknown flag --ouput; did you mean --output?\n")
    assert shardbox(name, "stray", "--output=x") == (2, "", "shardbox: unexpected argument 'stray'\n")


@pytest.mark.parametrize("name", sorted(LOOKING))
def test_commands_that_look_refuse_unknown_flags(name):
    assert shardbox(name, "a", "b", "--jsn") == (2, "", f"shardbox: unknown flag --jsn{near_json(name)}\n")


def near_json(name):
    return "; did you mean --json?" if "--json" in shardbox(name, "--help")[1] else ""


@pytest.mark.parametrize("given", [(), ("-h",), ("--help",)])
def test_the_help_lists_the_commands(given):
    code, out, err = shardbox(*given) if not given else in_a_process(*given)
    assert (code, err) == (0 if given else 2, "")
    lines = out.partition("commands:\n")[2].splitlines()
    assert lines == [f"  {name:18}{command.purpose}" for name, command in COMMANDS.items()]


def in_a_process(*arguments: str) -> tuple[int, str, str]:
    """Runs the command where argparse may end the process."""
    done = subprocess.run(
        [sys.executable, "-m", "beam_pipelines", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_the_version():
    assert in_a_process("--version") == (0, f"shardbox {version('shardbox')}\n", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("buld",), "there is no command 'buld'; did you mean build?"),
        (("csv2tfrecords",), "there is no command 'csv2tfrecords'; did you mean csv_to_tfrecords?"),
        (("zzz", "--help"), "there is no command 'zzz'"),
        (("--versoin",), "unknown flag --versoin; did you mean --version?"),
        (("--zzz", "build"), "unknown flag --zzz"),
    ],
)
def test_no_command(given, sentence):
    assert shardbox(*given) == (2, "", f"shardbox: {sentence}\n")


def test_beam_is_not_imported_for_what_needs_none():
    code = (
        "import sys\n"
        "from beam_pipelines.cli import main\n"
        "assert main(['buld']) == 2\n"
        "assert main([]) == 2\n"
        "assert 'apache_beam' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize("name", PLAIN)
def test_a_step_gets_its_values(name, monkeypatch):
    def run(values, screen):
        screen.print(f"{values}")

    replace_module(monkeypatch, name, run)
    assert shardbox(name, "--output=x") == (0, f"{argparse.Namespace(output='x')}\n", "")
    assert shardbox(name) == (2, "", "shardbox: --output must be given\n")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - set(PLAIN)))
def test_a_command_with_flags_of_beam_gets_the_command_line(name, monkeypatch):
    def run(given, screen, progress_screen):
        screen.print(f"{given}")
        progress_screen.print("soon")

    replace_module(monkeypatch, name, run)
    assert shardbox(name, "--runner", "x") == (0, "['--runner', 'x']\n", "soon\n")


def test_the_help_of_a_step(monkeypatch):
    replace_module(monkeypatch, "split_csv", fail_with(AssertionError()))
    code, out, _ = shardbox("split_csv", "--help")
    assert code == 0
    assert out.startswith(
        f"usage: shardbox split_csv [-h] --output FILE\n\n{COMMANDS['split_csv'].purpose}\n\noptions:\n"
    )
    assert out.endswith("  --output FILE  it goes here\n\nexample:\n  shardbox it --output 100%\n")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UsageError("--a '[x]' is wrong :b:"), 2, "--a '[x]' is wrong :b:"),
        (DatasetError("2 rows\n  are bad"), 1, "2 rows\n  are bad"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "The disk is full: free some space and run the same command again.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x.csv"),
            1,
            "A file or folder may not be read or written: [Errno 13] Permission denied: '/x.csv'",
        ),
    ],
)
@pytest.mark.parametrize("name", COMMANDS)
def test_failures_with_a_sentence(name, error, code, sentence, monkeypatch):
    replace_module(monkeypatch, name, fail_with(error))
    assert shardbox(name, "--output=x") == (code, "", f"shardbox: {sentence}\n")
    assert os.listdir(tempfile.gettempdir()) == []


@pytest.mark.parametrize("error", [ValueError("No space left on device"), OSError(errno.EIO, "Input/output error")])
def test_failures_that_nobody_foresaw(error, monkeypatch, logs):
    replace_module(monkeypatch, "label_map", fail_with(error))
    code, out, err = shardbox("label_map", "--output=x")
    (log,) = logs.iterdir()
    assert (code, out, err) == (1, "", f"shardbox: {error}\nThe whole story is in {log}.\n")
    assert log.read_text().startswith("Traceback")


def test_a_broken_pipe_says_nothing(monkeypatch):
    replace_module(monkeypatch, "label_map", fail_with(BrokenPipeError()))
    assert shardbox("label_map", "--output=x") == (141, "", "")


class LeftError(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (("build",), "dataset"),
        (("csv_to_tfrecords",), "TFRecord file"),
        (("label_map",), "label map"),
        (("split_csv",), "CSV"),
        (("xml_to_csv",), "CSV"),
        ((), "command"),
        (("--zzz",), "command"),
    ],
)
def test_an_interrupted_command(given, output, monkeypatch, logs):
    codes = []

    def leave(code):
        codes.append(code)
        raise LeftError

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(cli, "_dispatch", fail_with(KeyboardInterrupt()))
    err = io.StringIO()
    with pytest.raises(LeftError), contextlib.redirect_stderr(err):
        main(given)
    assert (codes, err.getvalue()) == ([130], f"shardbox: interrupted; the {output} was not finished\n")
    assert list(logs.iterdir()) == []
