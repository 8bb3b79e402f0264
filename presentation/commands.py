"""A program of several commands: what it answers when none of them is meant, and how it ends."""

import argparse
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from rich.console import Console

from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean


def answer_without_command(given: Sequence[str], program: str, description: str, purposes: Mapping[str, str]) -> int:
    """Answers a command line that begins with no command: with the help, or the version.

    Args:
        given: what follows the program's name.
        program: its name.
        description: what it is for.
        purposes: command → what it makes of what.

    Returns:
        The exit code.

    Raises:
        UsageError: quoting a word that is no command, with the nearest one.
        SystemExit: after the version.
    """
    if given and not given[0].startswith("-"):
        raise UsageError(f"there is no command '{given[0]}'{did_you_mean(given[0], purposes)}")
    parser = Parser(
        add_help=True,
        prog=program,
        description=description,
        epilog="commands:\n" + "\n".join(f"  {name:18}{purpose}" for name, purpose in purposes.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{program} {version('shardbox')}")
    parser.add_argument("command", nargs="?", help=f"one of those below; `{program} COMMAND --help` tells its flags")
    parser.parse_all(given)
    parser.print_help()
    return 0 if given else 2


def end_with(sentence: str, code: int, program: str, screen: Console) -> int:
    """Says why the program ends, and returns its exit code."""
    screen.print(f"{program}: {sentence}", markup=False, emoji=False)
    return code
