"""The table at the end: what is in the dataset, what was mended, and what was left out."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from beam_pipelines.rejects import REMEDIES, REPAIRS
from data_contract.manifest import Manifest, Split
from presentation.wording import counted, printable, readable_size

_MOST_CLASSES = 30
_SHIFT = 0.03
"""A split whose share of the images differs by so much from the one asked for is worth a remark."""


def print_summary(manifest: Manifest, paths: Sequence[str], seconds: float, peak_memory: int, screen: Console) -> None:
    """Prints what a person wants to know first.

    Args:
        manifest: of the dataset, or of the one that a dry run would have written.
        paths: of the files where a person goes on; none after a dry run.
        seconds: the whole job took.
        peak_memory: bytes, of the largest process.
        screen: where to print.
    """
    screen.print(_contents(manifest, "size" if paths else "size, about"))
    if manifest.repairs:
        screen.print(table_of_reasons("Repairs", manifest.repairs, REPAIRS))
    if manifest.rejects.counts:
        screen.print(table_of_reasons("Rejects", manifest.rejects.counts, REMEDIES))
    for line in _remarks(manifest):
        screen.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
    images = sum(split.images for split in manifest.splits.values())
    size = sum(split.bytes for split in manifest.splits.values())
    shards = sum(len(split.shards) for split in manifest.splits.values())
    speed = f" ({images / seconds:,.0f} images/s)" if seconds else ""
    screen.print(
        f"{counted(images, 'image')}, {readable_size(size)} in {counted(shards, 'shard')}, {seconds:.1f} s{speed}, "
        f"peak memory {readable_size(peak_memory)}",
        highlight=False,
        soft_wrap=True,
    )
    for line in paths or ["Dry run: nothing was written."]:
        screen.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)


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
    classes = sorted(manifest.classes, key=manifest.classes.__getitem__)

    def add_classes(label: str, counts: list[Mapping[str, int]]) -> None:
        add(label, [sum(c.values()) for c in counts], "bold")
        for name in classes[:_MOST_CLASSES]:
            add(f"  {printable(name)}", [c.get(name, 0) for c in counts])
        if len(classes) > _MOST_CLASSES:
            rest = classes[_MOST_CLASSES:]
            add(f"  {len(rest)} more classes", [sum(c.get(n, 0) for n in rest) for c in counts])

    labelled = any(s.labels for s in splits.values())
    if labelled:
        add_classes("labels", [s.labels for s in splits.values()])
    if not labelled or any(s.boxes for s in splits.values()):
        add_classes("boxes", [s.boxes for s in splits.values()])
    add("shards", [len(s.shards) for s in splits.values()], "bold")
    sizes = [s.bytes for s in splits.values()]
    table.add_row(size_label, *(readable_size(size) for size in (*sizes, *([sum(sizes)] if several else []))))
    return table


def table_of_reasons(title: str, counts: Mapping[str, int], meanings: dict[str, str]) -> Table:
    """Returns how many there are of each code, and what it means."""
    table = Table(title=title, title_justify="left", show_header=False)
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(f"{count:,}", code, meanings[code])
    return table


def _remarks(manifest: Manifest) -> list[str]:
    lines = [*map(printable, manifest.remarks), *_shifted_shares(manifest)]
    alone = manifest.seen.get("images_without_annotation", 0)
    if alone:
        if "rows" in manifest.seen:  # they may well be in another table
            what = f"{counted(alone, 'image')} that no row names left out"
            lines.append(f"{what}; --unannotated=negative is for images without any object alone.")
        else:
            what = f"{counted(alone, 'image')} without annotation left out"
            lines.append(f"{what}; --unannotated=negative takes them as negatives.")
    empty = sum(not shard.examples for split in manifest.splits.values() for shard in split.shards)
    if empty:
        lines.append(f"{counted(empty, 'shard')} without an example: ask for fewer with --num_shards.")
    for name, class_id in sorted(manifest.classes.items(), key=lambda item: item[1]):
        lacking = [split for split, content in manifest.splits.items() if not _has(content, name)]
        if lacking:
            what = "image" if any(content.labels for content in manifest.splits.values()) else "box"
            lines.append(f"Class '{printable(name)}' (id {class_id}) has no {what} in {', '.join(lacking)}.")
    return lines if len(lines) <= 20 else [*lines[:20], f"… and {len(lines) - 20} more remarks."]


def _has(split: Split, name: str) -> bool:
    return bool(split.boxes.get(name) or split.labels.get(name))


def _shifted_shares(manifest: Manifest) -> list[str]:
    """Returns a remark if the guarantee that every class is in every split, or large groups, outweighed the shares."""
    total = sum(split.images for split in manifest.splits.values())
    shares = {name: split.images / total for name, split in manifest.splits.items()} if total else {}
    wanted = manifest.options.get("splits", {})
    if all(abs(share - wanted.get(name, share)) < _SHIFT for name, share in shares.items()):
        return []
    found = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return [f"The splits hold {found} of the images: each class is to be in each split, and groups stay whole."]
