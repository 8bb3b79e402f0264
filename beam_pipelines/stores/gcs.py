"""Google Cloud Storage."""

from functools import partial
from typing import Any

import google.auth
from apache_beam.io.gcp.gcsio import create_storage_client
from apache_beam.options.pipeline_options import PipelineOptions
from google.auth.exceptions import DefaultCredentialsError
from google.cloud.exceptions import NotFound
from requests.adapters import HTTPAdapter

from beam_pipelines.stores.clients import ListPage, Page


class Client:
    """See `clients.Client`."""

    def __init__(self, options: PipelineOptions, connections: int, patience: float | None = None):
        self._patience = patience
        self._storage = create_storage_client(options, patience is None or _has_credentials())
        for scheme in ("https://", "http://"):
            self._storage._http.mount(scheme, HTTPAdapter(pool_maxsize=connections))

    def ask(self, bucket: str) -> None:
        """See `clients.Client`."""
        hasty: dict[str, Any] = {} if self._patience is None else {"timeout": self._patience, "retry": None}
        list(self._storage.list_blobs(bucket, max_results=1, **hasty))

    def read(self, bucket: str, name: str) -> bytes:
        """See `clients.Client`. As it lies there: GCS would decompress what was uploaded with gzip as its encoding."""
        try:
            return bytes(self._storage.bucket(bucket).blob(name).download_as_bytes(raw_download=True))
        except NotFound:
            raise FileNotFoundError from None

    def lister(self, bucket: str) -> ListPage | None:
        """See `clients.Client`."""
        return partial(self._page, bucket)

    def write_empty(self, bucket: str, name: str) -> None:
        """See `clients.Client`."""
        self._storage.bucket(bucket).blob(name).upload_from_string(b"", "application/octet-stream")

    def abandon_uploads(self, bucket: str, prefix: str) -> None:
        """See `clients.Client`. GCS drops them itself after a week, and charges nothing until then."""

    def _page(self, bucket: str, prefix: str, after: str) -> Page:
        fields = "items(name),nextPageToken"
        found = self._storage.list_blobs(bucket, prefix=prefix, start_offset=after or None, fields=fields)
        for page in found.pages:
            # A listing of GCS begins with the name, not after it.
            if names := [blob.name for blob in page if blob.name != after]:
                return Page(names, found.next_page_token is not None)
        return Page((), more=False)


def _has_credentials() -> bool:
    """Beam finds out as well, in 20 s, and goes on without."""
    try:
        google.auth.default()
    except DefaultCredentialsError:
        return False
    return True
