"""What `shardbox report` refuses before it reads a record."""

import pytest
from rich.console import Console

from beam_pipelines.failures import DatasetError
from beam_pipelines.steps import report
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split
from presentation.refusals import UsageError

from ..made import contents, put


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


@pytest.fixture
def dataset(tmp_path):
    manifest = Manifest(
        LabelMapFile("label_map.pbtxt", "0" * 64),
        {"cat": 1},
        {"train": Split(0, 0, {}, 0, (Shard("train-00000-of-00001.tfrecord", 0, 0, "00000000"),))},
    )
    put(tmp_path, "out[1]/train-00000-of-00001.tfrecord", b"")
    return put(tmp_path, "out[1]/manifest.json", manifest.to_json()).parent


@pytest.mark.parametrize("name", ["manifest.json", "train.html"])
def test_a_page_among_the_files_of_a_dataset(records, dataset, name):
    out = dataset.rename(dataset.parent / "out")
    before = contents(out)
    assert refusal(records, "--output", out / name, "--overwrite") == (
        f"--output '{out / name}' lies in the folder of a dataset, which is for its own files: give another"
    )
    assert refusal(out, "--output", out / name, "--overwrite").endswith("which is for its own files: give another")
    assert contents(out) == before


@pytest.mark.parametrize("name", ["report", "report/index.html"])
def test_a_report_that_is_a_link_leads_nowhere(dataset, tmp_path, name):
    mine = put(tmp_path, "mine/index.html", "mine")
    (dataset / name).parent.mkdir(exist_ok=True)
    (dataset / name).symlink_to(mine if "/" in name else mine.parent)
    assert refusal(dataset) == f"'{dataset / name}' is a link to another place: give --output, or remove it"
    assert mine.read_text() == "mine"


def test_a_neighbour_that_the_folder_matches_as_a_pattern_stays(dataset, tmp_path, capsys):
    neighbour = put(tmp_path, "out1/report/index.html", "mine")
    put(dataset, "report/index.html", "old")
    report.run([str(dataset)], Console(), None)
    assert capsys.readouterr().out == f"{dataset}/report/index.html\n"
    assert neighbour.read_text() == "mine"
    assert (dataset / "report/index.html").read_text() != "old"
    assert [path.name for path in (dataset / "report").iterdir()] == ["index.html"]


def test_a_page_of_another_kind(records):
    assert refusal(records, "--output", "page.pdf") == (
        "--output 'page.pdf' is a page: give it a name that ends with .html"
    )


def test_records_without_a_picture_make_no_page(records, tmp_path):
    with pytest.raises(DatasetError) as refused:
        report.run([str(records), "--output", str(tmp_path / "page.html")], None, None)
    assert refused.value.sentence == (
        "not one record with a picture was found: `shardbox verify` tells what the files hold"
    )
    assert not (tmp_path / "page.html").exists()


def test_a_folder_that_cannot_be_written(records, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert refusal(records, "--output", tmp_path / "page.html") == (
        f"cannot write to '{tmp_path}': give another --output"
    )


def test_a_page_in_place_of_something_else(records, tmp_path):
    page = put(tmp_path, "page.html", "mine")
    assert refusal(records, "--output", page) == (
        f"--output: '{page}' exists: give another place, or replace it with --overwrite"
    )
    assert page.read_text() == "mine"
