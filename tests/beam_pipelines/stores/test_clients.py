"""Whole objects; of stores with a client of their own only what needs no server is tried here (tests/runners)."""

import pytest
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.stores import clients
from beam_pipelines.stores.clients import abandon_uploads, bucket_and_name, client_of, read_object, write_empty
from beam_pipelines.stores.options import use_options

from ..made import put
from ..made_store import FakeStore


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("s3://b/a/c.jpg", ("b", "a/c.jpg")),
        ("gs://b", ("b", "")),
        ("gs://", ("", "")),
        ("azfs://account/b/a/c.jpg", ("b", "a/c.jpg")),
        ("azfs://account", ("", "")),
    ],
)
def test_parts_of_a_path(path, parts):
    assert bucket_and_name(path) == parts


def test_other_stores_are_read_as_beam_reads_them(tmp_path):
    path = f"fake://{put(tmp_path, 'a.gz', 'packed')}"
    assert read_object(path) == b"packed"
    assert FakeStore.opened[-1] == path
    with pytest.raises(FileNotFoundError):
        read_object(f"fake://{tmp_path}/b")


def test_a_file_without_content(tmp_path):
    write_empty(f"fake://{tmp_path}/a")
    write_empty(str(tmp_path / "b"))
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"", b""]
    abandon_uploads(f"fake://{tmp_path}/")


class Missing:
    """A client of a store that holds nothing."""

    def __init__(self, options, connections, patience):
        self.options = options

    def read(self, bucket, name):
        raise FileNotFoundError


@pytest.fixture
def empty_store(monkeypatch):
    monkeypatch.setattr(clients, "_clients", {})
    monkeypatch.setattr(FileSystems, "_pipeline_options", None)
    monkeypatch.setattr(clients.importlib, "import_module", lambda name: type("module", (), {"Client": Missing}))


def test_a_client_is_made_once_for_the_same_options(empty_store):
    use_options(["--s3_region_name=here"])
    first = client_of("s3")
    assert client_of("s3") is first
    use_options(["--s3_region_name=there"])
    assert client_of("s3") is not first


def test_what_is_not_there_is_named(empty_store):
    with pytest.raises(FileNotFoundError) as missing:
        read_object("s3://b/a.jpg")
    assert (missing.value.filename, missing.value.strerror) == ("s3://b/a.jpg", "No such file or directory")
