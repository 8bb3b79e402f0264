"""Stand-ins for object stores, which speak their protocols on 127.0.0.1: moto's server, a GCS emulator, azurite.

The tests look into them with the stores' own clients; Shardbox reaches them as a person would who uses such a server.
"""

import contextlib
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .flink_cluster import artefact
from .reference import cannot

BUCKET = "pictures"
SOON = 90.0
"""Seconds in which a server answers, on a machine that has other work."""


class Store(ABC):
    """An object store that runs."""

    scheme: str
    release: str
    """Of the server and of the client in Beam."""
    flags: tuple[str, ...] = ()
    """As a person gives them to `shardbox`."""
    environment: dict[str, str]
    """Likewise."""

    @property
    def bucket(self) -> str:
        """The URL of a bucket that is there, without a slash."""
        return f"{self.scheme}://{BUCKET}"

    @abstractmethod
    def put(self, name: str, data: bytes) -> None:
        """Writes an object."""

    @abstractmethod
    def get(self, name: str) -> bytes:
        """Returns the content of an object."""

    @abstractmethod
    def names(self, prefix: str) -> list[str]:
        """Returns the names of all objects that begin so."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Deletes an object."""

    def upload(self, folder: Path, prefix: str) -> str:
        """Copies a folder into the store. Returns its URL there."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"{self.bucket}/{prefix}"

    def download(self, prefix: str, folder: Path) -> Path:
        """Copies all that lies below a prefix into a new folder. Returns the folder."""
        folder.mkdir(parents=True)
        for name in self.names(f"{prefix}/"):
            path = folder / name.removeprefix(f"{prefix}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.get(name))
        return folder


class S3(Store):
    """moto's server."""

    scheme = "s3"

    def __init__(self, port: int):
        self.endpoint = f"http://127.0.0.1:{port}"
        self.release = f"moto {version('moto')}, boto3 {version('boto3')}"
        self.flags = (
            f"--s3_endpoint_url={self.endpoint}",
            "--s3_access_key_id=somebody",
            "--s3_secret_access_key=not-a-secret",
            "--s3_region_name=us-east-1",
        )
        self.environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._client.create_bucket(Bucket=BUCKET)

    @cached_property
    def _client(self) -> Any:
        import boto3

        keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "not-a-secret"}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=name, Body=data)

    def get(self, name: str) -> bytes:
        return bytes(self._client.get_object(Bucket=BUCKET, Key=name)["Body"].read())

    def names(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=name)

    def uploads(self) -> list[str]:
        """Returns the names of objects whose upload was begun and not ended."""
        return [item["Key"] for item in self._client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())]


class GCS(Store):
    """The emulator of the package gcp-storage-emulator, and a key file that a server of tokens accepts."""

    scheme = "gs"

    def __init__(self, port: int, key_file: Path):
        self.endpoint = f"http://127.0.0.1:{port}"
        self.release = (
            f"gcp-storage-emulator {version('gcp-storage-emulator')}, "
            f"google-cloud-storage {version('google-cloud-storage')}"
        )
        self.environment = {
            "STORAGE_EMULATOR_HOST": self.endpoint,
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
        }
        self._client.create_bucket(BUCKET)

    @cached_property
    def _client(self) -> Any:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        options = {"api_endpoint": self.endpoint}
        return storage.Client(credentials=AnonymousCredentials(), project="nobody", client_options=options)

    def put(self, name: str, data: bytes) -> None:
        self._client.bucket(BUCKET).blob(name).upload_from_string(data)

    def get(self, name: str) -> bytes:
        return bytes(self._client.bucket(BUCKET).blob(name).download_as_bytes())

    def names(self, prefix: str) -> list[str]:
        return [blob.name for blob in self._client.list_blobs(BUCKET, prefix=prefix)]

    def delete(self, name: str) -> None:
        self._client.bucket(BUCKET).delete_blob(name)


class Azure(Store):
    """azurite, with the account and the key that its documentation gives to everybody."""

    scheme = "azfs"
    account = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self, port: int, program: Path):
        package = json.loads((program.parents[1] / "azurite/package.json").read_text())
        self.release = f"azurite {package['version']}, azure-storage-blob {version('azure-storage-blob')}"
        self.connection = (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{self.account};"
        )
        self.flags = (f"--azure_connection_string={self.connection}",)
        self.environment = {"AZURE_STORAGE_CONNECTION_STRING": self.connection}
        self._container.create_container()

    @property
    def bucket(self) -> str:
        return f"azfs://{self.account}/{BUCKET}"

    @cached_property
    def _container(self) -> Any:
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient.from_connection_string(self.connection).get_container_client(BUCKET)

    def put(self, name: str, data: bytes) -> None:
        self._container.upload_blob(name, data, overwrite=True)

    def get(self, name: str) -> bytes:
        return bytes(self._container.download_blob(name).readall())

    def names(self, prefix: str) -> list[str]:
        return list(self._container.list_blob_names(name_starts_with=prefix))

    def delete(self, name: str) -> None:
        self._container.delete_blob(name)


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[S3]:
    """Starts moto's server."""
    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    if not program.exists():
        cannot("moto's server is not installed (make runners)")
    with _running([str(program), "-H", "127.0.0.1", "-p", str(port)], port, folder / "moto.log"):
        yield S3(port)


@contextlib.contextmanager
def gcs(folder: Path) -> Iterator[GCS]:
    """Starts the emulator, and a server of tokens."""
    port = free_port()
    program = Path(__file__).with_name("gcs_emulator.py")
    with tokens() as address, _running([sys.executable, str(program), str(port)], port, folder / "gcs.log"):
        yield GCS(port, _key_file(folder / "key.json", address))


@contextlib.contextmanager
def azure(folder: Path) -> Iterator[Azure]:
    """Starts azurite."""
    program = artefact("azurite")
    port = free_port()
    flags = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    command = [str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port), *flags]
    with _running(command, port, folder / "azurite.log"):
        yield Azure(port, program)


@contextlib.contextmanager
def tokens() -> Iterator[str]:
    """Gives tokens for any key file that names this address, as Google's servers do for their own."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps({"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()


def _key_file(path: Path, token_uri: str) -> Path:
    """Writes a key of a service account that nobody has, and returns its path."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "nobody",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "nobody@nobody.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    }
    path.write_text(json.dumps(account))
    return path


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Runs a server until the block ends, however it ends."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            _wait_for(port, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + SOON
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"no answer after {SOON} s: {log.read_text()}"
            time.sleep(0.1)
        else:
            return
