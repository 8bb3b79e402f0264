"""`shardbox csv_to_tfrecords`: rows of boxes, and images, become one TFRecord file."""

import argparse
import shlex
from collections.abc import Sequence

from rich.console import Console

from beam_pipelines.command_line.config_files import parse_with_configs
from beam_pipelines.command_line.flags import (
    add_build_flags,
    add_class_flags,
    add_doubt_flags,
    add_images_flag,
    add_mask_flags,
    add_row_flags,
)
from beam_pipelines.command_line.options import BuildOptions, parse_build_options
from beam_pipelines.plain_file import build_file
from presentation.argument_parser import Parser, refuse_missing
from presentation.refusals import UsageError

EXAMPLE = """example:
  shardbox csv_to_tfrecords --rows train.csv --images images --label_map label_map.pbtxt --output train.tfrecord

All rows go into one file, in a shuffled order that does not change; `shardbox build` writes a dataset of several
splits and shards. What could not be read is listed in train.tfrecord.rejects.jsonl.

Every option of Apache Beam is passed on, such as --runner or --direct_num_workers.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command: those of `shardbox build` that say something of one file."""
    places = parser.add_argument_group("what to read and where to write")
    places.add_argument(
        "--rows", nargs="+", metavar="FILE", help="CSV or Parquet files with a row for each box, or patterns"
    )
    add_images_flag(places)
    places.add_argument("--output", metavar="FILE.tfrecord", help="the file to write")
    places.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    places.add_argument("--config", nargs="+", action="extend", metavar="FILE.yaml", help="read flags from YAML files")
    places.add_argument("--dry_run", action="store_true", help="do all but write, and print the table")
    add_row_flags(parser)
    add_mask_flags(parser)
    add_class_flags(parser)
    add_doubt_flags(parser)


def run(given: Sequence[str], screen: Console, progress_screen: Console) -> None:
    """Writes the file that the command line after `csv_to_tfrecords` asks for.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    options = parse_file_options(given)
    build_file(options, options.output, options.overwrite, screen, progress_screen)


def parse_file_options(given: Sequence[str]) -> BuildOptions:
    """Parses the flags of `shardbox csv_to_tfrecords`, which mean what they mean to `shardbox build`.

    Raises:
        UsageError: quoting what is wrong, with the nearest right one.
    """
    parser = Parser(prog="shardbox csv_to_tfrecords")
    add_flags(parser)
    every_flag = Parser()
    add_build_flags(every_flag)
    for flag in (item.partition("=")[0] for item in given):
        if flag in every_flag.flags() - parser.flags():
            raise UsageError(f"{flag} is a flag of `shardbox build`, and says nothing of one file: leave it out")
    values, _ = parse_with_configs(parser, given)
    needed = ("rows", "images") if values.dry_run else ("rows", "images", "output")
    refuse_missing([f"--{name}" for name in needed if not getattr(values, name)])
    if not values.label_map:
        raise UsageError(
            "--label_map must be given, because a record file alone does not tell its classes: "
            f"make one with `shardbox label_map --rows {shlex.join(values.rows)} --output label_map.pbtxt`"
        )
    return parse_build_options(given)
