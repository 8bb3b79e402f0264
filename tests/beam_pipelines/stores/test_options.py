"""The flags by which stores are reached."""

import pytest
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import S3Options
from apache_beam.options.value_provider import RuntimeValueProvider

from beam_pipelines.stores.options import current_options, ensure_options, use_options, without_secrets


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(FileSystems, "_pipeline_options", None)
    monkeypatch.setattr(RuntimeValueProvider, "runtime_options", None)


def endpoint():
    return current_options().view_as(S3Options).s3_endpoint_url


def test_flags_are_known_before_there_is_a_pipeline():
    assert endpoint() is None
    use_options(["--s3_endpoint_url=http://here", "--runner=DirectRunner"])
    assert endpoint() == "http://here"
    ensure_options()
    assert endpoint() == "http://here"


def test_without_flags_there_are_options_as_well():
    ensure_options()
    assert FileSystems._pipeline_options is not None
    assert endpoint() is None


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        ((), ()),
        (("--runner=DirectRunner", "--x", "y"), ("--runner=DirectRunner", "--x", "y")),
        (
            ("--s3_access_key_id=a", "--s3_secret_access_key", "b", "--s3_region_name=c"),
            ("--s3_access_key_id=…", "--s3_secret_access_key", "…", "--s3_region_name=c"),
        ),
        (
            ("--azure_connection_string=AccountKey=abc==;", "--s3_session_token=t"),
            ("--azure_connection_string=…", "--s3_session_token=…"),
        ),
    ],
)
def test_keys_are_not_shown(flags, shown):
    assert without_secrets(flags) == shown
