"""The flags of `shardbox build`, from the command line and from configuration files."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

import yaml
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipelines.deduplication import POLICIES
from beam_pipelines.failures import UsageError
from beam_pipelines.flag_values import (
    one_of,
    parse_fraction,
    parse_num_shards,
    parse_regular_expression,
    parse_size,
    parse_whole_number,
    reporting,
)
from beam_pipelines.splits.fractions import parse_fractions
from beam_pipelines.suggestions import did_you_mean

_LOCAL_RUNNERS = {"", "directrunner", "fnapirunner", "bundlebaseddirectrunner", "dataflowrunner"}
"""Runners whose flags this process knows; the flags of others are known to their job servers only."""

_TAKE_SEVERAL = {"--annotations", "--images"}
"""Flags with a list of values; flags of Beam are repeated instead."""


@dataclass(frozen=True)
class BuildOptions:
    """What was asked of `shardbox build`; see `add_build_flags` for the meaning of each."""

    annotations: tuple[str, ...]
    images: tuple[str, ...]
    output: str
    label_map: str | None
    unknown_classes: str
    splits: dict[str, float]
    seed: int
    group_by: str | None
    num_shards: int | dict[str, int] | None
    shard_size: int
    unannotated: str
    duplicates: str
    probe: str
    max_rejects: float
    overwrite: bool
    dry_run: bool
    beam: tuple[str, ...]
    """Flags for Beam."""

    def that_shape_data(self) -> dict[str, Any]:
        """Returns the options on which the dataset's bytes depend; no paths, so that data may move."""
        return {
            "duplicates": self.duplicates,
            "group_by": self.group_by,
            "label_map_given": self.label_map is not None,
            "num_shards": self.num_shards,
            "probe": self.probe,
            "seed": self.seed,
            "shard_size": self.shard_size,
            "splits": self.splits,
            "unannotated": self.unannotated,
            "unknown_classes": self.unknown_classes,
        }


class _Parser(argparse.ArgumentParser):
    """Reports what is wrong as an exception, so that one place prints all failures."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def add_build_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `shardbox build`, with their help."""
    _add_places(parser)
    _add_shape(parser)
    _add_cases_of_doubt(parser)


def _add_places(parser: argparse.ArgumentParser) -> None:
    data = parser.add_argument_group("what to read and where to write")
    data.add_argument(
        "--annotations", nargs="+", metavar="PATTERN_OR_DIR", help="Pascal VOC XML files; a folder means all below it"
    )
    data.add_argument("--images", nargs="+", metavar="PATTERN_OR_DIR", help="image files; a folder means all below it")
    data.add_argument("--output", metavar="DIR", help="folder of the dataset; must be new or empty")
    data.add_argument("--overwrite", action="store_true", help="replace the dataset that is in --output")
    data.add_argument("--config", nargs="+", action="extend", metavar="FILE.yaml", help="read flags from YAML files")
    data.add_argument("--dry_run", action="store_true", help="do all but write, and print the table")


def _add_shape(parser: argparse.ArgumentParser) -> None:
    classes = parser.add_argument_group("classes")
    classes.add_argument("--label_map", metavar="FILE", help="label_map.pbtxt with the ids to use; default: make one")
    classes.add_argument(
        "--unknown_classes",
        type=one_of("fail", "drop"),
        default="fail",
        metavar="fail|drop",
        help="classes that --label_map lacks: fail or drop",
    )
    splits = parser.add_argument_group("splits")
    splits.add_argument(
        "--splits",
        type=reporting(parse_fractions),
        default="train=0.8,validation=0.1,test=0.1",
        metavar="NAME=FRACTION,…",
        help="splits and their shares, or all=1 (default: %(default)s)",
    )
    splits.add_argument(
        "--seed", type=reporting(parse_whole_number), default=0, metavar="N", help="another seed, other splits"
    )
    splits.add_argument(
        "--group_by",
        type=reporting(parse_regular_expression),
        metavar="REGEX",
        help="searched in the image path; pictures with the same first group stay on one side",
    )
    shards = parser.add_argument_group("shards")
    shards.add_argument(
        "--num_shards",
        type=reporting(parse_num_shards),
        metavar="N|SPLIT=N,…",
        help="shards of all splits together, or of each (default: by size)",
    )
    shards.add_argument(
        "--shard_size", type=reporting(parse_size), default="256MiB", metavar="SIZE", help="default: %(default)s"
    )


