"""`shardbox show`: one record as text, and as a picture with its boxes; or many on a sheet."""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping

from PIL import Image
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.command_line.flag_values import parse_whole_number, reporting
from beam_pipelines.drawing.pictures import draw_example, ids_of
from beam_pipelines.failures import DatasetError
from beam_pipelines.inspection.criteria import Criteria
from beam_pipelines.inspection.description import Description, describe
from beam_pipelines.inspection.objects import Objects
from beam_pipelines.inspection.saving import check_target, save_picture
from beam_pipelines.inspection.selection import Found, Wish, select
from beam_pipelines.record_files.locating import RecordSet, find_records
from beam_pipelines.record_files.views import ExampleView, parse_features, short_name, view_example
from beam_pipelines.records import RecordError
from presentation.drawing.contact_sheets import contact_sheet
from presentation.drawing.legends import legend
from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import counted, printable

EXAMPLE = """examples:
  shardbox show dataset
  shardbox show dataset --split test --index 17 --draw record.png
  shardbox show dataset --class dog --contact_sheet 20 --draw dogs.jpg
  shardbox show pascal_train.record --filename 000005.jpg

Records are numbered from 0. Without a manifest, the files of one series (train-00000-of-00010 and so on) are a split.
Where a drawing has little room, (d), (t) and (c) stand for difficult, truncated and crowd.
"""

_TILE = 320
_MOST_PIXELS = 100_000_000
"""Of a contact sheet's tiles together."""
_FOLDED = (("pixels", "normalised"), ("size", "area"), ("flags", "view"), ("class", "mask"))
"""Columns of objects of which the second goes below the first on a narrow screen."""
_NARROW = 72
"""Columns of a screen from which on a box is not folded."""
_WIDEST = 1000
"""Columns of a screen on which any table is as wide as it likes."""
_LONG_SIDES = (16, 16384)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument(
        "records", nargs="*", default=[], metavar="DIR_OR_FILE", help="a dataset, or record files of any program"
    )
    which = parser.add_argument_group("which record (default: the first)")
    number = reporting(parse_whole_number)
    which.add_argument(
        "--index",
        type=number,
        metavar="N",
        help="the N-th from 0 of those that the other flags leave; -1 is the last, if there is a manifest",
    )
    which.add_argument("--split", metavar="NAME", help="of this split")
    which.add_argument("--source_id", metavar="ID", help="with this image/source_id")
    which.add_argument("--filename", metavar="PATH", help="with this image/filename, or one that ends with it")
    which.add_argument(
        "--class", dest="class_name", metavar="NAME", help="with an object of this class, which drawings emphasise"
    )
    picture = parser.add_argument_group("as a picture")
    picture.add_argument("--draw", metavar="FILE.png|FILE.jpg", help="draw boxes, classes and masks on the picture")
    picture.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    picture.add_argument(
        "--long_side", type=number, metavar="N", help="pixels of the drawing's longer side; on a sheet, of each picture"
    )
    picture.add_argument(
        "--contact_sheet",
        type=number,
        metavar="N",
        help="draw N records on one sheet: from --index on; without it a sample of all shards, if there is a manifest "
        "and no --source_id, --filename or --class",
    )


