"""`shardbox label_map`: the classes of tables, of XML files, or from the command line become a label map."""

import argparse
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.command_line.flag_values import reporting
from beam_pipelines.command_line.flags import add_max_rejects_flag, add_row_flags, row_options
from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from beam_pipelines.planning import refuse_rejects
from beam_pipelines.reading import read_file
from beam_pipelines.records import Reject, Tally
from beam_pipelines.rows.reading import read_layout, read_rows
from beam_pipelines.steps.left_out import LeftOut
from beam_pipelines.steps.sources import find_tables, read_annotations
from beam_pipelines.whole_files import written_whole
from data_contract.label_map import Label, LabelMap, LabelMapError, in_order, read_label_map
from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import counted, printable

EXAMPLE = """examples:
  shardbox label_map --rows labels.csv --output label_map.pbtxt
  shardbox label_map --rows more_labels.csv --keep label_map.pbtxt --output new_label_map.pbtxt
  shardbox label_map --from_classes upper,lower,full --output label_map.pbtxt

Ids start from 1: in alphabetical order (classes that are numbers: in that of numbers), or as --from_classes says.
"""

_MOST_CLASSES = 30


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    classes = parser.add_argument_group("where the classes come from (one of the three)")
    classes.add_argument("--rows", nargs="+", metavar="FILE", help="CSV or Parquet files of rows, or patterns")
    classes.add_argument(
        "--annotations", nargs="+", metavar="PATTERN_OR_DIR", help="Pascal VOC XML files; a folder means all below it"
    )
    classes.add_argument("--from_classes", type=reporting(parse_classes), metavar="NAME,…", help="names, in this order")
    result = parser.add_argument_group("the label map")
    result.add_argument(
        "--keep", metavar="FILE", help="a label map of which all ids stay; new classes come after its highest"
    )
    result.add_argument("--output", required=True, metavar="FILE.pbtxt", help="the label map to write")
    result.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    add_max_rejects_flag(result, "rows or annotations")
    add_row_flags(parser)


def run(values: argparse.Namespace, screen: Console) -> None:
    """Writes the label map, and shows it.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    given = [name for name in ("rows", "annotations", "from_classes") if getattr(values, name)]
    if len(given) != 1:
        wrong = " and ".join(f"--{name}" for name in given) + " are given" if given else "nothing says the classes"
        raise UsageError(f"{wrong}: give one of --rows, --annotations and --from_classes")
    kept = _read_kept(values.keep)
    rejects = f"{values.output}.rejects.jsonl"
    inputs = [FileSet.of(kind, getattr(values, kind)) for kind in given if kind != "from_classes"]
    with written_whole([rejects, values.output], values.overwrite, inputs) as create:
        left_out = LeftOut(rejects, create)
        counts = None if values.from_classes else _count(values, left_out)
        try:
            label_map = extended(kept, values.from_classes or in_order(counts or ()))
        except LabelMapError as error:
            raise DatasetError(str(error)) from None
        create(values.output).write(label_map.to_pbtxt().encode())
    left_out.show(screen)
    screen.print(_table(label_map, counts))
    unused = [label.name for label in kept.labels if label.name not in (counts or values.from_classes)] if kept else []
    if unused:
        names = ", ".join(f"'{printable(name)}'" for name in unused)
        say(screen, f"{counted(len(unused), 'class', 'classes')} of --keep not found here, and kept: {names}")
    say(screen, f"{values.output}: {counted(len(label_map.labels), 'class', 'classes')}; next: {_next_command(values)}")


def parse_classes(text: str) -> tuple[str, ...]:
    """Parses 'upper,lower,full' as names of classes, in this order.

    Raises:
        ValueError: quoting what is wrong.
    """
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if not name:
            raise ValueError(f"'{text}' has an empty name: write names with a comma between them, such as upper,lower")
        if name in names:
            raise ValueError(f"'{text}' has the name '{name}' twice: name it once")
        names.append(name)
    return tuple(names)


def extended(kept: LabelMap | None, names: Iterable[str]) -> LabelMap:
    """Returns a label map with the ids of another, and behind its highest id those names that it lacks, in order.

    Args:
        kept: the other; None for a label map from 1.
        names: of all classes, each once.

    Raises:
        LabelMapError: if that makes no label map.
    """
    labels = kept.labels if kept else ()
    known = {label.name for label in labels}
    new = [name for name in names if name not in known]
    first = max((label.id for label in labels), default=0) + 1
    return LabelMap((*labels, *(Label(name, number) for number, name in enumerate(new, first))))


def _read_kept(path: str | None) -> LabelMap | None:
    if path is None:
        return None
    try:
        return read_label_map(read_file(path))
    except OSError as error:
        raise UsageError(f"--keep '{path}' cannot be read: {error.strerror or error}") from None
    except LabelMapError as error:
        raise UsageError(f"--keep '{path}': {error}") from None


def _count(values: argparse.Namespace, left_out: LeftOut) -> Counter[str]:
    """Returns how often each class occurs in rows or annotations.

    Raises:
        UsageError, DatasetError: if there is none, or too much is rejected.
    """
    what = "rows" if values.rows else "annotations"
    counts = _count_rows(values, left_out) if values.rows else _count_annotations(values.annotations, left_out)
    if left_out.survey.rejects:
        refuse_rejects(left_out.survey, values.max_rejects, what)
    if not counts:
        number = left_out.survey.images
        raise DatasetError(f"none of {number:,} {what} has a class, so there is nothing to map: check --{what}")
    return counts


def _count_rows(values: argparse.Namespace, left_out: LeftOut) -> Counter[str]:
    counts = Counter[str]()
    number = 0
    options = row_options(values)
    tables = [(*table, read_layout(table.path, options)) for table in find_tables(values.rows)]
    for path, source, layout in tables:
        for row in read_rows(path, source, layout):
            number += 1
            if isinstance(row, Reject):
                left_out.add(row)
            elif name := row.object.name if row.object else row.label:
                counts[name] += 1
    left_out.survey.add(Tally("rows", number), seed=0)
    left_out.survey.images = number - left_out.survey.rejected("row")
    return counts


def _count_annotations(patterns: Sequence[str], left_out: LeftOut) -> Counter[str]:
    files = FileSet.of("annotations", patterns)
    files.check()
    counts = Counter[str]()
    for _, _, found in read_annotations(files):
        if isinstance(found, Reject):
            left_out.add(found)
            continue
        left_out.survey.images += 1
        counts.update(one.name for one in found.objects if one.name)
    return counts


def _table(label_map: LabelMap, counts: Mapping[str, int] | None) -> Table:
    table = Table(title="Label map", title_justify="left")
    table.add_column("id", justify="right")
    table.add_column("name")
    if counts is not None:
        table.add_column("boxes", justify="right")
    for label in label_map.labels[:_MOST_CLASSES]:
        number = [] if counts is None else [f"{counts.get(label.name, 0):,}"]
        table.add_row(str(label.id), Text(printable(label.name)), *number)  # a name may look like markup
    more = len(label_map.labels) - _MOST_CLASSES
    if more > 0:
        table.add_row("…", f"{more:,} more")
    return table


def _next_command(values: argparse.Namespace) -> str:
    flag = "annotations" if values.annotations else "rows"
    given = shlex.join(getattr(values, flag) or ["labels.csv"])
    return f"shardbox build --{flag} {given} --images images --label_map {shlex.quote(values.output)} --output dataset"