def _add_cases_of_doubt(parser: argparse.ArgumentParser) -> None:
    doubt = parser.add_argument_group("cases of doubt")
    doubt.add_argument(
        "--unannotated",
        type=one_of("skip", "negative"),
        default="skip",
        metavar="skip|negative",
        help="images without annotation: skip or negative",
    )
    doubt.add_argument(
        "--duplicates",
        type=one_of(*POLICIES),
        default="keep",
        metavar="keep|merge|reject",
        help="same picture, other boxes: keep, merge or reject",
    )
    doubt.add_argument(
        "--probe",
        type=one_of("structure", "decode"),
        default="structure",
        metavar="structure|decode",
        help="check of pictures: structure or decode",
    )
    doubt.add_argument(
        "--max_rejects",
        type=reporting(parse_fraction),
        default=0.01,
        metavar="FRACTION",
        help="stop if more of the images are rejected (default: %(default)s)",
    )


def parse_build_options(arguments: Sequence[str]) -> BuildOptions:
    """Parses the flags of `shardbox build`.

    Args:
        arguments: the command line after `build`.

    Raises:
        UsageError: quoting what is wrong, with the nearest right one.
    """
    parser = _Parser(prog="shardbox build", add_help=False, allow_abbrev=False)
    add_build_flags(parser)
    known = {flag for action in parser._actions for flag in action.option_strings}
    finder = _Parser(add_help=False, allow_abbrev=False)
    finder.add_argument("--config", nargs="+", action="extend", default=[])
    files = finder.parse_known_args(arguments)[0].config
    if arguments and not arguments[0].startswith("-"):  # it would be taken for a value of the file's last flag
        raise UsageError(f"unexpected argument '{arguments[0]}'")
    settings: dict[str, list[str]] = {}
    for file in files:
        settings.update(read_config(file, known))
    from_files = [item for setting in settings.values() for item in setting]
    parsed, rest = parser.parse_known_args([*from_files, *arguments])
    _check_beam_flags(rest, known)
    values = vars(parsed)
    values.pop("config")
    missing = [f"--{name}" for name in ("annotations", "images", "output") if not values[name]]
    if missing and not (missing == ["--output"] and values["dry_run"]):
        raise UsageError(f"{' and '.join(missing)} must be given")
    values["output"] = values["output"] or ""
    for name in ("annotations", "images"):
        values[name] = tuple(values[name])
    options = BuildOptions(**values, beam=tuple(rest))
    _check_shards(options)
    return options


def read_config(path: str, known: set[str]) -> dict[str, list[str]]:
    """Reads a YAML file of flags. Returns each flag with what would be typed for it: nothing to leave it off.

    Raises:
        UsageError: if it cannot be read, or holds a key that is no flag.
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
    beam_flags = _beam_flags()
    settings: dict[str, list[str]] = {}
    for key, value in content.items():
        flag = f"--{key}"
        if flag == "--config" or (flag not in known and flag not in beam_flags):
            keys = {name.lstrip("-") for name in known | beam_flags} - {"config"}
            raise UsageError(
                f"--config '{path}' has an unknown key '{key}'{did_you_mean(str(key).lstrip('-'), sorted(keys))}"
            )
        if isinstance(value, list) and flag in known - _TAKE_SEVERAL:
            raise UsageError(f"--config '{path}': '{key}' takes one value, not a list")
        settings[flag] = _as_arguments(flag, value)
    return settings


def _as_arguments(flag: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, dict):
        return [f"{flag}={','.join(f'{name}={share}' for name, share in value.items())}"]
    if isinstance(value, list):
        return [flag, *map(str, value)] if flag in _TAKE_SEVERAL else [f"{flag}={item}" for item in value]
    return [f"{flag}={value}"]


def _beam_flags() -> set[str]:
    flags: set[str] = set()
    for options in PipelineOptions.__subclasses__():
        parser = argparse.ArgumentParser(add_help=False)
        # Beam keeps the flags of each area in a class of its own and offers no list of them.
        options._add_argparse_args(parser)
        flags |= {flag for action in parser._actions for flag in action.option_strings}
    return flags


def _check_beam_flags(rest: Sequence[str], known: set[str]) -> None:
    """Refuses flags that neither this command nor Beam knows; Beam itself would ignore them."""
    if not rest:
        return
    for before, item in pairwise(["", *rest]):
        if not item.startswith("-") and (not before.startswith("-") or "=" in before):
            raise UsageError(f"unexpected argument '{item}'")
    given = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    given.add_argument("--runner", default="")
    runner = given.parse_known_args(rest)[0].runner.lower()
    beam_flags = _beam_flags()
    for item in rest:
        flag = item.partition("=")[0]
        if flag.startswith("-") and flag not in beam_flags and not re.fullmatch(r"-\d.*", flag):
            near = did_you_mean(flag, known | beam_flags)
            if runner in _LOCAL_RUNNERS or flag in known or (near and near[15:-1] in known):
                raise UsageError(f"unknown flag {flag}{near}")


def _check_shards(options: BuildOptions) -> None:
    if isinstance(options.num_shards, dict):
        for name in options.num_shards:
            if name not in options.splits:
                raise UsageError(
                    f"--num_shards names split '{name}', but --splits has {', '.join(options.splits)}"
                    + did_you_mean(name, options.splits)
                )
