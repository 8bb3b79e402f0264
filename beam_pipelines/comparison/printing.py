"""Shows a person what differs between two datasets."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.boxes import shortened
from beam_pipelines.comparison.differences import KINDS
from presentation.terminal import say
from presentation.wording import counted, printable

_MOST_ROWS = 30
_EXAMPLES = 3
_MOST_BOXES = 5
_VERBS = {"added": "added", "removed": "removed", "moved": "moved", "class": "class", "attributes": "changed"}


def show(result: Mapping[str, Any], screen: Console) -> None:
    """Prints what `compare` has found.

    Args:
        result: as plain JSON values.
        screen: where to print.
    """
    if not result["differ"]:
        images = sum(split["after"]["images"] for split in result["splits"].values())
        say(
            screen, f"No difference: the same {counted(images, 'image')} in the same splits, with the same annotations."
        )
        return
    screen.print(_splits(result["splits"]))
    for table in (_images(result), _boxes(result), _reclassified(result), _labels(result), *_settings(result)):
        if table.row_count:
            screen.print(table)
    for line in _changed_boxes(result):
        say(screen, line)
    if not any(result["images"].values()) and result["shards"]["before"] + result["shards"]["after"]:
        say(screen, "The images and their annotations are the same; only the record files differ.")


def _table(title: str, *columns: str) -> Table:
    """Returns an empty table, of which the first column holds names and the others numbers."""
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _add_rows(table: Table, rows: Sequence[Sequence[str]]) -> Table:
    """Adds rows of text from files, up to a number that a person reads."""
    for cells in rows[:_MOST_ROWS]:
        table.add_row(*(Text(printable(cell)) for cell in cells))  # a name may look like markup
    if len(rows) > _MOST_ROWS:
        table.add_row(f"… {len(rows) - _MOST_ROWS:,} more")
    return table


def _splits(splits: Mapping[str, Any]) -> Table:
    table = _table("Splits", "", "images", "negatives", "boxes")
    columns = ("images", "negatives", "boxes")
    rows = [
        [name, *(_both(_count(of["before"], c), _count(of["after"], c)) for c in columns)]
        for name, of in splits.items()
    ]
    if len(splits) > 1:
        sums = [[sum(_count(of[side], c) for of in splits.values()) for side in ("before", "after")] for c in columns]
        rows.append(["all", *(_both(*pair) for pair in sums)])
    return _add_rows(table, rows)


def _count(counts: Mapping[str, int] | None, what: str) -> int:
    return counts[what] if counts else 0


def _both(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} → {after:,}"


def _images(result: Mapping[str, Any]) -> Table:
    table = _table("Images", "", "", "such as")
    table.columns[2].justify = "left"
    rows = []
    for kind, number in result["images"].items():
        if number:
            names = [_image_name(one, kind) for one in result["samples"][kind][:_EXAMPLES]]
            such_as = _moves(result["moves"]) if kind == "moved" else ", ".join(names)
            rows.append(
                (KINDS[kind], f"{number:,}", such_as + (", …" if number > len(names) and kind != "moved" else ""))
            )
    return _add_rows(table, rows)


def _moves(moves: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['before']} → {one['after']} {one['images']:,}" for one in moves)


def _image_name(one: Mapping[str, Any], kind: str) -> str:
    before, after = one["before"], one["after"]
    if kind == "renamed":
        return f"{before['image']} → {after['image']}"
    return str((after or before)["image"])


def _boxes(result: Mapping[str, Any]) -> Table:
    """Returns a row for each class whose boxes changed; the first five numbers add up."""
    columns = ("with images", "added", "removed", "class", "moved", "changed")
    table = _table("Boxes", "", "boxes", *columns)
    table.columns[1].no_wrap = True
    rows = []
    for name, counts in result["class_counts"]["boxes"].items():
        of = {kind: counts_of.get(name, 0) for kind, counts_of in result["boxes"].items()}
        gained, lost = (
            sum(one["boxes"] for one in result["reclassified"] if one[side] == name) for side in ("after", "before")
        )
        cells = (
            _plus_minus(of["with_added_images"], of["with_removed_images"]),
            _plus_minus(of["added"], 0),
            _plus_minus(0, of["removed"]),
            _plus_minus(gained, lost),
            _number(of["moved"]),
            _number(of["attributes"]),
        )
        if any(cells):
            rows.append((name, _both(counts["before"], counts["after"]), *cells))
    return _add_rows(table, rows)


def _reclassified(result: Mapping[str, Any]) -> Table:
    most_first = sorted(result["reclassified"], key=lambda one: -one["boxes"])
    rows = [(_arrow(one["before"], one["after"]), f"{one['boxes']:,}") for one in most_first]
    return _add_rows(_table("Reclassified", "", "boxes"), rows)


def _number(count: int) -> str:
    return f"{count:,}" if count else ""


def _plus_minus(gained: int, lost: int) -> str:
    return " ".join(part for part in (f"+{gained:,}" if gained else "", f"−{lost:,}" if lost else "") if part)


def _labels(result: Mapping[str, Any]) -> Table:
    counts, labels = result["class_counts"]["labels"], result["labels"]
    rows = [
        (
            name,
            _both(of["before"], of["after"]),
            _plus_minus(labels["added"].get(name, 0), labels["removed"].get(name, 0)),
        )
        for name, of in counts.items()
        if of["before"] != of["after"] or name in labels["added"] or name in labels["removed"]
    ]
    return _add_rows(_table("Classes of whole images", "class", "before → after", "in the same images"), rows)


def _settings(result: Mapping[str, Any]) -> Iterable[Table]:
    for part, title, first in (
        ("classes", "Label map", "class"),
        ("options", "Options", "option"),
        ("features", "Features", "key"),
        ("rejects", "Rejects", "code"),
    ):
        rows = [(name, _value(of, "before"), _value(of, "after")) for name, of in result[part].items()]
        yield _add_rows(_table(title, first, "before", "after"), rows)


def _value(sides: Mapping[str, Any], side: str) -> str:
    if sides.get(side) is None:
        return "–"
    value = sides[side]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _changed_boxes(result: Mapping[str, Any]) -> Iterable[str]:
    samples = result["samples"]["boxes"]
    if not samples:
        return
    total = result["images"]["boxes"]
    yield "Boxes changed" + (f", the first {len(samples)} of {total:,} images:" if total > len(samples) else ":")
    for one in samples:
        before, after = one["before"], one["after"]
        yield printable(f"  {_arrow(before['image'], after['image'])} ({_arrow(before['split'], after['split'])})")
        for change in one["boxes"][:_MOST_BOXES]:
            yield printable(f"    {_VERBS[change['kind']]:<8} {_box_change(change['before'], change['after'])}")
        if len(one["boxes"]) > _MOST_BOXES:
            yield f"    … {len(one['boxes']) - _MOST_BOXES:,} more"


def _arrow(before: str, after: str) -> str:
    return before if before == after else " → ".join(side for side in (before, after) if side)


def _box_change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Returns a box, and what of it is different behind an arrow."""
    first, *then = (_box_parts(box) for box in (before, after) if box is not None)
    changed = [part for part in then[0] if part not in first] if then else []
    return " ".join(first) + (f" → {' '.join(changed)}" if changed else "")


def _box_parts(box: Mapping[str, Any]) -> list[str]:
    names = ("xmin", "ymin", "xmax", "ymax")
    sides = (f"{name}={'?' if side is None else f'{side:g}'}" for name, side in zip(names, box["box"], strict=True))
    more = (f"{name}={value}" for name, value in box.items() if name not in ("class", "box"))
    return [shortened(box["class"]), *sides, *more]
