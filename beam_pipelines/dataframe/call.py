"""What a call of `write_tfrecords` asks for: refused where it does not go together, else told as flags of `build`."""

import operator
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beam_pipelines.rows.layout import BOX_FORMATS, FIELDS, RowOptions
from beam_pipelines.splits.fractions import check_name
from data_contract.label_map import LabelMap, LabelMapError
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean

Path = str | os.PathLike[str]

_SAME_FLAGS = (
    *("group_by", "num_shards", "seed", "unknown_classes", "unannotated", "duplicates"),
    *("probe", "max_rejects"),
)
_RECORD_FILES = (".tfrecord", ".tfrecords", ".tfrec", ".record")


@dataclass(frozen=True)
class FrameCall:
    """The arguments of `write_tfrecords`."""

    frames: Any
    output: Path
    label_map: Mapping[str, int] | LabelMap | Path | None
    images: Path | Sequence[Path] | None
    columns: Mapping[str, str] | None
    box_format: str
    normalized: bool
    masks: Path | None
    splits: Mapping[str, float] | None
    strict_splits: bool
    seed: int
    group_by: str | None
    num_shards: int | Mapping[str, int] | None
    unknown_classes: str
    unannotated: str
    duplicates: str
    probe: str
    max_rejects: float
    overwrite: bool
    progress: bool
    beam: Sequence[str]

    @property
    def is_plain(self) -> bool:
        """Whether one file is wanted, and no folder."""
        return os.fspath(self.output).lower().endswith(_RECORD_FILES)

    def row_options(self) -> RowOptions:
        """Returns what is said of the columns.

        Raises:
            UsageError: for a field or a box format that there is not.
        """
        columns = self.columns or {}
        for field in columns:
            if field not in FIELDS:
                near = did_you_mean(str(field), FIELDS)
                raise UsageError(f"columns: '{field}' is not a field: take one of {', '.join(FIELDS)}{near}")
        if self.box_format not in BOX_FORMATS:
            near = did_you_mean(str(self.box_format), BOX_FORMATS)
            raise UsageError(f"box_format: '{self.box_format}' is not one of {', '.join(BOX_FORMATS)}{near}")
        named = tuple((field, str(name).strip()) for field, name in columns.items())
        return RowOptions(named, self.box_format, self.normalized)

    def flags(self, rows: Sequence[str], images: Sequence[str], label_map: str | None) -> list[str]:
        """Returns the command line of `shardbox build` that asks for the same, but for the columns.

        Args:
            rows: paths of the staged frames.
            images: patterns or folders.
            label_map: path of the label map.
        """
        given: dict[str, Any] = {
            "output": os.fspath(self.output),
            "label_map": label_map,
            "masks": os.fspath(self.masks) if self.masks is not None else None,
            "splits": self.splits,
        }
        given |= {name: getattr(self, name) for name in _SAME_FLAGS}
        flags = ["--rows", *rows, "--images", *images]
        flags += [f"--{name}={_flag_text(value)}" for name, value in given.items() if value is not None]
        flags += [f"--{name}" for name in ("strict_splits", "overwrite") if getattr(self, name)]
        return [*flags, *self.beam]


def _flag_text(value: Any) -> str:
    return ",".join(f"{name}={item}" for name, item in value.items()) if isinstance(value, Mapping) else str(value)


def check_call(call: FrameCall) -> None:
    """Refuses what does not go together.

    Raises:
        UsageError: saying what to leave out or to give.
    """
    if isinstance(call.beam, str):
        raise UsageError(f"beam must be a list of flags, not the text '{call.beam}': write beam=['{call.beam}']")
    if isinstance(call.images, Sequence) and not call.images:
        raise UsageError(
            "images is empty: give a folder or patterns, or leave it out: then rows hold paths as they can be opened"
        )
    if isinstance(call.frames, Mapping):
        _check_names(call)
        if call.splits is not None:
            raise UsageError(
                "splits share out the images of one frame, but frames are given by split: leave splits out"
            )
        if "split" in (call.columns or {}):
            raise UsageError("columns names a column for split, but frames are given by split: leave it out")
    if not call.is_plain:
        return
    if isinstance(call.frames, Mapping):
        raise UsageError(
            f"the frames of several splits make a dataset folder, but output '{os.fspath(call.output)}' is one file: "
            f"give a folder, or call once for each frame"
        )
    for name in ("splits", "num_shards"):
        if getattr(call, name) is not None:
            raise UsageError(
                f"{name} is for a dataset folder, but output '{os.fspath(call.output)}' is one file: "
                f"leave it out, or give a folder"
            )
    if call.label_map is None:
        raise UsageError(
            "label_map must be given for one file, which alone does not tell its classes: "
            "write label_map={'cat': 1, …}, or give the path of a label_map.pbtxt"
        )


def _check_names(call: FrameCall) -> None:
    if not call.frames:
        raise UsageError("frames is empty: give a frame for each split, such as {'train': …, 'test': …}")
    for name in call.frames:
        if not isinstance(name, str):
            raise UsageError(f"frames has the key {name!r}, but splits are named by text: write '{name}'")
    earlier: dict[str, float] = {}
    try:
        for name in call.frames:
            check_name(name, earlier)
            earlier[name] = 1.0
    except ValueError as error:
        raise UsageError(f"frames: {error}") from None


def label_map_text(given: Mapping[str, int] | LabelMap | Path | None) -> str | None:
    """Returns the text of a label map that is no file yet.

    Raises:
        UsageError: naming the class and the id that cannot be.
    """
    if given is None or isinstance(given, str | os.PathLike):
        return None
    if isinstance(given, LabelMap):
        return given.to_pbtxt()
    if not isinstance(given, Mapping):
        raise UsageError(
            f"label_map is a {type(given).__name__}: give class → id, such as {{'cat': 1}}, or the path of a label map"
        )
    ids = {}
    for name, number in given.items():
        if not isinstance(name, str):
            raise UsageError(f"label_map has the class {name!r} (id {number!r}), but classes are text: write '{name}'")
        try:
            ids[name] = number if isinstance(number, bool) else operator.index(number)
        except TypeError:
            ids[name] = number
    try:
        return LabelMap.from_ids(ids).to_pbtxt()
    except LabelMapError as error:
        raise UsageError(f"label_map: {error}") from None
