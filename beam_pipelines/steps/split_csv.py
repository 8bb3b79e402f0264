"""`shardbox split_csv`: the rows of tables are divided by image, each class alike, and no picture is on two sides."""

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table as ScreenTable
from rich.text import Text

from beam_pipelines.command_line.flag_values import parse_fraction, reporting
from beam_pipelines.command_line.flags import (
    add_group_by_flag,
    add_images_flag,
    add_max_rejects_flag,
    add_row_flags,
    add_seed_flag,
    row_options,
)
from beam_pipelines.examination import Examiner
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from beam_pipelines.planning import refuse_groups, refuse_rejects
from beam_pipelines.records import Tally
from beam_pipelines.splits.fractions import parse_fractions
from beam_pipelines.steps.division import NOWHERE, Source, copy_lines, divide, open_sources, read_images
from beam_pipelines.steps.leak_groups import Images, group_by_content, group_by_path
from beam_pipelines.steps.left_out import LeftOut
from beam_pipelines.steps.sources import find_tables
from beam_pipelines.survey import Survey
from beam_pipelines.whole_files import written_whole
from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import printable

EXAMPLE = """examples:
  shardbox split_csv --rows labels.csv --output splits
  shardbox split_csv --rows labels.csv --images images --output splits \\
      --splits train=0.8,validation=0.1,test=0.1

Each file has the header and lines of the input as they are. All rows of an image are on one side. With --images,
copies of one picture under two names are too, and the sides are those that `shardbox build` makes with the same
--splits, --seed and --group_by. What could not be read is listed in splits/rejects.jsonl.
"""

_REJECTS = "rejects.jsonl"
_EVAL_FRACTION = 0.2
_MOST_CLASSES = 30


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    places = parser.add_argument_group("what to read and where to write")
    places.add_argument(
        "--rows", nargs="+", required=True, metavar="FILE", help="CSV files of rows with the same header, or patterns"
    )
    add_images_flag(places)
    places.add_argument("--output", required=True, metavar="DIR", help="folder for a file of each split")
    places.add_argument("--overwrite", action="store_true", help="replace the files that are there")
    splits = parser.add_argument_group("splits")
    splits.add_argument(
        "--eval_fraction",
        type=reporting(parse_eval_fraction),
        metavar="FRACTION",
        help=f"the share of eval.csv; the rest is train.csv (default: {_EVAL_FRACTION})",
    )
    splits.add_argument(
        "--splits", type=reporting(parse_fractions), metavar="NAME=FRACTION,…", help="instead: other splits"
    )
    add_seed_flag(splits)
    add_group_by_flag(splits)
    add_max_rejects_flag(splits, "rows or images")
    add_row_flags(parser)


def parse_eval_fraction(text: str) -> float:
    """Parses a fraction that leaves something on both sides.

    Raises:
        ValueError: quoting what is wrong.
    """
    fraction = parse_fraction(text)
    if fraction in (0, 1):
        side = "train" if fraction else "eval"
        raise ValueError(f"'{text}' leaves nothing for {side}: give a fraction between 0 and 1, such as 0.2")
    return fraction


