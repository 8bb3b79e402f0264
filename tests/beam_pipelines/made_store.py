"""A store without folders for tests, as a Beam file system of its own: fake://PATH is PATH on the disk."""

import os

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem


class FakeStore(LocalFileSystem):
    """Known to Beam as soon as this module is imported."""

    opened: list[str] = []  # noqa: RUF012 (a test empties it)
    """Paths that were read, in order."""

    @classmethod
    def scheme(cls):
        return "fake"

    def has_dirs(self):
        return False

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path):
        head, _, tail = path.rpartition("/")
        return head, tail

    def _list(self, dir_or_prefix):
        for folder, _, names in os.walk(os.path.dirname(local(dir_or_prefix))):
            for name in names:
                path = f"fake://{os.path.join(folder, name)}"
                if path.startswith(dir_or_prefix):
                    yield FileMetadata(path, os.path.getsize(local(path)))

    def create(self, path, *options, **more):
        return super().create(local(path), *options, **more)

    def open(self, path, *options, **more):
        self.opened.append(path)
        return super().open(local(path), *options, **more)

    def exists(self, path):
        return os.path.isfile(local(path))

    def metadata(self, path):
        return FileMetadata(path, os.path.getsize(local(path)))

    def rename(self, source_file_names, destination_file_names):
        for path in destination_file_names:
            os.makedirs(os.path.dirname(local(path)), exist_ok=True)
        super().rename(list(map(local, source_file_names)), list(map(local, destination_file_names)))

    def delete(self, paths):
        for path in paths:
            os.unlink(local(path))


def local(path):
    return path.removeprefix("fake://")
