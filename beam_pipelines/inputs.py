"""Finds all that a job reads, and refuses at once what cannot be used."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.command_line.options import BuildOptions, check_shard_names
from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.reading import read_file
from beam_pipelines.rows.reading import is_parquet, read_layout
from beam_pipelines.rows.sources import Tables
from beam_pipelines.running import check_reach
from beam_pipelines.splits.lists import read_list
from beam_pipelines.stores.options import use_options
from beam_pipelines.stores.reaching import in_one_line, reach
from data_contract.label_map import LabelMap, LabelMapError, read_label_map
from presentation.refusals import UsageError


@dataclass(frozen=True)
class Inputs:
    """What a job reads.

    Attributes:
        annotations: files of annotations or of rows.
        images: where images are.
        tables: the files of rows; None for annotations in files of their own.
        images_listed: whether images are listed; else rows name all there are.
        lists: of splits: (split, path).
        split_source: 'fractions', or what gives pictures to splits: 'lists', 'folders' or 'column'.
        masks: where masks are; None if none are wanted.
        label_map: the given one.
    """

    annotations: FileSet
    images: FileSet
    tables: Tables | None
    images_listed: bool
    lists: tuple[tuple[str, str], ...]
    split_source: str
    masks: MaskFolders | None
    label_map: LabelMap | None

    @property
    def grouped_by_rows(self) -> bool:
        """Whether rows name the groups of images that belong together."""
        return self.tables is not None and self.tables.has("group")

    @property
    def extras(self) -> tuple[str, ...]:
        """What examples have beside the features of all; keys of `EXTRA_FEATURES`."""
        wanted = {
            "labels": self.tables is not None and self.tables.have_labels,
            "masks": self.masks is not None and self.masks.objects is not None,
            "class_maps": self.masks is not None and self.masks.class_maps is not None,
        }
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def find_inputs(options: BuildOptions, image_base: str | None = None) -> Inputs:
    """Finds all inputs of a job.

    Args:
        options: what was asked for.
        image_base: a folder: rows name all images, by paths below it. None: images are listed.

    Raises:
        UsageError: quoting the flag that cannot be used as it is.
    """
    use_options(options.beam)
    check_reach(options.beam, _places(options))
    kind, patterns = ("rows", options.rows) if options.rows else ("annotations", options.annotations)
    annotations = FileSet.of(kind, patterns, options.output)
    # A folder that rows name may be missing, or be called like a pattern.
    named = (
        None if image_base is None else FileSet("images", (image_base,), (image_base,), (image_base,), image_base, "")
    )
    images = named or FileSet.of("images", options.images, options.output)
    label_map = _read_label_map(options.label_map)
    annotations.check()
    if image_base is None:
        images.check()
    tables = _open_tables(annotations, options) if options.rows else None
    if tables is not None:
        _check_columns(tables, options)
    for split, path in (options.split_lists or {}).items():
        _check_list(split, path)
    source = "column" if tables is not None and tables.has("split") else options.split_source
    if options.strict_splits and source == "fractions":
        raise UsageError("--strict_splits is for splits that are given, and no table has a column for the split")
    if source == "fractions":
        check_shard_names(options.num_shards, options.fractions, "--splits")
    return Inputs(
        annotations=annotations,
        images=images,
        tables=tables,
        images_listed=image_base is None,
        lists=tuple((options.split_lists or {}).items()),
        split_source=source,
        masks=_mask_folders(options),
        label_map=label_map,
    )


def _places(options: BuildOptions) -> Mapping[str, Sequence[str]]:
    """Returns what is read and written: flag → paths."""
    of_annotations = {"--rows": options.rows} if options.rows else {"--annotations": options.annotations}
    single = {"--masks": options.masks, "--class_maps": options.class_maps, "--output": options.output}
    lists = {"--split_lists": tuple((options.split_lists or {}).values())}
    return (
        of_annotations | {"--images": options.images} | lists | {flag: (path,) for flag, path in single.items() if path}
    )


def _read_label_map(path: str | None) -> LabelMap | None:
    if path is None:
        return None
    reach(path, "--label_map", listed=False)
    try:
        return read_label_map(read_file(path))
    except LabelMapError as error:
        raise UsageError(f"--label_map '{path}': {error}") from None
    except Exception as error:  # each store has its own
        if not (isinstance(error, OSError) or is_remote(path)):
            raise
        raise UsageError(f"--label_map '{path}' cannot be read: {_why(error)}") from None


def _open_tables(files: FileSet, options: BuildOptions) -> Tables:
    names = sorted(name for name, _ in files.names())
    layouts = {name: read_layout(files.path(name), options.row_options) for name in names}
    return Tables(files, layouts, frozenset(name for name in names if is_parquet(files.path(name))))


def _check_columns(tables: Tables, options: BuildOptions) -> None:
    """Refuses columns that contradict a flag, or that a flag is missing for."""
    for name, layout in tables.layouts.items():
        if options.masks is not None and layout.has_boxes and not layout.has("mask"):
            raise UsageError(
                f"--masks is given, and --rows '{name}' has no column that says which mask an object has: "
                "name it, --columns mask=HEADER"
            )
        if layout.has("split") and (options.splits or options.split_source != "fractions"):
            flag = "--splits" if options.splits else f"--split_{options.split_source}".replace("folders", "by_folder")
            raise UsageError(
                f"--rows '{name}' gives images to splits in its column '{layout.name_of('split')}', "
                f"and so does {flag}: leave one of them out (a column is ignored when it is renamed)"
            )
        if layout.has("group") and options.group_by is not None:
            raise UsageError(
                f"--rows '{name}' names groups in its column '{layout.name_of('group')}', and so does --group_by: "
                "leave one of them out"
            )
        if layout.has("mask") and options.masks is None:
            raise UsageError(
                f"--rows '{name}' has masks in its column '{layout.name_of('mask')}': "
                "give --masks, the folder below which their files lie"
            )
    if options.row_options.normalized and not tables.have_boxes:
        raise UsageError("--normalized is given, and no table has boxes")


def _check_list(split: str, path: str) -> None:
    reach(path, "--split_lists", listed=False)
    try:
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            read_list(split, path, file)
    except UsageError as error:
        raise UsageError(f"--split_lists: {error}") from None
    except Exception as error:  # each file system raises its own
        raise UsageError(f"--split_lists {split}='{path}' cannot be read: {_why(error)}") from None


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or in_one_line(error))


def _mask_folders(options: BuildOptions) -> MaskFolders | None:
    if options.masks is None and options.class_maps is None:
        return None
    return MaskFolders(_folder("--masks", options.masks), _folder("--class_maps", options.class_maps))


def _folder(flag: str, path: str | None) -> str | None:
    if path is None:
        return None
    if is_remote(path):
        reach(path, flag, listed=False)
        return path
    if not os.path.isdir(path):
        what = "is a file" if os.path.exists(path) else "does not exist"
        raise UsageError(f"{flag} '{path}' {what}: give the folder in which the PNG files lie")
    return os.path.abspath(path)
