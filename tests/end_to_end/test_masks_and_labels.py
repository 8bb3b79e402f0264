"""Masks of objects, class maps of pictures, and classes of whole images: what stands in the examples."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from data_contract.features import EXTRA_FEATURES, FEATURES
from data_contract.manifest import read_manifest

from .made_rows import CLASSIC, FLAGS, HEIGHT, WIDTH, as_csv, names_of, row, write_pictures, write_xml
from .made_sets import encoded, jpeg
from .shardbox_runs import (
    TWO_PROCESSES,
    boxes_of,
    build,
    digests,
    examples_of,
    in_a_process,
    name_of,
    reject_lines,
    shardbox,
)

Sides = tuple[int, int, int, int]

CAT, DOG = (4, 3, 20, 15), (22, 10, 38, 28)
ROWS = [
    row("one.jpg", "dog", *DOG, mask="one/dog.png"),
    row("one.jpg", "cat", *CAT, mask="one\\cat.png"),
    row("seq/two.jpg", "cat", *CAT, mask="./two.png"),
    row("apart.jpg", "cat", *CAT, mask="apart.png"),
    row("none.jpg", "", mask=""),
]


def png(*areas: tuple[int, Sides], mode: str = "P", size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """Numbers in rectangles, as VOC stores them: indices of colours that are other numbers."""
    image = Image.new(mode, size)
    if mode == "P":
        image.putpalette([(7 * i + 128) % 256 for i in range(768)])
    for number, sides in areas:
        image.paste(number, sides)
    return encoded(image, "PNG")


OBJECTS = {
    "one.png": png((255, (0, 0, 40, 2)), (1, DOG), (2, CAT)),
    "two.png": png((1, CAT)),
    "apart.png": png((1, (30, 20, 40, 30))),
}
"""As in `SegmentationObject`: the places of the objects are their numbers."""
CLASSES = {
    "one.png": png((255, (0, 0, 40, 2)), (12, DOG), (8, CAT)),
    "seq/two.png": png((8, CAT), mode="L"),
    "apart.png": png((8, (30, 20, 40, 30))),
    "none.png": png(),
}
OWN = {
    "one/dog.png": png((255, DOG), mode="L"),
    "one/cat.png": png((1, CAT), mode="1"),
    "two.png": png((200, CAT), mode="L"),
    "apart.png": png((3, (30, 20, 40, 30))),
}
"""A file for each object: whatever is not 0 is the object."""


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def values_of(data: bytes) -> bytes:
    """The pixels of a PNG of one channel of 8 bits."""
    assert data[24:26] == b"\x08\x00"
    return Image.open(BytesIO(data)).tobytes()


def area(*areas: tuple[int, Sides]) -> bytes:
    return Image.open(BytesIO(png(*areas, mode="L"))).tobytes()


def masks_of(example: dict[str, list[Any]]) -> list[tuple[str, bytes]]:
    names = (name.decode() for name in example["image/object/class/text"])
    return list(zip(names, map(values_of, example["image/object/mask"]), strict=True))


def by_name(output: Path) -> dict[str, dict[str, list[Any]]]:
    return {name_of(example): example for split in examples_of(output).values() for example in split}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masks")
    write_pictures(folder / "images", names_of(ROWS))
    write_xml(folder / "xml", ROWS)
    (folder / "rows.csv").write_bytes(as_csv(ROWS, (*CLASSIC, *FLAGS, "mask")))
    put(folder / "objects", OBJECTS)
    put(folder / "classes", CLASSES)
    put(folder / "own", OWN)
    return folder


def of_voc(place: Path, output: Path) -> list[object]:
    given = ["--annotations", place / "xml", "--images", place / "images", "--output", output, "--splits=all=1"]
    return [*given, f"--masks={place / 'objects'}", f"--class_maps={place / 'classes'}"]


@pytest.fixture(scope="module")
def voc(place: Path) -> Path:
    """The dataset of XML with masks and class maps as VOC has them."""
    build(*of_voc(place, place / "voc"))
    return place / "voc"


EXPECTED = {
    "one.jpg": [("cat", area((1, CAT))), ("dog", area((1, DOG)))],
    "seq/two.jpg": [("cat", area((1, CAT)))],
    "apart.jpg": [("cat", area((1, (30, 20, 40, 30))))],
    "none.jpg": [],
}
"""Image → masks in the order of its boxes."""


def test_masks_of_voc(voc: Path):
    assert {name: masks_of(example) for name, example in by_name(voc).items()} == EXPECTED


def test_class_maps_of_voc(voc: Path):
    found = by_name(voc)
    maps = {name: values_of(*example["image/segmentation/class/encoded"]) for name, example in found.items()}
    assert maps == {
        "one.jpg": area((255, (0, 0, 40, 2)), (12, DOG), (8, CAT)),
        "seq/two.jpg": area((8, CAT)),
        "apart.jpg": area((8, (30, 20, 40, 30))),
        "none.jpg": area(),
    }
    assert {tuple(example["image/segmentation/class/format"]) for example in found.values()} == {(b"png",)}


def test_the_manifest_tells_of_masks(voc: Path):
    manifest = read_manifest(voc)
    assert manifest.features == (*FEATURES, *EXTRA_FEATURES["masks"], *EXTRA_FEATURES["class_maps"])
    assert (manifest.options["masks"], manifest.options["class_maps"]) == (True, True)
    assert manifest.repairs == {"mask_differs": 1}
    assert manifest.rejects.counts == {}


def test_masks_of_rows(place: Path, voc: Path, tmp_path: Path):
    """The same examples, but for the class maps, from a table with a file for each object."""
    given = ("--rows", place / "rows.csv", "--images", place / "images", "--output", tmp_path / "out", "--splits=all=1")
    build(*given, f"--masks={place / 'own'}")
    ours, theirs = by_name(tmp_path / "out"), by_name(voc)
    for example in theirs.values():
        for key in ("encoded", "format"):
            example.pop(f"image/segmentation/class/{key}")
    assert ours == theirs
    assert read_manifest(tmp_path / "out").repairs == {"mask_differs": 1}


def test_two_processes(place: Path, voc: Path, tmp_path: Path):
    done = in_a_process(*of_voc(place, tmp_path / "out"), *TWO_PROCESSES)
    assert done.code == 0, done
    assert digests(tmp_path / "out") == digests(voc)


def test_masks_as_tensorflow_reads_them(voc: Path):
    import tensorflow as tf

    shards = [str(voc / shard.name) for shard in read_manifest(voc).splits["all"].shards]
    strings = {key: tf.io.VarLenFeature(tf.string) for key in ("image/object/mask", "image/object/class/text")}
    strings |= {"image/filename": tf.io.FixedLenFeature([], tf.string)}
    strings |= {"image/segmentation/class/encoded": tf.io.FixedLenFeature([], tf.string)}
    for record in tf.data.TFRecordDataset(shards):
        found = tf.io.parse_single_example(record, strings)
        expected = EXPECTED[found["image/filename"].numpy().decode()]
        masks = tf.sparse.to_dense(found["image/object/mask"])
        decoded = [tf.io.decode_png(mask, channels=1).numpy() for mask in masks]
        assert [one.shape for one in decoded] == [(HEIGHT, WIDTH, 1)] * len(expected)
        assert [one.tobytes() for one in decoded] == [mask for _, mask in expected]
        whole = tf.io.decode_image(found["image/segmentation/class/encoded"]).numpy()
        assert whole.shape == (HEIGHT, WIDTH, 1)


BAD = [
    row("good.jpg", "cat", *CAT, mask="good.png"),
    row("good.jpg", "dog", *CAT, mask="../secret.png"),
    row("good.jpg", "dog", *CAT, mask="/etc/passwd"),
    row("good.jpg", "dog", *CAT, mask=""),
    row("good.jpg", "dog", *CAT, mask="gone.png"),
    row("good.jpg", "dog", *CAT, mask="small.png"),
    row("good.jpg", "dog", *CAT, mask="empty.png"),
    row("good.jpg", "dog", *CAT, mask="colours.png"),
    row("mapless.jpg", "cat", *CAT, mask="good.png"),
]


def test_bad_masks(tmp_path: Path):
    """A mask that cannot be used costs its object, a class map its picture."""
    images = write_pictures(tmp_path / "images", names_of(BAD))
    (tmp_path / "rows.csv").write_bytes(as_csv(BAD, (*CLASSIC, "mask")))
    whole, small = png((1, CAT)), png((1, CAT), size=(20, 30))
    colours = png(mode="RGB")
    files = {"good.png": whole, "small.png": small, "empty.png": png(), "colours.png": colours}
    put(tmp_path / "masks", files)
    put(tmp_path, {"secret.png": whole})
    put(tmp_path / "maps", {"good.png": whole})
    given = ["--rows", tmp_path / "rows.csv", "--images", images, "--output", tmp_path / "out", "--splits=all=1"]
    build(*given, f"--masks={tmp_path / 'masks'}", f"--class_maps={tmp_path / 'maps'}", "--max_rejects=0.5")
    (example,) = examples_of(tmp_path / "out")["all"]
    assert masks_of(example) == [("cat", area((1, CAT)))]
    found = [(one.get("line"), one["level"], one["code"], one["message"]) for one in reject_lines(tmp_path / "out")]
    outside = "is no path below --masks: give one, without '..'"
    assert found == [
        (
            None,
            "image",
            "mask_missing",
            "the class map 'mapless.png' is not below --class_maps: add it, or leave the image out",
        ),
        (3, "box", "mask_outside", f"the mask '../secret.png' {outside}"),
        (4, "box", "mask_outside", f"the mask '/etc/passwd' {outside}"),
        (5, "box", "mask_missing", "the row names no mask: give the path of one below --masks, or leave the row"),
        (6, "box", "mask_missing", "the mask 'gone.png' is not below --masks: add it, or leave the row out"),
        (
            7,
            "box",
            "mask_size_differs",
            "the mask 'small.png' has 20 × 30 pixels, its picture 40 × 30: save it at the picture's size",
        ),
        (8, "box", "mask_empty", "the mask 'empty.png' has no pixel other than 0"),
        (
            9,
            "box",
            "mask_unreadable",
            "the mask 'colours.png' holds RGB colours instead of numbers: save it as a palette or grey PNG",
        ),
    ]


@pytest.mark.parametrize("flag", ["masks", "class_maps"])
@pytest.mark.parametrize(("name", "what"), [("gone", "does not exist"), ("rows.csv", "is a file")])
def test_folders_that_are_none(flag: str, name: str, what: str, place: Path, tmp_path: Path):
    given = ("--annotations", place / "xml", "--images", place / "images", f"--output={tmp_path / 'out'}")
    message = f"--{flag} '{place / name}' {what}: give the folder in which the PNG files lie"
    assert shardbox("build", *given, f"--{flag}={place / name}") == (2, "", f"shardbox: {message}\n")


LABELS = """\
image,label,split
a.jpg,rain,train
a.jpg,day,train
a.jpg,rain,train
b.jpg,night,train
c.jpg,day,test
copy.jpg,day,test
d.jpg,,test
e.jpg,day
"""


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The dataset of classes of whole images, and what the terminal showed."""
    folder = tmp_path_factory.mktemp("labels")
    images = write_pictures(folder / "images", ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"])
    (images / "copy.jpg").write_bytes(jpeg("c.jpg"))
    (folder / "rows.csv").write_text(LABELS)
    given = ("--rows", folder / "rows.csv", "--images", images, "--output", folder / "out", "--max_rejects=0.2")
    return folder / "out", build(*given).out


def test_classes_of_whole_images(labelled: tuple[Path, str]):
    found = {
        split: {name_of(e): (e["image/class/text"], e["image/class/label"]) for e in examples}
        for split, examples in examples_of(labelled[0]).items()
    }
    assert found.pop("train") == {"a.jpg": ([b"day", b"rain"], [1, 3]), "b.jpg": ([b"night"], [2])}
    (test,) = found.values()
    assert test.pop("d.jpg") == ([], [])
    assert list(test.values()) == [([b"day"], [1])]  # of equal pictures with equal classes one stays
    assert all(boxes_of(example) == [] for split in examples_of(labelled[0]).values() for example in split)


def test_the_manifest_tells_of_classes_of_images(labelled: tuple[Path, str]):
    manifest = read_manifest(labelled[0])
    assert manifest.classes == {"day": 1, "night": 2, "rain": 3}
    assert {name: split.labels for name, split in manifest.splits.items()} == {
        "train": {"day": 1, "night": 1, "rain": 1},
        "test": {"day": 1},
    }
    assert manifest.features == (*FEATURES, *EXTRA_FEATURES["labels"])
    assert manifest.rejects.counts == {"duplicate_identical": 1, "row_malformed": 1}


def test_what_the_terminal_shows_of_classes_of_images(labelled: tuple[Path, str]):
    rows = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in labelled[1].splitlines() if "│" in line]
    assert rows[:7] == [
        ["images", "2", "2", "4"],
        ["negatives", "0", "1", "1"],
        ["labels", "3", "1", "4"],
        ["day", "1", "1", "2"],
        ["night", "1", "0", "1"],
        ["rain", "1", "0", "1"],
        ["shards", "1", "1", "2"],
    ]
    assert "Class 'night' (id 2) has no image in test." in labelled[1].splitlines()


