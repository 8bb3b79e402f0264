"""Which files are there, asked in as few requests as a store allows."""

from collections.abc import Collection, Iterable

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.stores.clients import prepare
from beam_pipelines.stores.options import ensure_options


def exists(path: str) -> bool:
    """Returns whether there is a file; of Azure, Beam's own function fails if there is none.

    Raises:
        OSError: if the store does not tell.
    """
    if "://" in path:
        ensure_options()
        prepare(path)
    try:
        return bool(FileSystems.exists(path))
    except BeamIOError as error:
        causes = (error.exception_details or {}).values()
        if any(getattr(cause, "code", None) == 404 for cause in causes):
            return False
        raise


def sizes_below(folder: str) -> dict[str, int]:
    """Returns the size of every file below a folder that is not on this machine, by its path below it.

    Raises:
        OSError: if the store does not tell.
    """
    ensure_options()
    prepare(folder)
    prefix = folder.rstrip("/") + "/"
    found = FileSystems.match([prefix + "**"])[0].metadata_list
    return {metadata.path[len(prefix) :]: metadata.size_in_bytes for metadata in found}


def present(folder: str, paths: Iterable[str]) -> Collection[str]:
    """Returns which of some files below a folder are there; in a store one listing tells of all.

    Raises:
        OSError: if the store does not tell.
    """
    paths = list(paths)
    if "://" not in folder or not paths:
        return {path for path in paths if FileSystems.exists(path)}
    prefix = folder.rstrip("/") + "/"
    there = {prefix + name for name in sizes_below(folder)}
    return there.intersection(paths)
