"""The table at the end: what is in the dataset, what was mended, and what was left out."""

import os
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.options import BuildOptions
from beam_pipelines.rejects import REMEDIES, REPAIRS
from data_contract.manifest import MANIFEST_NAME, Manifest

_MOST_CLASSES = 30
_SHIFT = 0.03
"""A split whose share of the images differs by so much from the one asked for is worth a remark."""


def print_summary(manifest: Manifest, options: BuildOptions, seconds: float, peak_memory: int, screen: Console) -> None:
    """Prints what a person wants to know first.

    Args:
        manifest: of the dataset, or of the one that a dry run would have written.
        options: what was asked for.
        seconds: the whole job took.
        peak_memory: bytes, of the largest process.
        screen: where to print.
    """
    screen.print(_contents(manifest, "size, about" if options.dry_run else "size"))
    if manifest.repairs:
        screen.print(_reasons("Repairs", manifest.repairs, REPAIRS))
    if manifest.rejects.counts:
        screen.print(_reasons("Rejects", manifest.rejects.counts, REMEDIES))
    for line in _remarks(manifest):
        screen.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
    images = sum(split.images for split in manifest.splits.values())
    size = sum(split.bytes for split in manifest.splits.values())
    shards = sum(len(split.shards) for split in manifest.splits.values())
    speed = f" ({images / seconds:,.0f} images/s)" if seconds else ""
    screen.print(
        f"{_count(images, 'image')}, {readable_size(size)} in {_count(shards, 'shard')}, {seconds:.1f} s{speed}, "
        f"peak memory {readable_size(peak_memory)}",
        highlight=False,
        soft_wrap=True,
    )
    if options.dry_run:
        screen.print("Dry run: nothing was written.", highlight=False)
    else:
        path = os.path.join(options.output, MANIFEST_NAME)
        screen.print(path, markup=False, emoji=False, highlight=False, soft_wrap=True)


def readable_size(count: float) -> str:
    """Returns a number of bytes as a person reads it.

    >>> readable_size(1536)
    '1.5 KiB'
    """
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def _contents(manifest: Manifest, size_label: str) -> Table:
    table = Table(title="Dataset", title_justify="left")
    table.add_column("")
    splits = manifest.splits
    for name in splits:
        table.add_column(name, justify="right")
    several = len(splits) > 1
    if several:
        table.add_column("all", justify="right")

    def add(label: str, counts: list[int], style: str = "") -> None:
        cells = [f"{count:,}" for count in (*counts, *([sum(counts)] if several else []))]
        table.add_row(Text(label), *cells, style=style)  # a name may look like markup

    add("images", [s.images for s in splits.values()], "bold")
    add("  negatives", [s.negatives for s in splits.values()])
    add("boxes", [sum(s.boxes.values()) for s in splits.values()], "bold")
    classes = sorted(manifest.classes, key=manifest.classes.__getitem__)
    for name in classes[:_MOST_CLASSES]:
        add(f"  {printable(name)}", [s.boxes.get(name, 0) for s in splits.values()])
    if len(classes) > _MOST_CLASSES:
        rest = classes[_MOST_CLASSES:]
        add(f"  {len(rest)} more classes", [sum(s.boxes.get(n, 0) for n in rest) for s in splits.values()])
    add("shards", [len(s.shards) for s in splits.values()], "bold")
    sizes = [s.bytes for s in splits.values()]
    table.add_row(size_label, *(readable_size(size) for size in (*sizes, *([sum(sizes)] if several else []))))
    return table


def _reasons(title: str, counts: Mapping[str, int], meanings: dict[str, str]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"{count:,}", code, meanings[code])
    return table


def _remarks(manifest: Manifest) -> list[str]:
    lines = _shifted_shares(manifest)
    alone = manifest.seen.get("images_without_annotation", 0)
    if alone:
        lines.append(
            f"{_count(alone, 'image')} without annotation left out; --unannotated=negative takes them as negatives."
        )
    empty = sum(not shard.examples for split in manifest.splits.values() for shard in split.shards)
    if empty:
        lines.append(f"{_count(empty, 'shard')} without an example: ask for fewer with --num_shards.")
    for name, class_id in sorted(manifest.classes.items(), key=lambda item: item[1]):
        lacking = [split for split, content in manifest.splits.items() if not content.boxes.get(name)]
        if lacking:
            lines.append(f"Class '{printable(name)}' (id {class_id}) has no box in {', '.join(lacking)}.")
    return lines if len(lines) <= 20 else [*lines[:20], f"… and {len(lines) - 20} more remarks."]


def _shifted_shares(manifest: Manifest) -> list[str]:
    """Returns a remark if the guarantee that every class is in every split, or large groups, outweighed the shares."""
    total = sum(split.images for split in manifest.splits.values())
    shares = {name: split.images / total for name, split in manifest.splits.items()} if total else {}
    wanted = manifest.options.get("splits", {})
    if all(abs(share - wanted.get(name, share)) < _SHIFT for name, share in shares.items()):
        return []
    found = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return [f"The splits hold {found} of the images: each class is to be in each split, and groups stay whole."]


def printable(text: str) -> str:
    """Returns text without control characters, which a name from a file could bring to a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