def test_boxes_and_classes_of_images_together(tmp_path: Path):
    """From two tables, one of each kind; both classes are in one label map."""
    images = write_pictures(tmp_path / "images", ["a.jpg", "b.jpg"])
    (tmp_path / "boxes.csv").write_bytes(as_csv([row("a.jpg", "cat", *CAT)]))
    (tmp_path / "labels.csv").write_text("image,label\na.jpg,day\nb.jpg,night\n")
    (tmp_path / "map.pbtxt").write_text('item { name: "cat" id: 4 } item { name: "day" id: 7 }')
    tables = ("--rows", tmp_path / "boxes.csv", tmp_path / "labels.csv", f"--label_map={tmp_path / 'map.pbtxt'}")
    more = ("--splits=all=1", "--unknown_classes=drop")
    build(*tables, "--images", images, "--output", tmp_path / "out", *more)
    found = by_name(tmp_path / "out")
    told = {name: (len(boxes_of(e)), e["image/object/class/label"], e["image/class/text"]) for name, e in found.items()}
    assert told == {"a.jpg": (1, [4], [b"day"]), "b.jpg": (0, [], [])}
    (line,) = reject_lines(tmp_path / "out")
    assert (line["code"], line["image"], line["message"]) == (
        "class_unknown",
        "b.jpg",
        "class 'night' is not in the label map",
    )
