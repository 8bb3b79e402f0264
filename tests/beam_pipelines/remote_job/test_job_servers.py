"""What Beam starts to hand a job over."""

import signal
import subprocess
import sys

import pytest
from apache_beam.utils import subprocess_server

from beam_pipelines.remote_job.job_servers import sheltered_from_ctrl_c

ASKED = "import signal, sys; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, sys.argv[1:])"


def test_it_ignores_ctrl_c_and_is_otherwise_as_wanted():
    before = subprocess_server.SubprocessServer
    with sheltered_from_ctrl_c():
        server = subprocess_server.SubprocessServer(None, [sys.executable, "-c", ASKED, "a b", 3], port=8099)
    assert subprocess_server.SubprocessServer is before
    process, endpoint = server.start_process()
    try:
        assert process.wait(20) == 0
        assert endpoint == "localhost:8099"
    finally:
        server.stop()
    line = server._cmd
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "True ['a b', '3']\n"


def test_a_program_that_is_not_there_is_named():
    with sheltered_from_ctrl_c(), pytest.raises(FileNotFoundError) as missing:
        subprocess_server.SubprocessServer(None, ["jaava", "-jar", "x.jar"])
    assert str(missing.value) == "[Errno 2] No such file or directory: 'jaava'"


def test_what_was_not_sheltered_hears_it():
    assert signal.getsignal(signal.SIGINT) != signal.SIG_IGN
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert done.stdout == "False []\n"
