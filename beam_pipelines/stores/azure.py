"""Azure Blob Storage."""

from typing import Any

from apache_beam.io.azure.blobstorageio import BlobStorageIO
from apache_beam.options.pipeline_options import PipelineOptions
from azure.core.exceptions import ResourceNotFoundError

from beam_pipelines.stores.clients import ListPage


class Client:
    """See `clients.Client`."""

    def __init__(self, options: PipelineOptions, connections: int, patience: float | None = None):
        self._patience = patience
        self._service = BlobStorageIO(pipeline_options=options).client

    def ask(self, bucket: str) -> None:
        """See `clients.Client`."""
        hasty: dict[str, Any] = {}
        if self._patience is not None:
            hasty = {"connection_timeout": self._patience, "read_timeout": self._patience, "retry_total": 1}
        next(iter(self._service.get_container_client(bucket).list_blob_names(results_per_page=1, **hasty)), None)

    def read(self, bucket: str, name: str) -> bytes:
        """See `clients.Client`."""
        try:
            return bytes(self._service.get_blob_client(bucket, name).download_blob().readall())
        except ResourceNotFoundError:
            raise FileNotFoundError from None

    def lister(self, bucket: str) -> ListPage | None:
        """See `clients.Client`."""
        return None

    def write_empty(self, bucket: str, name: str) -> None:
        """See `clients.Client`."""
        self._service.get_blob_client(bucket, name).upload_blob(b"", overwrite=True)

    def abandon_uploads(self, bucket: str, prefix: str) -> None:
        """See `clients.Client`. Azure drops blocks that belong to no blob after a week."""