def run(values: argparse.Namespace, screen: Console) -> int:
    """Prints a record, and draws it if that is asked for. Returns the exit code: 1 for a record that is damaged.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    _check(values)
    records = find_records(values.records)
    if records.problem:
        say(screen, printable(records.problem))
    if values.draw:
        check_target(values.draw, values.overwrite, records)
    if values.class_name is not None:
        values.class_name = short_name(values.class_name)
    criteria = Criteria(values.source_id, values.filename, values.class_name)
    wish = Wish(values.split, values.index, values.contact_sheet or 1, criteria)
    if values.contact_sheet:
        _show_sheet(values, select(records, wish), records, screen)
        return 0
    found = next(select(records, wish))
    _print(describe(found, records), screen)
    if values.draw:
        try:
            view = _view(found, records)
            ids = ids_of(view, records.class_ids)
            image = draw_example(view, ids, values.long_side, values.class_name)
        except RecordError as error:
            raise DatasetError(f"{_number(found)}, cannot be drawn: {printable(error.message)}") from None
        _save(image, {one.name for one in view.objects}, ids, values, screen)
    return 1 if found.frame.code else 0


def _check(values: argparse.Namespace) -> None:
    if not values.records:
        raise UsageError("nothing to show: give the folder of a dataset, or record files")
    for name in ("contact_sheet", "long_side", "overwrite"):
        if getattr(values, name) not in (None, False) and not values.draw:
            raise UsageError(f"--{name} says how to draw: give --draw FILE.png, too")
    least, most = _LONG_SIDES
    if values.long_side is not None and not least <= values.long_side <= most:
        raise UsageError(f"--long_side {values.long_side}: give a number of pixels from {least} to {most}")
    count = values.contact_sheet
    if count is None:
        return
    limit = _MOST_PIXELS // (values.long_side or _TILE) ** 2
    if not 1 <= count <= limit:
        smaller = ", or take a smaller --long_side" if values.long_side and count > limit else ""
        raise UsageError(f"--contact_sheet {count}: give a number of records from 1 to {max(1, limit)}{smaller}")


def _view(found: Found, records: RecordSet) -> ExampleView:
    """Returns a record that can be drawn.

    Raises:
        RecordError: if it is none.
    """
    if found.frame.code:
        raise RecordError(found.frame.code, found.frame.message)
    view = view_example(parse_features(found.frame.data), records.class_names)
    if not view.encoded:
        raise RecordError("image_missing", "the record holds no picture in image/encoded")
    return view


def _show_sheet(values: argparse.Namespace, chosen: Iterable[Found], records: RecordSet, screen: Console) -> None:
    tile = values.long_side or _TILE
    tiles: list[tuple[Image.Image, str]] = []
    ids: dict[str, int] = {}
    names: set[str] = set()
    number = 0
    for found in chosen:
        number += 1
        try:
            view = _view(found, records)
            image = draw_example(view, ids_of(view, records.class_ids), tile, values.class_name)
        except RecordError as error:
            say(screen, f"{found.index}: left out: {printable(error.message)} ({_number(found)})")
            continue
        tiles.append((image, f"{found.index}: {view.filename}"))
        ids = ids_of(view, records.class_ids) | ids
        names.update(one.name for one in view.objects)
        say(screen, f"{found.index}: {_in_short(view)} ({_number(found)})")
    if not tiles:
        raise DatasetError(f"none of {counted(number, 'record')} can be drawn, and '{values.draw}' was not written")
    if number < values.contact_sheet:
        say(screen, "There are no more such records.")
    _save(contact_sheet(tiles, tile=tile), names, ids, values, screen)


def _number(found: Found) -> str:
    return printable(f"{found.file.name}, record {found.frame.number:,}")


def _in_short(view: ExampleView) -> str:
    """Returns what is most worth knowing of a record on one line."""
    counts = Counter(one.name for one in view.objects)
    classes = [printable(name) + (f" ×{count}" if count > 1 else "") for name, count in sorted(counts.items())]
    labels = [printable(label) for label in view.labels]
    return f"{printable(view.filename) or 'no file name'}: {', '.join((*classes, *labels)) or 'no objects'}"


def _save(
    image: Image.Image, names: Iterable[str], ids: Mapping[str, int], values: argparse.Namespace, screen: Console
) -> None:
    save_picture(image, values.draw, values.overwrite)
    for line in legend(names, ids):
        say(screen, line)
    say(screen, f"{values.draw}: {image.width:,} × {image.height:,} pixels")


def _print(description: Description, screen: Console) -> None:
    say(screen, description.place)
    for what, text in description.facts.items():
        say(screen, f"{what:10} {text}")
    objects = description.objects
    if objects is not None:
        say(screen, "")
        boxes = ", boxes as xmin ymin xmax ymax" if "pixels" in objects.headers else ""
        say(screen, f"{counted(objects.total, 'object')}{boxes}" if objects.total else "no objects")
        if objects.rows:
            screen.print(_object_table(objects, screen))
    if description.others:
        say(screen, "")
        say(screen, counted(len(description.others), "feature" if objects is None else "other feature"))
        screen.print(_table(("key", "type", "number", "values"), description.others))
    if description.remarks:
        say(screen, "")
    for remark in description.remarks:
        say(screen, remark)


def _object_table(objects: Objects, screen: Console) -> Table:
    """Returns a table of one line for each object, or of two where that is too wide."""
    table = _table(objects.headers, objects.rows)
    if screen.measure(table, options=screen.options.update(max_width=_WIDEST)).maximum <= screen.width:
        return table
    folded = {below: above for above, below in _FOLDED if {above, below} <= set(objects.headers)}
    kept = [header for header in objects.headers if header not in folded]
    lines = [dict(zip(objects.headers, row, strict=True)) for row in (objects.headers, *objects.rows)]
    for line in lines:
        for below, above in folded.items():
            line[above] += f"\n{line[below]}"
    headers, *rows = [tuple(line[header] for header in kept) for line in lines]
    table = _table(headers, rows)
    for column, header in zip(table.columns, kept, strict=True):
        column.no_wrap = header == "pixels" and screen.width >= _NARROW  # flags may be folded instead
    return table


def _table(headers: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for header in headers:
        right = header.partition("\n")[0] in ("#", "size", "area", "number")
        table.add_column(header, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
