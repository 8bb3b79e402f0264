"""Frames are laid where the job reads them, and the job is run in the user's own process."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow
from rich.console import Console

from beam_pipelines.dataframe.call import FrameCall, Path, check_call, label_map_text
from beam_pipelines.dataframe.fields import Fields, FrameError, fields_of
from beam_pipelines.dataframe.quiet_beam import quiet_beam
from beam_pipelines.failures import DatasetError
from beam_pipelines.rows.layout import LayoutError
from data_contract.label_map import LabelMap
from data_contract.manifest import Manifest
from presentation.refusals import UsageError

if TYPE_CHECKING:
    from beam_pipelines.command_line.options import BuildOptions

_ONE_FRAME = "frame"
"""Name of the only frame, as a file of rows."""


def write_tfrecords(
    frames: Any,
    output: Path,
    label_map: Mapping[str, int] | LabelMap | Path | None = None,
    *,
    images: Path | Sequence[Path] | None = None,
    columns: Mapping[str, str] | None = None,
    box_format: str = "xyxy",
    normalized: bool = False,
    masks: Path | None = None,
    splits: Mapping[str, float] | None = None,
    strict_splits: bool = False,
    seed: int = 0,
    group_by: str | None = None,
    num_shards: int | Mapping[str, int] | None = None,
    unknown_classes: str = "fail",
    unannotated: str = "skip",
    duplicates: str = "keep",
    probe: str = "structure",
    max_rejects: float = 0.01,
    overwrite: bool = False,
    progress: bool = True,
    beam: Sequence[str] = (),
) -> Manifest:
    """Writes frames with a row for each box as TFRecords: a dataset folder, or one plain file.

    Rows with an empty class and box stand for an image without objects. A row that cannot be used is left out
    and told in the rejects, where it is known by its place in the frame, counted from 1.

    Args:
        frames: a pandas.DataFrame, or a table of polars, pyarrow or another library that has
            `__arrow_c_stream__`; or split → such a frame, for a dataset of exactly these splits.
        output: a folder that is new or empty; or for one frame a file that ends in .tfrecord, .tfrecords, .tfrec
            or .record, which then holds all of its images.
        label_map: class → id, from 1; or the path of a label_map.pbtxt. None numbers the classes in the order
            of the alphabet, and is not possible for a plain file.
        images: folders or patterns of the image files that rows name. None if rows hold paths as they can be
            opened: absolute, or relative to the working folder.
        columns: field → name of its column, where the name does not tell: image, label, box, xmin, ymin, ….
        box_format: what the four numbers of a box are: 'xyxy', 'xywh' or 'cxcywh'.
        normalized: whether boxes are fractions of the image's size, not pixels.
        masks: folder of the mask files that rows name.
        splits: split → its share of the images of one frame, such as {'train': 0.9, 'test': 0.1}.
        strict_splits: refuse given splits if one picture or group is on two sides.
        seed: another one makes other splits.
        group_by: regular expression that is searched in image paths; images with the same first group stay in
            one split.
        num_shards: files of all splits together, or split → files; None for as many as their size asks for.
        unknown_classes: classes that the label map lacks: 'fail' or 'drop'.
        unannotated: images below `images` without a row: 'skip', or 'negative'.
        duplicates: same picture, other boxes: 'keep', 'merge' or 'reject'.
        probe: check of pictures: 'structure' or 'decode'.
        max_rejects: fraction of the images that may be rejected.
        overwrite: replace what an earlier call wrote.
        progress: show how far the work is, and a table of what came out; False prints nothing.
        beam: flags of Apache Beam, such as ('--runner=FlinkRunner',).

    Returns:
        What was written: counts of images and boxes, files, rejects by reason.

    Raises:
        ValueError: with a sentence that names what is wrong, and where.
    """
    arguments = dict(locals())
    failure: BaseException
    try:
        with quiet_beam():
            return _write(FrameCall(**arguments))
    except (UsageError, FrameError, LayoutError) as error:
        failure = ValueError(in_python(str(error)))
    except DatasetError as error:
        failure = ValueError(in_python(error.sentence))
    except RuntimeError as error:  # Beam turns the KeyboardInterrupt of a step into an error of its own
        if not str(error).startswith("KeyboardInterrupt"):
            raise
        failure = KeyboardInterrupt()
    raise failure


def _write(call: FrameCall) -> Manifest:
    from beam_pipelines.building import build  # noqa: PLC0415
    from beam_pipelines.dataframe.staging import place_images, staging_folder  # noqa: PLC0415
    from beam_pipelines.plain_file import build_file  # noqa: PLC0415

    check_call(call)
    label_map = label_map_text(call.label_map)
    staged = _to_stage(call)
    image_base = image_count = None
    if call.images is None:
        image_base, placed = place_images(list(staged.tables.values()))
        staged = staged._replace(tables=dict(zip(staged.tables, placed, strict=True)))
        image_count = sum(len(table.column("image").unique()) for table in placed)
    screen, progress_screen = _screens() if call.progress else (None, None)
    with staging_folder(call.beam) as folder:
        options = _stage(call, staged, label_map, image_base, folder)
        if not call.is_plain:
            return build(options, screen, progress_screen, image_base, image_count)
        return build_file(
            *(options, os.fspath(call.output), call.overwrite, screen, progress_screen),
            image_base=image_base,
            image_count=image_count,
        )


class _Staged(NamedTuple):
    """What is to be staged."""

    tables: dict[str, pyarrow.Table]
    """Split → the fields of its frame."""
    names: dict[str, str]
    """Field → what its column is called."""


def _to_stage(call: FrameCall) -> _Staged:
    options = call.row_options()
    if not isinstance(call.frames, Mapping):
        table, names = fields_of(call.frames, options)
        return _Staged({_ONE_FRAME: _of_one_split(table, call) if call.is_plain else table}, names)
    found: dict[str, Fields] = {}
    for name, frame in call.frames.items():
        try:
            found[name] = fields_of(frame, options)
        except (FrameError, LayoutError) as error:
            raise UsageError(f"frames['{name}']: {error}") from None
    # A column for the split is what the frame was chosen by.
    fields = {name: {*one.table.column_names} - {"split"} for name, one in found.items()}
    first, *others = fields
    for name in others:
        if fields[name] != fields[first]:
            lacking = ", ".join(sorted(fields[name] ^ fields[first]))
            raise UsageError(
                f"frames['{first}'] and frames['{name}'] differ in the columns for {lacking}: "
                f"give both the same columns"
            )
    tables = {name: _of_split(one.table.select(sorted(fields[name])), name) for name, one in found.items()}
    names = {field: found[first].names[field] for field in fields[first]}
    if "split" in names.values() or any(one.names | names != one.names for one in found.values()):
        names = {}  # there is no one name for each field, but its own
    return _Staged(tables, names)


def _of_split(table: pyarrow.Table, split: str) -> pyarrow.Table:
    rows = pyarrow.nulls(table.num_rows, pyarrow.int32()).fill_null(0)
    return table.append_column("split", pyarrow.DictionaryArray.from_arrays(rows, pyarrow.array([split])))


def _of_one_split(table: pyarrow.Table, call: FrameCall) -> pyarrow.Table:
    """Returns a table without the split that all of its rows are of.

    Raises:
        UsageError: if they are of several.
    """
    if "split" not in table.column_names:
        return table
    splits = sorted({str(split) for split in table.column("split").unique().to_pylist()})
    if len(splits) > 1:
        raise UsageError(
            f"the rows are of {len(splits)} splits ({', '.join(splits[:5])}), but output '{os.fspath(call.output)}' is "
            f"one file: give the rows of one split, or a folder as output"
        )
    return table.drop_columns("split")


def _stage(
    call: FrameCall, staged: _Staged, label_map: str | None, image_base: str | None, folder: str
) -> "BuildOptions":
    """Writes what the job reads into a folder. Returns what it is to do."""
    from beam_pipelines.command_line.options import parse_build_options  # noqa: PLC0415
    from beam_pipelines.dataframe.staging import write_parquet  # noqa: PLC0415
    from beam_pipelines.output_folder import write_text  # noqa: PLC0415

    fields = next(iter(staged.tables.values())).column_names
    columns = {field: staged.names.get(field, field) for field in fields}
    paths = []
    for name, table in staged.tables.items():
        paths.append(f"{folder}/{name}.parquet")
        write_parquet(table.select(list(columns)).rename_columns(list(columns.values())), paths[-1])
    label_map_path = os.fspath(call.label_map) if isinstance(call.label_map, str | os.PathLike) else None
    if label_map is not None:
        label_map_path = f"{folder}/label_map.pbtxt"
        write_text(label_map_path, label_map)
    if image_base is not None:
        images = [image_base]
    else:
        given = [call.images] if isinstance(call.images, str | os.PathLike) else call.images or ()
        images = [os.fspath(pattern) for pattern in given]
    options = parse_build_options(call.flags(paths, images, label_map_path))
    return replace(options, row_options=call.row_options()._replace(columns=tuple(columns.items())))


def _screens() -> tuple[Console, Console]:
    """Returns where the table goes, and where the bar."""
    return Console(highlight=False), Console(stderr=True, highlight=False)


def in_python(sentence: str) -> str:
    """Returns a sentence that speaks of flags in terms of the arguments of `write_tfrecords`.

    >>> in_python("--output 'out' is not empty, give a new folder; --overwrite replaces it")
    "output 'out' is not empty, give a new folder; overwrite=True replaces it"
    """
    sentence = re.sub(r"--columns (\w+=[^,]+(?:,\w+=[^,]+)*)$", lambda found: f"columns={_columns(found[1])}", sentence)
    sentence = re.sub(r"--box_format (\w+)(?= --columns| columns|$)", r"box_format='\1'", sentence)
    sentence = re.sub(r"^argument --", "", sentence).replace(f"--rows '{_ONE_FRAME}.parquet'", "the frame")
    sentence = sentence.replace(f"'{_ONE_FRAME}.parquet'", "the frame,")
    sentence = re.sub(r"(?:--rows )?'([\w-]+)\.parquet'", r"frames['\1']", sentence)
    sentence = re.sub(r"--(overwrite|normalized|strict_splits)\b", r"\1=True", sentence).replace(
        "the first line", "the list of columns"
    )
    names = "|".join(signature(write_tfrecords).parameters)
    sentence = re.sub(rf"--({names})=([a-z]+)\b", r"\1='\2'", sentence)
    return re.sub(rf"--({names})\b", r"\1", sentence)


def _columns(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(","))
