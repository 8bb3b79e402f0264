"""The flags by which stores are reached: endpoints and credentials, as Beam takes them."""

from collections.abc import Sequence

from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.options.value_provider import RuntimeValueProvider

_SECRETS = ("--s3_access_key_id", "--s3_secret_access_key", "--s3_session_token", "--azure_connection_string")
_HIDDEN = "…"


def use_options(flags: Sequence[str] = ()) -> None:
    """Makes files known that are reached by these flags; Beam itself does so only when a pipeline is made."""
    FileSystems.set_options(PipelineOptions(list(flags)))


def current_options() -> PipelineOptions:
    """Returns what this process, a worker of any runner or the command, reaches stores with."""
    return FileSystems._pipeline_options or RuntimeValueProvider.runtime_options or PipelineOptions([])


def ensure_options() -> None:
    """Gives Beam's file systems options if they have none: without a pipeline, those of S3 and Azure fail."""
    if FileSystems._pipeline_options is None and RuntimeValueProvider.runtime_options is None:
        use_options()


def without_secrets(flags: Sequence[str]) -> tuple[str, ...]:
    """Returns flags as they may be shown: keys and connection strings are left out."""
    shown: list[str] = []
    for flag in flags:
        name, equals, _ = flag.partition("=")
        if shown and not equals and shown[-1] in _SECRETS:
            shown.append(_HIDDEN)
        else:
            shown.append(f"{name}={_HIDDEN}" if equals and name in _SECRETS else flag)
    return tuple(shown)
