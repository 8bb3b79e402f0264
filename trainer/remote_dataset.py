"""Datasets in stores that TensorFlow does not read, such as s3://: files are copied to this machine when needed."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import google_crc32c

from data_contract.manifest import Shard
from presentation.wording import readable_size
from trainer.failures import TrainingError
from trainer.whole_files import make_whole

Tell = Callable[[str], None]

_READ_BY_TENSORFLOW = ("gs", "file", "ram")
_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), " s3fs"),
    **dict.fromkeys(("az", "abfs", "abfss"), " adlfs"),
    **dict.fromkeys(("http", "https"), " aiohttp"),
}
"""What fsspec needs beside itself."""
_COPYING = {
    "s3": " (aws s3 sync)",
    **dict.fromkeys(("az", "abfs", "abfss"), " (azcopy copy)"),
    "hdfs": " (hdfs dfs -get)",
}
_BLOCK = 8 * 2**20


def is_copied(path: str) -> bool:
    """Tells whether the files of a dataset are copied before they are read."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme not in _READ_BY_TENSORFLOW


def open_remote(path: str, mode: str) -> AbstractContextManager[Any]:
    """Opens a file of a store.

    Raises:
        TrainingError: the package that reads such stores is not installed.
    """
    system, inner = _file_system(path)
    return system.open(inner, mode)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class RemoteCopies:
    """The files of a dataset in a store, and where copies of them are kept.

    Args:
        path: the dataset, such as s3://bucket/dataset.
        sha256: of its manifest: datasets with the same one share their copies.
        tell: takes a line for a person for each file that is copied.
    """

    path: str
    sha256: str
    tell: Tell

    def local(self, shards: Sequence[Shard]) -> list[str]:
        """Returns the paths of copies of some files; what is not there yet is copied.

        Raises:
            TrainingError: a file cannot be read, or is not what the manifest says.
        """
        folder = os.path.join(cache_folder(), self.sha256[:16])
        places = [os.path.join(folder, shard.name) for shard in shards]
        missing = [(s, place) for s, place in zip(shards, places, strict=True) if not _is_there(place, s.bytes)]
        if missing:
            _make_folder(folder)
        for number, (shard, place) in enumerate(missing, 1):
            self.tell(f"copying {shard.name} ({readable_size(shard.bytes)}, {number} of {len(missing)}) to {folder}")
            make_whole(place, lambda part, shard=shard: self._copy(shard, part))  # type: ignore[misc]
        return places

    def _copy(self, shard: Shard, part: str) -> None:
        """Copies a file, and holds it against the manifest."""
        source = f"{self.path.rstrip('/')}/{shard.name}"
        checksum, size = google_crc32c.Checksum(), 0
        with _explained(source), open_remote(source, "rb") as remote, open(part, "xb") as local:
            while block := remote.read(_BLOCK):
                local.write(block)
                checksum.update(block)
                size += len(block)
        if (size, checksum.hexdigest().decode()) != (shard.bytes, shard.crc32c):
            raise TrainingError(
                f"{source} is not what the manifest says (there are {size:,} bytes instead of {shard.bytes:,}, or "
                "others): copy the whole dataset there again"
            )


def cache_folder() -> str:
    """Returns where copies are kept: `shardbox` in $XDG_CACHE_HOME or ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "shardbox")


def _file_system(path: str) -> tuple[Any, str]:
    """Returns fsspec's view of a store, and the path in it."""
    scheme = path.partition("://")[0]
    packages = f"fsspec{_PACKAGES.get(scheme, '')}"
    copied = f"copy the folder to this machine{_COPYING.get(scheme, '')} and give that"
    try:
        import fsspec  # type: ignore[import-untyped]  # noqa: PLC0415 (only who reads such stores needs it)

        return fsspec.core.url_to_fs(path)  # type: ignore[no-any-return]
    except ImportError:
        raise TrainingError(f"{path} needs packages that are missing: pip install {packages}; or {copied}") from None
    except ValueError as error:
        raise TrainingError(f"{path} cannot be read ({error}): {copied}") from None


@contextmanager
def _explained(source: str) -> Iterator[None]:
    try:
        yield
    except TrainingError:
        raise
    # Each store has exceptions of its own.
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).partition("\n")[0]
        raise TrainingError(f"{source} cannot be copied to this machine ({first})") from error


def _is_there(place: str, size: int) -> bool:
    return os.path.exists(place) and os.path.getsize(place) == size


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"{folder}, where copies of remote files are kept, cannot be made ({error.strerror}): "
            "set XDG_CACHE_HOME to a folder with room"
        ) from None
