"""The flags of the commands with their help, in groups that several commands share."""

import argparse

from beam_pipelines.command_line.flag_values import (
    one_of,
    parse_fraction,
    parse_num_shards,
    parse_regular_expression,
    parse_size,
    parse_split_lists,
    parse_whole_number,
    reporting,
)
from beam_pipelines.deduplication import POLICIES
from beam_pipelines.rows.layout import BOX_FORMATS, RowOptions, parse_columns
from beam_pipelines.splits.fractions import parse_fractions
from presentation.refusals import UsageError

DEFAULT_SPLITS = "train=0.8,validation=0.1,test=0.1"

Flags = argparse._ActionsContainer
"""A parser, or a group of its flags."""


def add_build_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `shardbox build`, with their help."""
    places = parser.add_argument_group("what to read and where to write")
    add_annotations_flag(places)
    add_rows_flag(places)
    add_images_flag(places)
    places.add_argument("--output", metavar="DIR", help="folder of the dataset; must be new or empty")
    places.add_argument("--overwrite", action="store_true", help="replace the dataset that is in --output")
    places.add_argument("--config", nargs="+", action="extend", metavar="FILE.yaml", help="read flags from YAML files")
    places.add_argument("--dry_run", action="store_true", help="do all but write, and print the table")
    places.add_argument("--no_report", action="store_true", help="do not make the page report/index.html")
    add_row_flags(parser)
    add_mask_flags(parser)
    add_class_flags(parser)
    add_split_flags(parser)
    add_shard_flags(parser)
    add_doubt_flags(parser)


def add_annotations_flag(flags: Flags) -> None:
    """Adds --annotations: a list, None if it is not given."""
    flags.add_argument(
        "--annotations", nargs="+", metavar="PATTERN_OR_DIR", help="Pascal VOC XML files; a folder means all below it"
    )


def add_rows_flag(flags: Flags) -> None:
    """Adds --rows: a list, None if it is not given."""
    flags.add_argument(
        "--rows", nargs="+", metavar="FILE", help="instead: CSV or Parquet files with a row for each box, or patterns"
    )


def add_images_flag(flags: Flags) -> None:
    """Adds --images: a list, None if it is not given."""
    flags.add_argument("--images", nargs="+", metavar="PATTERN_OR_DIR", help="image files; a folder means all below it")


def add_row_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what tells how rows are to be read; `row_options` makes one value of them."""
    rows = parser.add_argument_group("rows")
    rows.add_argument(
        "--columns",
        type=reporting(parse_columns),
        metavar="FIELD=HEADER,…",
        help="headers of columns that are not found by themselves, such as image=path,label=classes,xmin=x1",
    )
    rows.add_argument(
        "--box_format",
        type=one_of(*BOX_FORMATS),
        metavar="|".join(BOX_FORMATS),
        help=f"what the numbers of a box are: corners, corner and size, or centre and size (default: {BOX_FORMATS[0]})",
    )
    rows.add_argument(
        "--normalized", action="store_true", help="boxes are in fractions of the image's size, not in pixels"
    )


def row_options(values: argparse.Namespace) -> RowOptions:
    """Returns how rows are to be read, from the values of `add_row_flags`.

    Raises:
        UsageError: if --rows can be left out, and is, so that there is nothing to read so.
    """
    for name in ("columns", "box_format", "normalized"):
        if getattr(values, name) and "rows" in values and not values.rows:
            raise UsageError(f"--{name} tells how to read --rows, which are not given: leave it out, or give --rows")
    return RowOptions(values.columns or (), values.box_format or BOX_FORMATS[0], values.normalized)


def add_mask_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the folders of masks."""
    masks = parser.add_argument_group("masks")
    masks.add_argument(
        "--masks",
        metavar="DIR",
        help="PNGs of the objects of each image, as VOC's SegmentationObject; with --rows where their mask files lie",
    )
    masks.add_argument(
        "--class_maps", metavar="DIR", help="PNGs of the classes of each image's pixels, as VOC's SegmentationClass"
    )


def add_class_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what tells the classes and their ids."""
    classes = parser.add_argument_group("classes")
    classes.add_argument("--label_map", metavar="FILE", help="label_map.pbtxt with the ids to use; default: make one")
    classes.add_argument(
        "--unknown_classes",
        type=one_of("fail", "drop"),
        default="fail",
        metavar="fail|drop",
        help="classes that --label_map lacks: fail or drop",
    )


def add_split_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what tells which image goes to which split."""
    splits = parser.add_argument_group("splits")
    splits.add_argument(
        "--splits",
        type=reporting(parse_fractions),
        metavar="NAME=FRACTION,…",
        help=f"splits and their shares, or all=1 (default: {DEFAULT_SPLITS})",
    )
    splits.add_argument(
        "--split_lists",
        type=reporting(parse_split_lists),
        metavar="NAME=FILE,…",
        help="instead: splits that are given, each as a text file with a name of an image on each line",
    )
    splits.add_argument(
        "--split_by_folder",
        action="store_true",
        help="instead: splits that are given as the folders right below --images",
    )
    splits.add_argument(
        "--strict_splits", action="store_true", help="refuse given splits if one picture or group is on two sides"
    )
    add_seed_flag(splits)
    add_group_by_flag(splits)


def add_seed_flag(flags: Flags) -> None:
    """Adds --seed: a whole number."""
    flags.add_argument(
        "--seed", type=reporting(parse_whole_number), default=0, metavar="N", help="another seed, other splits"
    )


def add_group_by_flag(flags: Flags) -> None:
    """Adds --group_by: the text of a regular expression, None if it is not given."""
    flags.add_argument(
        "--group_by",
        type=reporting(parse_regular_expression),
        metavar="REGEX",
        help="searched in the image path; pictures with the same first group stay on one side",
    )


def add_shard_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what tells the number of files."""
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


def add_doubt_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what to do where the data leave a choice."""
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
    add_max_rejects_flag(doubt, "images")


def add_max_rejects_flag(flags: Flags, nouns: str) -> None:
    """Adds --max_rejects, of which `nouns` says what it counts."""
    flags.add_argument(
        "--max_rejects",
        type=reporting(parse_fraction),
        default=0.01,
        metavar="FRACTION",
        help=f"stop if more of the {nouns} are rejected (default: %(default)s)",
    )
