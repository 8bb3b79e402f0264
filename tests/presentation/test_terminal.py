"""Lines on a terminal."""

import io

from rich.console import Console

from presentation.terminal import say


def test_names_are_printed_as_they_are():
    written = io.StringIO()
    line = "[red]cat[/red] :smile: " + "long " * 40 + "42"
    say(Console(file=written, width=20, force_terminal=True, color_system="truecolor"), line)
    assert written.getvalue() == line + "\n"
