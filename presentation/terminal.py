"""Lines on a terminal."""

from contextlib import suppress
from typing import NoReturn

from rich.console import Console

PIPE_CLOSED = 141
"""Exit code where nobody reads on (`… | head`), as of programs that the signal of it ends: nothing else is wrong."""


class Output(Console):
    """What a command prints, on standard output."""

    def __init__(self) -> None:
        super().__init__(highlight=False)

    def on_broken_pipe(self) -> NoReturn:
        """Ends the program, in silence."""
        with suppress(SystemExit):
            super().on_broken_pipe()
        raise SystemExit(PIPE_CLOSED)


def say(screen: Console, text: str) -> None:
    """Prints a line as it is, however long: names in it may look like markup."""
    screen.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)
