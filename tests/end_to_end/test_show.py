"""`shardbox show` on what `shardbox build` wrote, and on a file of a classic script."""

import gzip
from pathlib import Path

import pytest
from PIL import Image

from .made_sets import REAL, good_set, pair, write_set
from .made_sets import flags as flags_of
from .shardbox_runs import build, examples_of, name_of, shardbox

CLASSIC = {
    "a.jpg": [("raccoon", 0.25, 0.25, 0.75, 1.0)],
    "b.jpg": [("raccoon", 0.0, 0.0, 0.5, 0.5), ("cat", 0.5, 0.5, 1.0, 1.0)],
}
"""File name → (class, xmin, ymin, xmax, ymax) of its objects."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures in three splits of two shards each."""
    folder = tmp_path_factory.mktemp("show")
    files = good_set(11) | pair("naïve café", boxes=[("naïve café", 0, 0, 41, 30)])
    given = flags_of(write_set(folder / "set", files), folder / "out")
    build(*given, "--splits=train=0.5,test=0.5", "--num_shards=train=2,test=2", "--max_rejects=1")
    return folder / "out"


@pytest.fixture(scope="module")
def classic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the scripts of many tutorials write: github.com/datitran/raccoon_dataset, generate_tfrecord.py."""
    import tensorflow as tf

    def feature(values: list) -> object:
        if isinstance(values[0], bytes):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        if isinstance(values[0], float):
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    path = tmp_path_factory.mktemp("classic") / "train.record"
    encoded = (REAL / "raccoon" / "images" / "raccoon-65.jpg").read_bytes()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name, boxes in CLASSIC.items():
            names, *sides = zip(*boxes, strict=True)
            features = {
                "image/height": [360],
                "image/width": [480],
                "image/filename": [name.encode()],
                "image/source_id": [name.encode()],
                "image/encoded": [encoded],
                "image/format": [b"jpg"],
                "image/object/class/text": [one.encode() for one in names],
                "image/object/class/label": [1 + (one == "cat") for one in names],
            } | {
                f"image/object/bbox/{side}": list(values)
                for side, values in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)
            }
            features = tf.train.Features(feature={key: feature(values) for key, values in features.items()})
            writer.write(tf.train.Example(features=features).SerializeToString())
    return path


def test_every_record_of_a_dataset_is_found_by_what_is_known_of_it(dataset: Path):
    expected = [(split, example) for split, examples in examples_of(dataset).items() for example in examples]
    assert len(expected) == 12
    for i, (split, example) in enumerate(expected):
        result = shardbox("show", dataset, "--index", i)
        assert (result.code, result.err) == (0, "")
        lines = result.out.splitlines()
        assert lines[0].endswith(f", split {split}")
        assert lines[2] == f"picture    JPEG, 40 × 30 pixels, {len(example['image/encoded'][0]):,} bytes"
        assert f"file name  {name_of(example)}" in lines
        assert f"sha256     {example['image/key/sha256'][0].decode()}" in lines
        (source_id,) = example["image/source_id"]
        assert shardbox("show", dataset, "--source_id", source_id.decode()) == result
        assert shardbox("show", dataset, "--filename", name_of(example)) == result


def test_the_file_of_a_classic_script(classic: Path):
    result = shardbox("show", classic, "--index=1")
    assert (result.code, result.err) == (0, "")
    place, record, *lines = [line.rstrip() for line in result.out.splitlines()]
    assert place == "train.record: record 1, series train"
    assert record.startswith("record     23,0")
    assert lines == [
        "picture    JPEG, 480 × 360 pixels, 22,595 bytes",
        "stated     format jpg, width 480, height 360",
        "file name  b.jpg",
        "source_id  b.jpg",
        "sha256     none",
        "",
        "2 objects, boxes as xmin ymin xmax ymax",
        "#  class        pixels                size  normalised",
        "─" * 71,
        "0  raccoon (1)    0   0 240 180  240 × 180  0.0000 0.0000 0.5000 0.5000",
        "1  cat (2)      240 180 480 360  240 × 180  0.5000 0.5000 1.0000 1.0000",
        "",
        "Features that are not there: image/key/sha256, image/object/difficult, image/object/truncated, "
        "image/object/view, image/object/is_crowd, image/object/area.",
    ]


def test_the_file_of_a_classic_script_is_drawn(classic: Path, tmp_path: Path):
    result = shardbox("show", classic, "--class=cat", "--draw", tmp_path / "a.png", "--long_side=300")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1] == f"{tmp_path}/a.png: 300 × 225 pixels"
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.size == (300, 225)


def test_a_damaged_record_is_shown_and_counts_as_bad_data(classic: Path, tmp_path: Path):
    path = tmp_path / "train.record"
    data = bytearray(classic.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert shardbox("show", path).code == 0
    result = shardbox("show", path, "--index=1")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("train.record: record 1, series train\ndamaged    record_corrupt: the 23,0")


def test_a_compressed_file(classic: Path, tmp_path: Path):
    path = tmp_path / "train.record.gz"
    path.write_bytes(gzip.compress(classic.read_bytes()))
    plain, packed = shardbox("show", classic), shardbox("show", path)
    assert packed.out == plain.out.replace("train.record:", "train.record.gz:")


def test_a_contact_sheet(dataset: Path, tmp_path: Path):
    result = shardbox("show", dataset, "--contact_sheet=6", "--draw", tmp_path / "sheet.png")
    assert (result.code, result.err) == (0, "")
    *lines, last = result.out.splitlines()
    shards = [line.partition(" (")[2].partition(",")[0] for line in lines]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert last == f"{tmp_path}/sheet.png: {sheet.width:,} × {sheet.height:,} pixels"
    assert len(set(shards)) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "nothing to show: give the folder of a dataset, or record files"),
        (["{}", "--split=tarin"], 2, "--split 'tarin': there is no such split; did you mean train?"),
        (["{}", "--clas=dog"], 2, "unknown flag --clas; did you mean --class?"),
        (["{}", "--class=dgo"], 2, "--class 'dgo': the dataset has no such class; did you mean dog?"),
        (["{}", "--index=12"], 2, "--index 12: there are 12 records, 0 to 11"),
        (
            ["{}/label_map.pbtxt"],
            1,
            "'label_map.pbtxt' is no TFRecord file: its content is text that begins with "
            "'item {\\n  name: \"cat\"\\n  id: 1\\n  display_n'",
        ),
    ],
)
def test_refusals(dataset: Path, arguments: list[str], code: int, message: str):
    given = [argument.replace("{}", str(dataset)) for argument in arguments]
    assert shardbox("show", *given) == (code, "", f"shardbox: {message}\n")


def test_help_shows_every_flag_and_an_example():
    result = shardbox("show", "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("usage: shardbox show [-h] [--index N]")
    assert "\n  shardbox show dataset --split test --index 17 --draw record.png\n" in result.out
