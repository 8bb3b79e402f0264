"""What a program of several commands answers when none is meant."""

import io
from importlib.metadata import version

import pytest
from rich.console import Console

from presentation.commands import answer_without_command, end_with
from presentation.refusals import UsageError

PURPOSES = {"build": "pictures → records", "verify": "records → what is wrong with them"}


def answer(*given):
    return answer_without_command(given, "prog", "From here to there.", PURPOSES)


@pytest.mark.parametrize(("given", "code"), [((), 2), (("--help",), 0)])
def test_the_help_lists_all_commands(capsys, given, code):
    try:
        found = answer(*given)
    except SystemExit as ended:  # as argparse does it
        found = ended.code
    shown = capsys.readouterr().out
    assert found == code
    assert "From here to there." in shown
    assert shown.endswith(
        "  build             pictures → records\n  verify            records → what is wrong with them\n"
    )


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        answer("--version")
    assert (ended.value.code, capsys.readouterr().out) == (0, f"prog {version('shardbox')}\n")


def test_a_word_that_is_no_command_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"^there is no command 'biuld'; did you mean build\?$"):
        answer("biuld")


def test_the_end_is_told_as_it_is():
    written = io.StringIO()
    assert end_with("the [bold] file :smile:", 2, "prog", Console(file=written, width=200)) == 2
    assert written.getvalue() == "prog: the [bold] file :smile:\n"
