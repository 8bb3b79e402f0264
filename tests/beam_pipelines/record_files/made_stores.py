"""An object store in memory, which Beam finds by its scheme: 'made://'."""

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

    def _not_needed(self, *_: object) -> None:
        raise NotImplementedError

    mkdirs = create = copy = rename = size = last_updated = checksum = metadata = delete = _not_needed
