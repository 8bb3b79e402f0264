"""A parser of command lines that refuses with the nearest right flag, and as an exception."""

import argparse
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean


class Parser(argparse.ArgumentParser):
    """Reports what is wrong as a `UsageError`, so that one place prints all failures. Takes no abbreviated flags."""

    def __init__(self, *, add_help: bool = False, **options: Any):
        super().__init__(add_help=add_help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raises what argparse would print before it exits."""
        raise UsageError(message)

    def flags(self) -> set[str]:
        """Returns the flags that were added."""
        return {flag for action in self._actions for flag in action.option_strings}

    @property
    def takes_places(self) -> bool:
        """Whether there are arguments without a flag."""
        return any(not action.option_strings for action in self._actions)

    def parse_all(self, given: Sequence[str]) -> argparse.Namespace:
        """Parses a command line that holds nothing but the flags which were added.

        Raises:
            UsageError: quoting what is wrong, with the nearest right one.
        """
        return self.parse_leaving(given, self._refuse)[0]

    def parse_leaving(
        self, given: Sequence[str], check_rest: Callable[[Sequence[str]], None]
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parses what it knows of a command line. Returns that, and the rest.

        Args:
            given: the command line after the command.
            check_rest: raises UsageError for a rest that nobody knows. It is asked before required flags are missed:
                one of them may be there, misspelt.

        Raises:
            UsageError: quoting what is wrong.
        """
        required = [action for action in self._actions if action.required and action.option_strings]
        try:
            for action in required:
                action.required = False
            # Places may stand anywhere between the flags.
            parse = self.parse_known_intermixed_args if self.takes_places else self.parse_known_args
            values, rest = parse(given)
        finally:
            for action in required:
                action.required = True
        check_rest(rest)
        refuse_missing(
            [action.option_strings[0] for action in required if getattr(values, action.dest) in (None, "", [])]
        )
        return values, rest

    def _refuse(self, rest: Sequence[str]) -> None:
        for item in rest:
            flag = item.partition("=")[0]
            if not looks_like_flag(flag):
                raise UsageError(f"unexpected argument '{item}'")
            raise UsageError(f"unknown flag {flag}{did_you_mean(flag, self.flags())}")


def looks_like_flag(item: str) -> bool:
    """Returns whether an item of a command line is a flag, and no negative number."""
    return item.startswith("-") and not re.fullmatch(r"-\d.*", item)


def refuse_missing(flags: Sequence[str]) -> None:
    """Says which flags are missing, if any.

    Raises:
        UsageError: naming them.
    """
    if flags:
        *others, last = flags
        raise UsageError(f"{', '.join(others)}{' and ' if others else ''}{last} must be given")
