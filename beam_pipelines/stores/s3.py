"""Amazon S3, and what speaks its language."""

from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
from apache_beam.io.aws import s3io
from apache_beam.io.aws.clients.s3 import boto3_client
from apache_beam.options.pipeline_options import PipelineOptions, S3Options
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from beam_pipelines.stores.clients import ListPage, Page

_TRIES = 3
"""Of reading what is sent: boto itself tries again only until an answer begins."""


class Client:
    """See `clients.Client`."""

    def __init__(self, options: PipelineOptions, connections: int, patience: float | None = None):
        given = options.view_as(S3Options)
        settings: dict[str, Any] = {"max_pool_connections": connections, "retries": {"mode": "standard"}}
        if patience is not None:
            hasty = {"connect_timeout": patience, "read_timeout": patience}
            settings |= hasty | {"retries": {"mode": "standard", "total_max_attempts": 2}}
        self._boto = boto3.session.Session().client(
            "s3",
            region_name=given.s3_region_name,
            api_version=given.s3_api_version,
            use_ssl=not given.s3_disable_ssl,
            verify=given.s3_verify,
            endpoint_url=given.s3_endpoint_url,
            aws_access_key_id=given.s3_access_key_id,
            aws_secret_access_key=given.s3_secret_access_key,
            aws_session_token=given.s3_session_token,
            config=Config(**settings),
        )
        if patience is None:
            _share_with_beam(self._boto, options)

    def ask(self, bucket: str) -> None:
        """See `clients.Client`."""
        self._boto.list_objects_v2(Bucket=bucket, MaxKeys=1)

    def read(self, bucket: str, name: str) -> bytes:
        """See `clients.Client`."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return bytes(self._boto.get_object(Bucket=bucket, Key=name)["Body"].read())
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    raise FileNotFoundError from None
                raise
            except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                if not tries_left:
                    raise
        raise AssertionError

    def lister(self, bucket: str) -> ListPage | None:
        """See `clients.Client`. Directory buckets, which are known by their names, are not sorted."""
        return None if bucket.endswith("--x-s3") else partial(self._page, bucket)

    def write_empty(self, bucket: str, name: str) -> None:
        """See `clients.Client`."""
        self._boto.put_object(Bucket=bucket, Key=name, Body=b"")

    def abandon_uploads(self, bucket: str, prefix: str) -> None:
        """See `clients.Client`. Who may not do that, by the rules of the bucket, leaves it to them."""
        with suppress(ClientError):
            for page in self._boto.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
                for upload in page.get("Uploads", ()):
                    self._boto.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def _page(self, bucket: str, prefix: str, after: str) -> Page:
        pages = self._boto.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=after)
        for page in pages:
            if names := [found["Key"] for found in page.get("Contents", ())]:
                return Page(names, page["IsTruncated"])
        return Page((), more=False)


def _share_with_beam(boto: Any, options: PipelineOptions) -> None:
    """Lets Beam's file system use a client that is there: it would make one, of some megabytes, for every call.

    It makes them by `s3io.boto3_client.Client(options=…)`, and offers no other way in.
    """

    class Shared(boto3_client.Client):
        def __init__(self, options: PipelineOptions):
            if options is not shared_options:
                super().__init__(options)
                return
            self.client = boto
            # Where a download stands is kept in these, so that each file needs an object of its own.
            self._download_request = self._download_stream = None
            self._download_pos = 0

    shared_options = options
    s3io.boto3_client = SimpleNamespace(Client=Shared)
