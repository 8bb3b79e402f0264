"""Whole objects, read with one request each by one client a process.

Beam makes a client for every file that it opens, which for S3 costs 0.1 s of CPU and more, and asks for the size of
each file before it reads. Here the clients are made once, of the same options, and many threads may use them.
"""

import errno
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipelines.stores.options import current_options

CONNECTIONS = 64
"""That a client keeps open at most."""


class Page(NamedTuple):
    """An answer to a request for names."""

    names: Sequence[str]
    """In the order of their code points."""
    more: bool
    """Whether there are others after them."""


ListPage = Callable[[str, str], Page]
"""(prefix, after) → the names, a page at most, that begin with the prefix and come after a name, which need not be
there; none only if there are no more. Raises whatever the store's own client does."""


class Client(Protocol):
    """A connection to one kind of store; the modules `s3`, `gcs` and `azure` each have one, and their own imports."""

    def __init__(self, options: PipelineOptions, connections: int, patience: float | None = None):
        """Made with the credentials and the endpoint that Beam would use.

        Args:
            options: of Beam.
            connections: to keep open at most.
            patience: seconds to wait for an answer, with hardly another try; None: as long as the client does.
        """

    def ask(self, bucket: str) -> None:
        """Makes one small request that fails if a bucket is not there or may not be read."""

    def read(self, bucket: str, name: str) -> bytes:
        """Returns the content of an object.

        Raises:
            FileNotFoundError: without arguments, if there is none.
            Exception: whichever the store's own client does.
        """

    def lister(self, bucket: str) -> ListPage | None:
        """Returns what lists a bucket from any name on; None where a listing only goes on after the page before."""

    def write_empty(self, bucket: str, name: str) -> None:
        """Writes an object without content."""

    def abandon_uploads(self, bucket: str, prefix: str) -> None:
        """Drops what was uploaded of objects that were not finished, if the store keeps that."""


class Kind(NamedTuple):
    """A kind of store."""

    module: str
    """Of this package."""
    needs: str
    """A module that its client is from."""
    extra: str
    """Of Shardbox, that brings it."""
    form: str
    """Of paths."""
    container: str
    """What its objects lie in."""


KINDS = {
    "s3": Kind("s3", "boto3", "aws", "s3://BUCKET/FOLDER", "bucket"),
    "gs": Kind("gcs", "google.cloud.storage", "gcp", "gs://BUCKET/FOLDER", "bucket"),
    "azfs": Kind("azure", "azure.storage.blob", "azure", "azfs://ACCOUNT/CONTAINER/FOLDER", "container"),
}
"""By scheme. Other stores are read as Beam reads them."""

_lock = threading.Lock()
_clients: dict[str, tuple[PipelineOptions, Client]] = {}


def prepare(path: str) -> None:
    """Makes the client for a path that Beam is about to use, unless there is one: it then shares it, where it can."""
    scheme = FileSystems.get_scheme(path)
    if scheme in KINDS:
        client_of(scheme)


def read_object(path: str) -> bytes:
    """Returns the content of a file that is not on this machine.

    Raises:
        FileNotFoundError: if there is none.
        Exception: whichever the store's client does, if it cannot be read.
    """
    scheme = FileSystems.get_scheme(path)
    if scheme in KINDS:
        try:
            return client_of(scheme).read(*bucket_and_name(path))
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        content: bytes = file.read()
        return content


def write_empty(path: str) -> None:
    """Writes a file without content. Beam's writer for S3 fails on it: it uploads in parts, and there is none."""
    scheme = FileSystems.get_scheme(path)
    if scheme in KINDS:
        client_of(scheme).write_empty(*bucket_and_name(path))
    else:
        FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED).close()


def abandon_uploads(prefix: str) -> None:
    """Drops what was uploaded of files that were not finished: nobody sees it, but somebody pays.

    Args:
        prefix: how the files' paths begin.
    """
    scheme = FileSystems.get_scheme(prefix)
    if scheme in KINDS:
        client_of(scheme).abandon_uploads(*bucket_and_name(prefix))


def bucket_and_name(path: str) -> tuple[str, str]:
    """Returns the bucket of a URL, or the container, and the name in it; '' for what is missing."""
    scheme, _, rest = path.partition("://")
    if scheme == "azfs":
        rest = rest.partition("/")[2]  # the account
    bucket, _, name = rest.partition("/")
    return bucket, name


def client_of(scheme: str) -> Client:
    """Returns the client of this process for one kind of store, made with its options of today."""
    options = current_options()
    with _lock:
        known = _clients.get(scheme)
        if known is None or known[0] is not options:
            known = _clients[scheme] = options, make_client(scheme, options)
        return known[1]


def make_client(scheme: str, options: PipelineOptions, patience: float | None = None) -> Client:
    """Returns a new client; see `Client` for the arguments."""
    module: Any = importlib.import_module(f"beam_pipelines.stores.{KINDS[scheme].module}")
    client: Client = module.Client(options, CONNECTIONS, patience)
    return client
