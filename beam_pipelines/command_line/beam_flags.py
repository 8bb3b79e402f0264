"""Flags of Apache Beam, which the commands that run a job pass on."""

import argparse
from collections.abc import Sequence
from itertools import pairwise

from apache_beam.options.pipeline_options import PipelineOptions

from presentation.argument_parser import Parser, looks_like_flag
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean

_LOCAL_RUNNERS = {"", "directrunner", "fnapirunner", "bundlebaseddirectrunner", "dataflowrunner"}
"""Runners whose flags this process knows; the flags of others are known to their job servers only."""


def parse_with_beam(parser: Parser, given: Sequence[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    """Parses a command line that may hold flags of Beam too. Returns its own values, and Beam's flags as given.

    Raises:
        UsageError: quoting what is wrong, with the nearest right one.
    """
    known = parser.flags()
    # The value of a flag that argparse does not know would be taken for a place.
    own, beam = _apart(given, known) if parser.takes_places else (given, [])
    values, rest = parser.parse_leaving(own, lambda rest: check_beam_flags(rest, known))
    return values, (*beam, *rest)


def beam_flags() -> set[str]:
    """Returns the flags that Beam knows."""
    return set(_beam_actions())


def _beam_actions() -> dict[str, argparse.Action]:
    actions: dict[str, argparse.Action] = {}
    for options in PipelineOptions.__subclasses__():
        parser = argparse.ArgumentParser(add_help=False)
        # Beam keeps the flags of each area in a class of its own and offers no list of them.
        options._add_argparse_args(parser)
        actions |= {flag: action for action in parser._actions for flag in action.option_strings}
    return actions


def _apart(given: Sequence[str], own: set[str]) -> tuple[list[str], list[str]]:
    """Returns a command line without flags that Beam alone knows, and those with their values."""
    actions = _beam_actions()
    rest, beam = [], []
    items = iter(given)
    for item in items:
        flag, equals, _ = item.partition("=")
        if flag in own or flag not in actions:
            rest.append(item)
            continue
        beam.append(item)
        if not equals and actions[flag].nargs != 0:
            beam += [value for value in [next(items, None)] if value is not None]
    return rest, beam


def check_beam_flags(rest: Sequence[str], known: set[str]) -> None:
    """Refuses flags that neither the command nor Beam knows; Beam itself would ignore them.

    Args:
        rest: what the command does not know itself.
        known: the command's own flags.

    Raises:
        UsageError: quoting the first, with the nearest right one.
    """
    if not rest:
        return
    for before, item in pairwise(["", *rest]):
        if not item.startswith("-") and (not before.startswith("-") or "=" in before):
            raise UsageError(f"unexpected argument '{item}'")
    given = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    given.add_argument("--runner", default="")
    runner = given.parse_known_args(rest)[0].runner.lower()
    all_of_beam = beam_flags()
    for item in rest:
        flag = item.partition("=")[0]
        if looks_like_flag(flag) and flag not in all_of_beam:
            near = did_you_mean(flag, known | all_of_beam)
            if runner in _LOCAL_RUNNERS or (near and near[15:-1] in known):
                raise UsageError(f"unknown flag {flag}{near}")
