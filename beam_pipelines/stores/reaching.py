"""The first contact with a store, which must not take long or end in a traceback.

Beam tries for up to ten minutes again what never will succeed, such as a request without credentials, and takes a
bucket that does not exist for an empty one.
"""

import importlib.util
import re
from collections.abc import Iterator

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import AzureOptions

from beam_pipelines.stores.clients import KINDS, bucket_and_name, make_client, prepare
from beam_pipelines.stores.options import current_options, ensure_options
from presentation.refusals import UsageError

_PATIENCE = 5.0
"""Seconds to wait for a connection, and for an answer, each time."""
_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `aws configure`, or give --s3_access_key_id and "
    "--s3_secret_access_key",
    "gs": "run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file",
    "azfs": "set AZURE_STORAGE_CONNECTION_STRING, or run `az login` and give --blob_service_endpoint",
}
_REFUSED = re.compile("Credential|Authentication|RefreshError|Unauthorized|Forbidden|TokenRetrieval|SSOToken")
_SILENT = re.compile("Connect|Timeout|Transport|ServiceRequest|RetryError|DNS|SSLError|ProxyError")


def reach(path: str, flag: str = "", *, listed: bool = True) -> None:
    """Makes sure that a store can be used, with one small request.

    Args:
        path: anywhere; nothing is done for one on this machine, or in a store that only Beam knows.
        flag: that named it, for the message.
        listed: whether what lies there will be listed. Who may read a file need not be allowed to list its bucket.

    Raises:
        UsageError: if it cannot, in a sentence that says what to do.
    """
    scheme = FileSystems.get_scheme(path)
    if scheme is None:
        return
    what = f"{flag} '{path}'" if flag else f"'{path}'"
    kind = KINDS.get(scheme)
    if kind is None:
        _refuse_unknown(path, what)
        return
    if not _is_installed(kind.needs):
        raise UsageError(f"{what} needs a package that is not installed: pip install 'shardbox[{kind.extra}]'")
    bucket, _ = bucket_and_name(path)
    if not bucket:
        raise UsageError(f"{what} names no {kind.container}: write {kind.form}")
    ensure_options()
    try:
        make_client(scheme, current_options(), _PATIENCE).ask(bucket)
    except Exception as error:  # the clients have no class of exceptions in common
        if not listed and _status(error) == 403:
            return
        raise UsageError(f"{what} cannot be reached: {_reason(error, scheme, bucket)}") from None
    prepare(path)


def in_one_line(error: BaseException) -> str:
    """Returns the first line of what an exception says."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # nor is the package around it
        return False


def _refuse_unknown(path: str, what: str) -> None:
    try:
        FileSystems.get_filesystem(path)
    except ValueError:
        raise UsageError(
            f"{what} is on no file system that Beam knows: give a path on a disk, or one that begins with gs://, s3:// "
            "or azfs://"
        ) from None
    except OSError:  # it is known, and will say itself what it lacks
        return


def _reason(error: Exception, scheme: str, bucket: str) -> str:
    """Returns what is wrong, and what to do."""
    names = [type(one).__name__ for one in _chain(error)]
    status = _status(error)
    said = in_one_line(error)
    if status == 404:
        return f"there is no {KINDS[scheme].container} '{bucket}' ({said})"
    refused = status in (401, 403) or any(map(_REFUSED.search, names))
    if refused or (status is None and scheme == "azfs" and not _names_an_account()):
        return f"access is refused ({said}): {_CREDENTIALS[scheme]}"
    if status is None and (isinstance(error, OSError) or any(map(_SILENT.search, names))):
        return f"the store does not answer ({said}): is there a network, and is the endpoint right?"
    return said


def _names_an_account() -> bool:
    given = current_options().view_as(AzureOptions)
    return bool(given.azure_connection_string or given.blob_service_endpoint)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yields an exception and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _status(error: Exception) -> int | None:
    """Returns the HTTP status of an answer, wherever a client keeps it; None if there was no answer."""
    response = getattr(error, "response", None)
    found = response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None  # boto's
    values = (found, getattr(error, "code", None), getattr(error, "status_code", None))
    return next((int(value) for value in values if isinstance(value, int)), None)
