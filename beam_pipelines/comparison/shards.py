"""Reads the shards of a dataset, or only looks at their sizes."""

import errno
import os
from collections.abc import Collection, Iterator, Sequence

from apache_beam.io.filesystems import FileSystems

from beam_pipelines.comparison.images import Image, image_of
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.record_files.reading import RecordReader
from beam_pipelines.record_files.views import parse_features, view_example
from beam_pipelines.records import RecordError


def read_images(file: RecordFile, features: Collection[str]) -> Iterator[Image]:
    """Yields the examples of a shard.

    Args:
        file: the shard, with what the manifest says of it.
        features: keys of those that both datasets have; others are not compared.

    Raises:
        DatasetError: if it cannot be read, if a record is damaged, or if the manifest means another file.
    """
    reader = RecordReader(file.path)
    try:
        for frame in reader.frames():
            if frame.code:
                raise _failure(f"record {frame.number} of '{file.path}' is damaged: {frame.message}")
            try:
                view = view_example(parse_features(frame.data), {})
            except RecordError as error:
                raise _failure(f"record {frame.number} of '{file.path}' cannot be read: {error.message}") from None
            yield image_of(view, file.split, features)
    except OSError as error:
        raise _failure(f"'{file.path}' cannot be read: {error.strerror or error}") from None
    if file.expected and (reader.bytes, reader.crc32c) != (file.expected.bytes, file.expected.crc32c):
        raise _failure(f"'{file.path}' is not the file that its dataset's manifest describes")


def check_sizes(folder: str, files: Sequence[RecordFile]) -> None:
    """Refuses shards that are missing or cut off; nothing in them is read.

    Args:
        folder: of the dataset.
        files: shards in it, with what the manifest says of them.

    Raises:
        DatasetError: naming the first of them.
    """
    listed = _sizes_in(folder) if files and is_remote(folder) else None
    for file in files:
        try:
            size = os.stat(file.path).st_size if listed is None else listed[file.name]
        except (OSError, KeyError) as error:
            reason = error.strerror if isinstance(error, OSError) else os.strerror(errno.ENOENT)
            raise _failure(f"'{file.path}' cannot be read: {reason}") from None
        if file.expected and size != file.expected.bytes:
            what = f"holds {size:,} bytes, and its dataset's manifest says {file.expected.bytes:,}"
            raise _failure(f"'{file.path}' {what}")


def _sizes_in(folder: str) -> dict[str, int]:
    """Returns the sizes of all files in a remote folder by their names: one listing, however many they are.

    Raises:
        DatasetError: if it cannot be listed.
    """
    try:
        found = FileSystems.match([folder.rstrip("/") + "/*"])[0].metadata_list
    except OSError as error:
        raise _failure(f"'{folder}' cannot be listed: {error}") from None
    return {metadata.path.rsplit("/", 1)[-1]: metadata.size_in_bytes for metadata in found}


def _failure(what: str) -> DatasetError:
    return DatasetError(f"{what}; `shardbox verify` tells more")
