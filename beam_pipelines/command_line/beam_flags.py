"""Flags of Apache Beam, which the commands that run a job pass on."""

import argparse
from collections.abc import Sequence
from itertools import pairwise

from apache_beam.options.pipeline_options import PipelineOptions, _CommaSeparatedListAction

from beam_pipelines.command_line.flink_flags import FLINK_FLAGS
from presentation.argument_parser import Parser, looks_like_flag
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean

_OF_JOB_SERVERS = {"flinkrunner": FLINK_FLAGS}
_KNOWN_RUNNERS = {"runner", "directrunner", "fnapirunner", "bundlebaseddirectrunner", "dataflowrunner", "prismrunner"}
"""Runners all of whose flags Beam knows here, the default one among them."""

# Beam's own action for --experiments and its kind has no public name.
_APPENDING = (argparse._AppendAction, _CommaSeparatedListAction)


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


def beam_flags(runner: str = "") -> set[str]:
    """Returns the flags that Beam knows, or the job server of a runner.

    Args:
        runner: as --runner names it; '' for the default.
    """
    return set(_beam_actions()) | _OF_JOB_SERVERS.get(full_name(runner), frozenset())


def takes_more_flags(runner: str) -> bool:
    """Returns whether a runner may take flags that nobody knows before its job server is asked."""
    name = full_name(runner)
    return name not in _KNOWN_RUNNERS and name not in _OF_JOB_SERVERS


def runner_in(arguments: Sequence[str]) -> str:
    """Returns what --runner says in a part of a command line, and '' if it is not there."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    finder.add_argument("--runner", nargs="?", default="")
    return finder.parse_known_args(arguments)[0].runner or ""


def lists_of_beam() -> dict[str, str]:
    """Returns the flags of Beam that may be repeated to fill a list, each with the name of that list."""
    return {flag: action.dest for flag, action in _beam_actions().items() if isinstance(action, _APPENDING)}


def full_name(runner: str) -> str:
    """Returns a runner's name in lower case; Beam takes it with or without its ending and its module."""
    name = runner.lower().rpartition(".")[2]
    return name if name.endswith("runner") else name + "runner"


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
    runner = runner_in(rest)
    all_of_beam = beam_flags(runner)
    for item in rest:
        flag = item.partition("=")[0]
        if looks_like_flag(flag) and flag not in all_of_beam:
            near = did_you_mean(flag, known | all_of_beam)
            if not takes_more_flags(runner) or near[15:-1] in known:
                raise UsageError(f"unknown flag {flag}{near}")
