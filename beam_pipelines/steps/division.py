"""Divides the lines of tables among files: which image each line is of, which split the image goes to, and the copy."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from apache_beam.io.filesystems import FileSystems

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import Reject
from beam_pipelines.rows.layout import Layout, RowOptions
from beam_pipelines.rows.reading import is_parquet, read_layout, read_rows
from beam_pipelines.splits.assignment import plan_splits, split_of
from beam_pipelines.splits.census import Census, draw
from beam_pipelines.splits.fractions import explain_empty
from beam_pipelines.steps.leak_groups import Images
from beam_pipelines.steps.left_out import LeftOut
from beam_pipelines.steps.sources import Table
from presentation.refusals import UsageError

_BLOCK = 1 << 20

NOWHERE = 0xFFFF
"""Where the lines of an image go that is left out."""

_NO_IMAGE = 0xFFFFFFFF
"""The number of an image that a line has none of."""


class Source(NamedTuple):
    """A table in text, and what its lines are."""

    path: str
    name: str
    """Names it in rejects."""
    layout: Layout
    images: "array[int]"
    """Of each line below the header that is not blank: the number of its image."""


def open_sources(tables: Sequence[Table], options: RowOptions) -> list[Source]:
    """Looks at the headers of tables.

    Raises:
        UsageError: if they are not text, cannot be read, or do not have the same header.
    """
    sources: list[Source] = []
    for path, name in tables:
        layout = read_layout(path, options)
        if is_parquet(path):
            raise UsageError(
                f"--rows '{path}' is Parquet, of which no lines can be copied: "
                "`shardbox build --rows … --splits …` divides it on its way into a dataset"
            )
        first = sources[0] if sources else None
        if first and (layout.header, layout.delimiter) != (first.layout.header, first.layout.delimiter):
            raise UsageError(
                f"--rows '{path}' has the header '{_header(layout)}', but '{first.path}' has "
                f"'{_header(first.layout)}': give tables with the same header"
            )
        sources.append(Source(path, name, layout, array("I")))
    return sources


def read_images(sources: Sequence[Source], images: Images, left_out: LeftOut) -> int:
    """Reads all rows: gathers what they say of each image, and notes the image of each line. Returns their number.

    Raises:
        DatasetError: if a table cannot be read to its end.
    """
    for source in sources:
        note = source.images.append
        for row in read_rows(source.path, source.name, source.layout):
            if isinstance(row, Reject):
                left_out.add(row)
                note(_NO_IMAGE)
            else:
                note(images.add(row, source.name))
    return sum(len(source.images) for source in sources)


def divide(images: Images, fractions: Mapping[str, float], seed: int) -> "array[int]":
    """Plans the splits as `shardbox build` does: by groups, each set of classes alike.

    Returns:
        By number of each image the index of its split in `fractions`, or `NOWHERE`.

    Raises:
        DatasetError: if a split would be empty.
    """
    classes: dict[str, tuple[str, ...]] = {}
    for group, found in zip(images.groups, images.classes, strict=True):
        if group is not None:
            known = classes.setdefault(group, found)
            if known is not found:
                classes[group] = tuple({*known, *found})
    census = Census()
    draws = array("Q", (draw(group, seed) for group in classes))
    for found, place in zip(classes.values(), draws, strict=True):
        census.add(_signature(found), place)
    plan = plan_splits(census, fractions)
    if plan.empty_splits:
        raise DatasetError(explain_empty(census.groups(), fractions, plan.empty_splits))
    order = {name: index for index, name in enumerate(fractions)}
    places = {
        group: order[split_of(plan, _signature(found), place)]
        for (group, found), place in zip(classes.items(), draws, strict=True)
    }
    return array("H", (NOWHERE if group is None else places[group] for group in images.groups))


def _signature(classes: Iterable[str]) -> str:
    """As in `Picture`."""
    return "\0".join(sorted(classes))


def copy_lines(sources: Sequence[Source], places: "array[int]", outputs: Sequence[BinaryIO]) -> list[int]:
    """Copies the header of the first table to each output, and each line to that of its image, as it is.

    Args:
        sources: as `read_images` left them.
        places: of `divide`.
        outputs: a file of each split.

    Returns:
        The number of rows in each output.

    Raises:
        DatasetError: if a table was changed since it was read.
    """
    counts = [0] * (NOWHERE + 1)
    writes = [output.write for output in outputs]
    for source in sources:
        lines = _lines(source.path)
        header = next(lines, b"")
        if source is sources[0]:
            for write in writes:
                write(header + b"\n")
        rows = (line for line in lines if line and not line.isspace())
        try:
            for line, image in zip(rows, source.images, strict=True):
                place = NOWHERE if image == _NO_IMAGE else places[image]
                counts[place] += 1
                if place != NOWHERE:
                    writes[place](line + b"\n")
        except ValueError:
            raise DatasetError(f"--rows '{source.path}' was changed while it was read: run the command again") from None
    return counts[: len(outputs)]


def _lines(path: str) -> Iterator[bytes]:
    """Yields the lines of a file without their LF."""
    rest = b""
    with FileSystems.open(path) as file:
        while block := file.read(_BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
    if rest:
        yield rest


def _header(layout: Layout) -> str:
    return layout.delimiter.join(layout.header)
