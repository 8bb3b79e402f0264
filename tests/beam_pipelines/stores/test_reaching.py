"""The first contact with a store: one sentence of what is wrong, and what to do."""

import pytest

from beam_pipelines.stores import reaching
from beam_pipelines.stores.reaching import reach
from presentation.refusals import UsageError

from ..made_store import FakeStore


class Answer(Exception):  # noqa: N818 (what a store says)
    """What a client raises."""

    def __init__(self, text, **fields):
        super().__init__(text)
        self.__dict__ |= fields


class NoCredentialsError(Exception):
    """As boto calls it."""


class EndpointConnectionError(Exception):
    """Likewise."""


def refusal(path, flag="--images"):
    with pytest.raises(UsageError) as refused:
        reach(path, flag)
    return str(refused.value)


@pytest.fixture
def answer(monkeypatch):
    """Lets all stores answer with an exception, or not at all."""
    answers = []

    class Client:
        def ask(self, bucket):
            for one in answers:
                raise one

    monkeypatch.setattr(reaching, "_is_installed", lambda module: True)
    monkeypatch.setattr(reaching, "make_client", lambda scheme, options, patience: Client())
    monkeypatch.setattr(reaching, "prepare", lambda path: None)
    return answers.append


def test_what_can_be_reached_passes(answer):
    for path in ("/data/a", "s3://b/a", "gs://b", "azfs://account/b/a", f"{FakeStore.scheme()}://a"):
        reach(path)


def test_a_scheme_that_nobody_knows():
    assert refusal("nowhere://a/b") == (
        "--images 'nowhere://a/b' is on no file system that Beam knows: give a path on a disk, or one that begins with "
        "gs://, s3:// or azfs://"
    )


@pytest.mark.parametrize(("path", "extra"), [("s3://b/a", "aws"), ("gs://b/a", "gcp"), ("azfs://account/b/a", "azure")])
def test_a_package_that_is_not_installed(monkeypatch, path, extra):
    monkeypatch.setattr(reaching.importlib.util, "find_spec", lambda module: None)
    message = f"needs a package that is not installed: pip install 'shardbox[{extra}]'"
    assert refusal(path) == f"--images '{path}' {message}"
    assert refusal(path, "") == f"'{path}' {message}"

    def fail(module):
        raise ModuleNotFoundError

    monkeypatch.setattr(reaching.importlib.util, "find_spec", fail)
    assert refusal(path) == f"--images '{path}' {message}"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("s3://", "names no bucket: write s3://BUCKET/FOLDER"),
        ("gs:///a", "names no bucket: write gs://BUCKET/FOLDER"),
        ("azfs://account", "names no container: write azfs://ACCOUNT/CONTAINER/FOLDER"),
    ],
)
def test_a_path_without_a_bucket(answer, path, sentence):
    assert refusal(path) == f"--images '{path}' {sentence}"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Answer("No such", code=404), "there is no bucket 'b' (No such)"),
        (Answer("No such", response={"ResponseMetadata": {"HTTPStatusCode": 404}}), "there is no bucket 'b' (No such)"),
        (Answer("Not yours\nat all", status_code=403), f"access is refused (Not yours): {reaching._CREDENTIALS['s3']}"),
        (NoCredentialsError("none"), f"access is refused (none): {reaching._CREDENTIALS['s3']}"),
        (EndpointConnectionError(""), "the store does not answer (EndpointConnectionError): "),
        (TimeoutError("slow"), "the store does not answer (slow): "),
        (Answer("odd", code=500), "odd"),
    ],
)
def test_what_a_store_says(answer, error, reason):
    answer(error)
    advice = "is there a network, and is the endpoint right?" if "not answer" in reason else ""
    assert refusal("s3://b/a") == f"--images 's3://b/a' cannot be reached: {reason}{advice}"


def test_who_may_read_a_file_need_not_be_allowed_to_list(answer):
    answer(Answer("Forbidden", code=403))
    reach("s3://b/map.pbtxt", "--label_map", listed=False)
    assert "access is refused (Forbidden)" in refusal("s3://b/map.pbtxt")


def test_a_cause_tells_as_well(answer):
    error = Answer("outer")
    error.__cause__ = NoCredentialsError("inner")
    answer(error)
    assert refusal("gs://b/a").startswith(
        "--images 'gs://b/a' cannot be reached: access is refused (outer): run `gcloud"
    )
