"""Stores in memory, which Beam finds by their schemes: 'made://' of objects, 'disk://' with folders."""

from io import BytesIO
from typing import ClassVar

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata, FileSystem


class MadeStore(FileSystem):
    """Names that contents stand under; there are no folders."""

    contents: ClassVar[dict[str, bytes]] = {}
    opened: ClassVar[list[str]] = []

    @classmethod
    def scheme(cls) -> str:
        return "made"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str):
        for path, data in self.contents.items():
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(data))

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> BytesIO:
        self.opened.append(path)
        if path not in self.contents:
            raise BeamIOError(f"there is no object {path}")
        return BytesIO(self.contents[path])

    def exists(self, path: str) -> bool:
        return path in self.contents

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(self.contents.get(path, b"")))

    def _not_needed(self, *_: object) -> None:
        raise NotImplementedError

    mkdirs = create = copy = rename = size = last_updated = checksum = delete = _not_needed


class ForeignError(Exception):
    """As the client of a store has them: neither an OSError nor known to Beam."""


class MadeDisk(MadeStore):
    """Folders exist too, are listed alone, and what is no folder cannot be listed, as in HDFS."""

    contents: ClassVar[dict[str, bytes]] = {}

    @classmethod
    def scheme(cls) -> str:
        return "disk"

    def has_dirs(self) -> bool:
        return True

    def _is_folder(self, path: str) -> bool:
        return any(name.startswith(path.rstrip("/") + "/") for name in self.contents)

    def _list(self, dir_or_prefix: str):
        folder = dir_or_prefix.rstrip("/") + "/"
        if not self._is_folder(folder):
            raise ForeignError(f"{dir_or_prefix} is no folder")
        for name in sorted({path[len(folder) :].split("/")[0] for path in self.contents if path.startswith(folder)}):
            yield self.metadata(folder + name)

    def open(self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO) -> BytesIO:
        if path not in self.contents:
            raise ForeignError(f"no file {path}")
        return BytesIO(self.contents[path])

    def exists(self, path: str) -> bool:
        return path in self.contents or self._is_folder(path)
