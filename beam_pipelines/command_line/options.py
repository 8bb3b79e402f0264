"""What was asked of `shardbox build`, and what of that cannot be."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from beam_pipelines.command_line.config_files import parse_with_configs
from beam_pipelines.command_line.flags import DEFAULT_SPLITS, add_build_flags, row_options
from beam_pipelines.rows.layout import RowOptions
from beam_pipelines.splits.fractions import parse_fractions
from presentation.argument_parser import Parser, refuse_missing
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean


@dataclass(frozen=True)
class BuildOptions:
    """What was asked of `shardbox build`; see `flags.add_build_flags` for the meaning of each."""

    annotations: tuple[str, ...]
    """Empty if rows are given."""
    rows: tuple[str, ...]
    """Empty if annotations are given."""
    images: tuple[str, ...]
    output: str
    row_options: RowOptions
    masks: str | None
    class_maps: str | None
    label_map: str | None
    unknown_classes: str
    splits: dict[str, float] | None
    """None if no fractions are given; see `fractions`."""
    split_lists: dict[str, str] | None
    """The file of each split; None if the splits are not given so."""
    split_by_folder: bool
    strict_splits: bool
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
    no_report: bool
    beam: tuple[str, ...]
    """Flags for Beam."""

    @property
    def fractions(self) -> dict[str, float]:
        """The fractions of the splits, which count unless splits are given in another way."""
        return self.splits if self.splits is not None else parse_fractions(DEFAULT_SPLITS)

    @property
    def split_source(self) -> str:
        """Where splits come from: 'fractions', 'lists' or 'folders'. A split column of rows overrides 'fractions'."""
        if self.split_lists is not None:
            return "lists"
        return "folders" if self.split_by_folder else "fractions"

    def that_shape_data(self) -> dict[str, Any]:
        """Returns the options on which the dataset's bytes depend; no paths, so that data may move."""
        return {
            "box_format": self.row_options.box_format,
            "class_maps": self.class_maps is not None,
            "columns": dict(self.row_options.columns),
            "duplicates": self.duplicates,
            "group_by": self.group_by,
            "label_map_given": self.label_map is not None,
            "masks": self.masks is not None,
            "normalized": self.row_options.normalized,
            "num_shards": self.num_shards,
            "probe": self.probe,
            "seed": self.seed,
            "shard_size": self.shard_size,
            "split_source": self.split_source,
            "splits": self.fractions if self.split_source == "fractions" else {},
            "unannotated": self.unannotated,
            "unknown_classes": self.unknown_classes,
        }


def parse_build_options(arguments: Sequence[str]) -> BuildOptions:
    """Parses the flags of `shardbox build`.

    Args:
        arguments: the command line after `build`.

    Raises:
        UsageError: quoting what is wrong, with the nearest right one.
    """
    parser = Parser(prog="shardbox build")
    add_build_flags(parser)
    parsed, beam = parse_with_configs(parser, arguments)
    _check_places(parsed)
    _check_split_flags(parsed)
    values = vars(parsed) | {"row_options": row_options(parsed), "output": parsed.output or "", "beam": beam}
    for name in ("config", "columns", "box_format", "normalized"):
        values.pop(name)
    for name in ("annotations", "rows", "images"):
        values[name] = tuple(values[name] or ())
    options = BuildOptions(**values)
    if options.split_lists is not None:
        check_shard_names(options.num_shards, options.split_lists, "--split_lists")
    elif options.splits is not None or (options.annotations and not options.split_by_folder):
        check_shard_names(options.num_shards, options.fractions, "--splits")
    return options


def _check_places(values: argparse.Namespace) -> None:
    if values.annotations and values.rows:
        raise UsageError("--annotations and --rows exclude each other: boxes come from XML files or from rows")
    missing = [] if values.annotations or values.rows else ["--annotations (or --rows)"]
    missing += [f"--{name}" for name in ("images", "output") if not getattr(values, name)]
    if not (missing == ["--output"] and values.dry_run):
        refuse_missing(missing)


def _check_split_flags(values: argparse.Namespace) -> None:
    given = [f"--{name}" for name in ("splits", "split_lists", "split_by_folder") if getattr(values, name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other: each says which image goes to which split")
    if values.strict_splits and (given == ["--splits"] or not (given or values.rows)):
        raise UsageError(
            "--strict_splits refuses leaks between splits that are given, which --splits never makes: "
            "leave it out, or give --split_lists or --split_by_folder"
        )


def check_shard_names(num_shards: int | dict[str, int] | None, splits: Iterable[str], source: str) -> None:
    """Refuses --num_shards for splits that are not there.

    Args:
        num_shards: as the flag gave it.
        splits: their names.
        source: what named them, such as '--splits'.

    Raises:
        UsageError: quoting the first one, with the nearest right one.
    """
    names = list(splits)
    for name in num_shards if isinstance(num_shards, dict) else ():
        if name not in names:
            raise UsageError(
                f"--num_shards names split '{name}', but {source} has {', '.join(names)}{did_you_mean(name, names)}"
            )
