"""The page about a dataset: the same from `build` and from `report`, and for record files of others."""

from pathlib import Path

import lxml.html
import pytest

from data_contract.example_pb2 import Example

from .made_sets import flags, good_set, jpeg, mixed_set, write_set
from .shardbox_runs import TWO_PROCESSES, build, shardbox, snapshot

PAGE = "report/index.html"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with rejects, repairs and negatives, and with its page."""
    folder = tmp_path_factory.mktemp("built")
    build(*flags(mixed_set(folder / "set"), folder / "out"), "--max_rejects=0.9", "--num_shards=5")
    return folder / "out"


def test_the_page_of_a_finished_dataset_is_that_of_its_build(built: Path):
    before = snapshot(built)
    (built / PAGE).write_text("old")
    assert shardbox("report", built) == (0, f"{built / PAGE}\n", "")
    assert snapshot(built) == before


def test_two_processes_make_the_same_page(built: Path, tmp_path: Path):
    page = tmp_path / "new" / "page.html"
    assert shardbox("report", built, "--output", page, *TWO_PROCESSES).code == 0
    assert page.read_bytes() == (built / PAGE).read_bytes()


def test_no_report(tmp_path: Path):
    made = write_set(tmp_path / "set", good_set(12))
    result = build(*flags(made, tmp_path / "out"), "--no_report")
    assert not (tmp_path / "out/report").exists()
    assert result.out.splitlines()[-1] == str(tmp_path / "out/manifest.json")
    result = build(*flags(made, tmp_path / "out"), "--overwrite")
    assert result.out.splitlines()[-1] == str(tmp_path / "out" / PAGE)
    build(*flags(made, tmp_path / "out"), "--overwrite", "--no_report")
    assert not (tmp_path / "out/report").exists()


def test_a_dry_run_makes_no_page(tmp_path: Path):
    made = write_set(tmp_path / "set", good_set(12))
    build(*flags(made, tmp_path / "out"), "--dry_run")
    assert not (tmp_path / "out").exists()


def classic_example(name: str) -> bytes:
    """As generate_tfrecord.py of datitran/raccoon_dataset writes it: no digest, no flags, the name as its id."""
    example = Example()
    feature = example.features.feature
    for key, value in (("height", 30), ("width", 40)):
        feature[f"image/{key}"].int64_list.value.append(value)
    for key in ("filename", "source_id"):
        feature[f"image/{key}"].bytes_list.value.append(f"{name}.jpg".encode())
    feature["image/encoded"].bytes_list.value.append(jpeg(name))
    feature["image/format"].bytes_list.value.append(b"jpg")
    for side, value in (("xmin", 0.1), ("xmax", 0.5), ("ymin", 0.1), ("ymax", 0.5)):
        feature[f"image/object/bbox/{side}"].float_list.value.append(value)
    feature["image/object/class/text"].bytes_list.value.append(b"raccoon")
    feature["image/object/class/label"].int64_list.value.append(1)
    return example.SerializeToString()


def test_records_of_a_classic_script(tmp_path: Path):
    tf = pytest.importorskip("tensorflow")
    for split, names in (("train", "abc"), ("test", "de")):
        with tf.io.TFRecordWriter(str(tmp_path / f"{split}.record")) as writer:
            for name in names:
                writer.write(classic_example(name))
    page = tmp_path / "page.html"
    assert shardbox("report", tmp_path / "*.record", "--output", page) == (0, f"{page}\n", "")
    text = " ".join(lxml.html.parse(page).getroot().text_content().split())
    assert "raccoon" in text
    assert "a.jpg" in text
    assert page.read_text().count("data:image/jpeg;base64,") >= 5