def run(values: argparse.Namespace, screen: Console) -> None:
    """Writes a file for each split, and says what is in it.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    if values.splits and values.eval_fraction:
        raise UsageError("--eval_fraction and --splits are given: give one of them")
    share = values.eval_fraction or _EVAL_FRACTION
    fractions = values.splits or {"train": 1 - share, "eval": share}
    tables = find_tables(values.rows)
    sources = open_sources(tables, row_options(values))
    _check_groups(values.group_by, sources)
    names = [f"{split}.csv" for split in fractions]
    outputs = [os.path.join(values.output, name) for name in (_REJECTS, *names)]
    _check_folder(values.output)
    with written_whole(outputs, values.overwrite, [FileSet.of("rows", values.rows)]) as create:
        left_out = LeftOut(outputs[0], create)
        images = Images(with_objects=bool(values.images))
        left_out.survey.add(Tally("rows", read_images(sources, images, left_out)), seed=0)
        if values.images:
            group_by_content(images, _examiner(values), left_out)
        else:
            group_by_path(images, values.group_by, left_out)
        _refuse(values, left_out.survey)
        places = divide(images, fractions, values.seed)
        rows = copy_lines(sources, places, [create(path) for path in outputs[1:]])
    left_out.show(screen)
    found = _count_classes(images, places, len(fractions))
    screen.print(_contents(list(fractions), places, rows, found))
    for line in _remarks(values, sources, names, left_out.survey):
        say(screen, line)
    table = shlex.join(values.rows)
    advice = f"shardbox label_map --rows {table} --output label_map.pbtxt"
    say(screen, f"{values.output}: {', '.join(names)}; next: {advice}")


def _check_groups(group_by: str | None, sources: Sequence[Source]) -> None:
    layout = sources[0].layout
    if group_by is not None and layout.has("group"):
        raise UsageError(
            f"--rows '{sources[0].path}' names groups in its column '{layout.name_of('group')}', and so does "
            "--group_by: leave one of them out (a column is ignored when it is renamed)"
        )


def _check_folder(folder: str) -> None:
    """Refuses an output folder that is none.

    Raises:
        UsageError: naming it.
    """
    if is_remote(folder):
        raise UsageError(f"--output '{folder}' is not on a disk of this machine: give a folder here, and copy it")
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"--output '{folder}' is a file: give a folder")


def _examiner(values: argparse.Namespace) -> Examiner:
    files = FileSet.of("images", values.images)
    files.check()
    return Examiner(
        FileSet.of("rows", values.rows), files, group_by=values.group_by, normalized=row_options(values).normalized
    )


def _refuse(values: argparse.Namespace, survey: Survey) -> None:
    """Refuses what cannot be divided as it was asked for.

    Raises:
        DatasetError: with the reasons.
    """
    if not survey.seen["rows"]:
        raise DatasetError(
            f"there is nothing to divide: --rows {shlex.join(values.rows)} holds no row below the header"
        )
    refuse_rejects(survey, values.max_rejects)
    refuse_groups(survey, values.group_by, "below --images" if values.images else "that the rows give")


def _count_classes(images: Images, places: Sequence[int], splits: int) -> dict[str, list[int]]:
    """Returns for each class how many images of each split have it."""
    found: dict[str, list[int]] = {}
    for classes, place in zip(images.classes, places, strict=True):
        if place != NOWHERE:
            for name in classes:
                found.setdefault(name, [0] * splits)[place] += 1
    return found


def _contents(
    splits: Sequence[str], places: Sequence[int], rows: Sequence[int], found: Mapping[str, list[int]]
) -> ScreenTable:
    table = ScreenTable(title="Splits", title_justify="left")
    table.add_column("")
    for split in (*splits, "all"):
        table.add_column(split, justify="right")

    def add(label: str, counts: Sequence[int], style: str = "") -> None:
        table.add_row(Text(label), *(f"{count:,}" for count in (*counts, sum(counts))), style=style)

    images = Counter(places)
    add("rows", rows, "bold")
    add("images", [images[place] for place in range(len(splits))], "bold")
    names = sorted(found)
    for name in names[:_MOST_CLASSES]:
        add(f"  with {printable(name)}", found[name])
    if len(names) > _MOST_CLASSES:
        table.add_row(f"  … {len(names) - _MOST_CLASSES:,} more classes")
    return table


def _remarks(
    values: argparse.Namespace, sources: Sequence[Source], names: Sequence[str], survey: Survey
) -> Iterator[str]:
    """Yields lines on what a person may not expect."""
    if survey.groups_not_found:
        yield (
            f"--group_by does not match {survey.groups_not_found:,} of {survey.images:,} image paths: "
            "each of these images is a group of its own"
        )
    layout = sources[0].layout
    if layout.has("split"):
        yield (
            f"The column '{layout.name_of('split')}' decided nothing here and was copied; "
            "`shardbox build --rows` takes it for given splits."
        )
    others = sorted(name for name in os.listdir(values.output) if name.endswith(".csv") and name not in names)
    if others:
        listed = ", ".join(f"'{printable(name)}'" for name in others[:5]) + (", …" if len(others) > 5 else "")
        yield f"{values.output} holds tables that were not written now: {listed}."
