"""Flags from YAML files: what would be typed for each."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from beam_pipelines.command_line.beam_flags import (
    beam_flags,
    lists_of_beam,
    parse_with_beam,
    runner_in,
    takes_more_flags,
)
from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean

_TAKE_SEVERAL = {"--annotations", "--images", "--rows"}
"""Flags with a list of values; flags of Beam are repeated instead."""

_RIVALS = ({"--annotations", "--rows"}, {"--splits", "--split_lists", "--split_by_folder"})
"""Flags that exclude each other: one of them also replaces the others of an earlier file."""


def parse_with_configs(parser: Parser, arguments: Sequence[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    """Parses a command line that may name files of flags with --config, and hold flags of Beam.

    Args:
        parser: of the command's own flags, of which --config is one.
        arguments: the command line after the command.

    Returns:
        The values of the command's own flags, and Beam's flags as given.

    Raises:
        UsageError: quoting what is wrong, with the nearest right one.
    """
    finder = Parser()
    finder.add_argument("--config", nargs="+", action="extend", default=[])
    paths = finder.parse_known_args(arguments)[0].config
    if arguments and not arguments[0].startswith("-"):  # it would be taken for a value of the file's last flag
        raise UsageError(f"unexpected argument '{arguments[0]}'")
    return parse_with_beam(parser, [*from_configs(paths, arguments, parser.flags()), *arguments])


def from_configs(paths: Sequence[str], arguments: Sequence[str], known: set[str]) -> list[str]:
    """Returns what would be typed for the files: what a later one or the command line says otherwise is left out.

    Args:
        paths: of the files.
        arguments: the command line.
        known: the command's own flags.

    Raises:
        UsageError: if a file cannot be read, or holds a key that is no flag.
    """
    files = {path: read_config(path) for path in paths}
    runner = runner_in(arguments) or next((str(f["runner"]) for f in reversed(files.values()) if f.get("runner")), "")
    settings: dict[str, list[str]] = {}
    for path, content in files.items():
        _refuse_unknown(path, content, known, runner)
        read = as_settings(path, content, known)
        settings = _without_rivals(settings, {flag for flag, items in read.items() if items}) | read
    typed = {argument.partition("=")[0] for argument in arguments}
    settings = _without_rivals(settings, typed)
    # Beam would take the values of both together, and of those for the same environment option the file's.
    lists = lists_of_beam()
    retyped = {lists[flag] for flag in typed if flag in lists}
    return [item for flag, items in settings.items() for item in items if lists.get(flag) not in retyped]


def _without_rivals(settings: dict[str, list[str]], later: set[str]) -> dict[str, list[str]]:
    replaced = {rival for rivals in _RIVALS if rivals & later for rival in rivals - later}
    return {flag: items for flag, items in settings.items() if flag not in replaced}


def read_config(path: str) -> dict[str, Any]:
    """Reads a YAML file of flags, which are its keys.

    Raises:
        UsageError: if it cannot be read, or is no list of keys and values.
    """
    try:
        with open(path, "rb") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise UsageError(f"--config '{path}' cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"--config '{path}' is not YAML: {' '.join(str(error).split())}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(f"--config '{path}' must hold 'flag: value' lines")
    return {str(key): value for key, value in content.items()}


def _refuse_unknown(path: str, content: Mapping[str, Any], known: set[str], runner: str) -> None:
    keys = {name.lstrip("-") for name in known | beam_flags(runner)} - {"config"}
    for key in content:
        if key in keys:
            continue
        near = did_you_mean(key.lstrip("-"), sorted(keys))
        if key == "config" or not takes_more_flags(runner) or "--" + near[15:-1] in known:
            raise UsageError(f"--config '{path}' has an unknown key '{key}'{near}")


def as_settings(path: str, content: Mapping[str, Any], known: set[str]) -> dict[str, list[str]]:
    """Returns each flag of a file with what would be typed for it: nothing to leave it off.

    Args:
        path: of the file.
        content: of the file.
        known: the command's own flags.

    Raises:
        UsageError: if a flag is given more values than it takes.
    """
    settings: dict[str, list[str]] = {}
    for key, value in content.items():
        flag = f"--{key}"
        if isinstance(value, list) and flag in known - _TAKE_SEVERAL:
            raise UsageError(f"--config '{path}': '{key}' takes one value, not a list")
        for name, item in value.items() if isinstance(value, dict) else ():
            if isinstance(item, list | dict):
                raise UsageError(f"--config '{path}': '{name}' in '{key}' takes one value, not several")
        settings[flag] = _as_arguments(flag, value)
    return settings


def _as_arguments(flag: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, dict):
        pairs = (f"{name}={'' if item is None else item}" for name, item in value.items())
        return [f"{flag}={','.join(pairs)}"]
    if isinstance(value, list):
        return [flag, *map(str, value)] if flag in _TAKE_SEVERAL else [f"{flag}={item}" for item in value]
    return [f"{flag}={value}"]
