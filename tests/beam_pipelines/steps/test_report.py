"""What `shardbox report` refuses before it reads a record."""

import pytest

from beam_pipelines.failures import UsageError
from beam_pipelines.steps import report

from ..made import put


def refusal(*given: object) -> str:
    with pytest.raises(UsageError) as refused:
        report.run([str(one) for one in given], None, None)
    return str(refused.value)


def test_nothing_to_look_at():
    assert refusal() == "say what to look at: the folder of a dataset, or record files"


def test_an_unknown_flag():
    assert refusal("out", "--outptu=x") == "unknown flag --outptu; did you mean --output?"


def test_nothing_there(tmp_path):
    put(tmp_path, "a/b")
    assert refusal(tmp_path / "a/x*") == (
        f"'{tmp_path}/a/x*' matches nothing (the folder '{tmp_path}/a' exists and holds 1 entry)"
    )


def test_a_folder_without_records(tmp_path):
    put(tmp_path, "a/photo.jpg")
    assert refusal(tmp_path / "a") == (
        f"'{tmp_path}/a' holds no record files; give the folder of a dataset, or files of TFRecords."
    )


@pytest.fixture
def records(tmp_path):
    return put(tmp_path, "a.record", b"")


def test_records_of_others_need_a_place_for_the_page(records):
    assert refusal(records) == (
        "--output must be given, because these record files are no dataset with a place for its page: "
        "take --output report.html"
    )


def test_a_folder_as_the_page(records, tmp_path):
    assert refusal(records, "--output", tmp_path) == (
        f"--output '{tmp_path}' is a folder: give a file, such as '{tmp_path}/report.html'"
    )
    assert refusal(records, "--output", "new/") == "--output 'new/' is a folder: give a file, such as 'new/report.html'"


def test_a_page_with_a_wildcard(records, tmp_path):
    path = tmp_path / "a[1].html"
    assert refusal(records, "--output", path) == (
        f"--output '{path}' has a wildcard in it (one of * ? [ ]): give a path without"
    )


def test_a_page_in_place_of_records(records):
    assert refusal(records, "--output", records, "--overwrite") == (
        f"--output '{records}' is one of the record files: give another place"
    )


def test_a_page_in_place_of_something_else(records, tmp_path):
    page = put(tmp_path, "page.html", "mine")
    assert refusal(records, "--output", page) == (
        f"--output: '{page}' exists: give another place, or replace it with --overwrite"
    )
    assert page.read_text() == "mine"
