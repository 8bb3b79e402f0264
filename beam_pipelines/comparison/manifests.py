"""What two manifests tell of the differences between their datasets."""

from collections.abc import Mapping
from typing import Any

from beam_pipelines.record_files.locating import RecordFile, RecordSet
from data_contract.manifest import Manifest, Split


def files_to_read(before: RecordSet, after: RecordSet) -> tuple[list[RecordFile], list[RecordFile], int]:
    """Returns the shards of each dataset that the other does not have too, and how many both have.

    A shard is the same if it has the same name, split, size and checksum.
    """
    one, other = ({_identity(file) for file in records.files} for records in (before, after))
    return (
        [file for file in before.files if _identity(file) not in other and _has_records(file)],
        [file for file in after.files if _identity(file) not in one and _has_records(file)],
        len(one & other),
    )


def _identity(file: RecordFile) -> tuple[Any, ...]:
    return file.name, file.split, file.expected


def _has_records(file: RecordFile) -> bool:
    return file.expected is None or file.expected.bytes > 0


def compare_manifests(before: Manifest, after: Manifest) -> dict[str, Any]:
    """Returns the differences as plain JSON values; counts of all splits and classes, also of equal ones."""
    return {
        "splits": {
            name: {"before": _counts(before.splits.get(name)), "after": _counts(after.splits.get(name))}
            for name in [*before.splits, *(name for name in after.splits if name not in before.splits)]
        },
        "class_counts": {what: _both(_by_class(before, what), _by_class(after, what)) for what in ("boxes", "labels")},
        "classes": _changed(before.classes, after.classes),
        "options": _changed(before.options, after.options),
        "features": _changed(_features(before), _features(after)),
        "rejects": _changed(before.rejects.counts, after.rejects.counts),
    }


def _counts(split: Split | None) -> dict[str, int] | None:
    if split is None:
        return None
    return {"images": split.images, "negatives": split.negatives, "boxes": sum(split.boxes.values())}


def _by_class(manifest: Manifest, what: str) -> dict[str, int]:
    counts = [getattr(split, what) for split in manifest.splits.values()]
    names = sorted({name for of_split in counts for name in of_split})
    return {name: sum(of_split.get(name, 0) for of_split in counts) for name in names}


def _both(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, dict[str, int]]:
    names = sorted({*before, *after})
    return {name: {"before": before.get(name, 0), "after": after.get(name, 0)} for name in names}


def _features(manifest: Manifest) -> dict[str, str]:
    return {feature.key: f"{feature.dtype} {feature.shape}" for feature in manifest.features}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns name → what stands there before and after, where that differs; nothing where it is missing."""
    return {
        name: {side: of[name] for side, of in (("before", before), ("after", after)) if name in of}
        for name in sorted({*before, *after})
        if name not in before or name not in after or before[name] != after[name]
    }
