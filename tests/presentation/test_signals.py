"""Ctrl-C before a command is loaded."""

import os
import signal
import subprocess
import sys

import pytest

from ..end_to_end.shardbox_runs import ROOT

INTERRUPTING = "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize("program", ["beam_pipelines", "trainer"])
def test_it_ends_the_process_without_a_word(program, tmp_path):
    (tmp_path / "rich.py").write_text(INTERRUPTING)  # which both load first
    done = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize("program", ["beam_pipelines", "trainer"])
def test_what_a_shell_protects_goes_on(program, tmp_path):
    (tmp_path / "rich.py").write_text(f"{INTERRUPTING}raise SystemExit('loaded')\n")
    done = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"loaded\n")
