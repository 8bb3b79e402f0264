"""Lines on a terminal."""

from rich.console import Console


def say(screen: Console, text: str) -> None:
    """Prints a line as it is, however long: names in it may look like markup."""
    screen.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)
