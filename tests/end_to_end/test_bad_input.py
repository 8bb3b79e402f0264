"""What becomes of single pictures and annotations that something is wrong with: rejected or mended, never lost."""

import re
import struct
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from data_contract.label_map import LabelMap
from data_contract.manifest import Manifest, read_manifest

from .bad_records import CASES, Case, Made
from .made_sets import flags, write_set
from .shardbox_runs import boxes_of, build, examples_of, name_of, reject_lines

EACH_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    whole: dict[str, bytes] = {}
    for case in CASES:
        assert not whole.keys() & case.files.keys(), case.name
        whole |= case.files
    return whole


@pytest.fixture(scope="module")
def dataset(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    output = folder / "out"
    build(*flags(write_set(folder / "set", files), output), "--splits=all=1", "--max_rejects=1", "--num_shards=3")
    return output


@pytest.fixture(scope="module")
def examples(dataset: Path) -> list[dict[str, list[Any]]]:
    return examples_of(dataset)["all"]


@pytest.fixture(scope="module")
def manifest(dataset: Path) -> Manifest:
    return read_manifest(dataset)


def normalised(made: Made) -> list[tuple[Any, ...]]:
    width, height = made.size
    scales = (width, height, width, height)
    return [
        (name, *(float32(side / scale) for side, scale in zip(sides, scales, strict=True)))
        for name, *sides in made.boxes
    ]


def float32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def of_case(case: Case, examples: list[dict[str, list[Any]]]) -> list[dict[str, list[Any]]]:
    mine = [example for example in examples if case.owns("JPEGImages", name_of(example))]
    return sorted(mine, key=lambda example: (name_of(example), boxes_of(example)))


@EACH_CASE
def test_rejects(case: Case, dataset: Path):
    mine = [
        line
        for line in reject_lines(dataset)
        if case.owns("Annotations", line["source"]) or case.owns("JPEGImages", line["image"])
    ]
    assert len(mine) == len(case.rejects)
    for line, expected in zip(mine, case.rejects, strict=True):
        message = expected["message"]
        if isinstance(message, re.Pattern):
            assert message.fullmatch(line["message"])
            message = line["message"]
        assert line == expected | {"message": message}


@EACH_CASE
def test_examples(case: Case, examples: list[dict[str, list[Any]]]):
    mine = of_case(case, examples)
    assert [(name_of(e), boxes_of(e)) for e in mine] == [(made.image, normalised(made)) for made in case.made]
    described = [(e["image/width"], e["image/height"], e["image/format"]) for e in mine]
    assert described == [([m.size[0]], [m.size[1]], [m.format.encode()]) for m in case.made]


@EACH_CASE
def test_pictures_look_as_the_annotator_saw_them(case: Case, examples: list[dict[str, list[Any]]]):
    for example, made in zip(of_case(case, examples), case.made, strict=True):
        (written,) = example["image/encoded"]
        original = case.files[f"JPEGImages/{made.image}"]
        assert (written == original) == made.own_bytes
        image = Image.open(BytesIO(written))
        assert image.getexif().get(0x0112, 1) == 1
        assert (image.format.lower(), image.size) == (made.format, made.size)
        difference = ImageChops.difference(image.convert("RGB"), made.seen(original))
        assert max(ImageStat.Stat(difference).mean) < (6 if made.format == "jpeg" and not made.own_bytes else 1)


def test_nothing_is_lost_and_all_is_counted(files: dict[str, bytes], manifest: Manifest, examples: list[Any]):
    assert len(examples) == sum(len(case.made) for case in CASES) == manifest.splits["all"].images
    assert manifest.rejects.counts == Counter(reject["code"] for case in CASES for reject in case.rejects)
    assert manifest.repairs == Counter(code for case in CASES for code in case.repairs)
    assert manifest.splits["all"].negatives == sum(not made.boxes for case in CASES for made in case.made)
    seen = Counter(name.partition("/")[0] for name in files)
    assert manifest.seen == {
        "annotations": seen["Annotations"],
        "images": seen["JPEGImages"],
        # Of each pair of pictures of one name that a single annotation speaks of, and both where it does not tell.
        "images_without_annotation": 4,
    }


def test_class_names_are_written_as_they_are(dataset: Path, examples: list[dict[str, list[Any]]]):
    names = sorted({box[0] for case in CASES for made in case.made for box in made.boxes})
    assert names == ["1", 'a"b', "ant", "cat", "dog", "naïve café", "true"]
    label_map = LabelMap.from_names(names)
    assert (dataset / "label_map.pbtxt").read_text("utf-8") == label_map.to_pbtxt()
    for example in examples:
        texts = [text.decode() for text in example["image/object/class/text"]]
        assert example["image/object/class/label"] == [label_map.ids[text] for text in texts]


def test_flags(examples: list[dict[str, list[Any]]]):
    (example,) = (example for example in examples if name_of(example) == "flags.jpg")
    assert (example["image/object/difficult"], example["image/object/truncated"]) == ([0], [1])


def test_areas_are_in_square_pixels(examples: list[dict[str, list[Any]]]):
    for example in examples:
        width, height = example["image/width"][0], example["image/height"][0]
        boxes = [(x1 - x0) * width * (y1 - y0) * height for _, x0, y0, x1, y1 in boxes_of(example)]
        assert example["image/object/area"] == pytest.approx(boxes, rel=1e-6)
