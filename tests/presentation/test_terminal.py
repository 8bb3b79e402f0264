"""Lines on a terminal."""

import io
import os
import subprocess
import sys

from rich.console import Console

from presentation.terminal import say


def test_names_are_printed_as_they_are():
    written = io.StringIO()
    line = "[red]cat[/red] :smile: " + "long " * 40 + "42"
    say(Console(file=written, width=20, force_terminal=True, color_system="truecolor"), line)
    assert written.getvalue() == line + "\n"


def test_where_nobody_reads_on_the_program_ends_in_silence():
    program = "from presentation.terminal import Output\nfor _ in range(100_000): Output().print('line')"
    reads, writes = os.pipe()
    os.close(reads)
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writes)
    assert (ended.returncode, ended.stderr) == (141, b"")
