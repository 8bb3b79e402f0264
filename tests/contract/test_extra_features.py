"""Masks, class maps and classes of whole images, as the programs of others read them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_contract.features import EXTRA_FEATURES, FEATURES
from data_contract.manifest import Manifest, read_manifest

from ..end_to_end.made_sets import SIZE, encoded, jpeg
from ..end_to_end.shardbox_runs import build, name_of, values
from .readers import DATUMARO, OBJECT_DETECTION_API, as_class_map, as_masks, parsed

WIDTH, HEIGHT = SIZE
NAMES = [f"{i}.jpg" for i in range(8)]
OBJECTS = {name: [(2, 3, 2 + 4 * number, 15) for number in range(1, i % 4 + 1)] for i, name in enumerate(NAMES)}
"""Boxes of each image: none, one, two or three."""
LABELS = {name: ["barn", "outdoors"][: i % 3] for i, name in enumerate(NAMES)}


def numbers(name: str) -> np.ndarray:
    """Void at the right; object n is in columns 4 n - 2 to 4 n + 2, so that each begins where that before ends."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, _ in enumerate(OBJECTS[name], 1):
        drawn[3:15, 4 * number - 2 : 4 * number + 2] = number
    drawn[:, -3:] = 255
    return drawn


def palette_png(drawn: np.ndarray) -> bytes:
    """As VOC's: no colour equals its index."""
    image = Image.fromarray(drawn).convert("L")
    image = Image.frombytes("P", image.size, image.tobytes())
    image.putpalette([(7 * i + 128) % 256 for i in range(768)])
    return encoded(image, "PNG")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of two tables, one of boxes with masks and one of classes."""
    folder = tmp_path_factory.mktemp("extras")
    for kind in ("images", "objects", "classes"):
        (folder / kind).mkdir()
    boxes, classes = ["image,label,xmin,ymin,xmax,ymax,mask"], ["image,label"]
    for name in NAMES:
        (folder / "images" / name).write_bytes(jpeg(name))
        for kind, drawn in (("objects", numbers(name)), ("classes", numbers(name) // 2 * 2)):
            (folder / kind / name).with_suffix(".png").write_bytes(palette_png(drawn))
        boxes += [f"{name},cat,{','.join(map(str, box))},#{i}" for i, box in enumerate(OBJECTS[name], 1)]
        classes += [f"{name},{label}" for label in LABELS[name] or [""]]
    (folder / "boxes.csv").write_text("\n".join(boxes))
    (folder / "classes.csv").write_text("\n".join(classes))
    tables = ("--rows", folder / "boxes.csv", folder / "classes.csv")
    masks = ("--masks", folder / "objects", "--class_maps", folder / "classes")
    output = folder / "out"
    build(*tables, "--images", folder / "images", *masks, "--splits", "all=1", "--output", output)
    return output


@pytest.fixture(scope="module")
def manifest(dataset: Path) -> Manifest:
    return read_manifest(dataset)


@pytest.fixture(scope="module")
def records(dataset: Path, manifest: Manifest) -> dict[str, bytes]:
    """Image → its record."""
    shards = [str(dataset / shard.name) for shard in manifest.splits["all"].shards]
    found = [record.numpy() for record in tf.data.TFRecordDataset(shards)]
    return {name_of(values(record)): record for record in found}


def by_reader(record: bytes, features: dict[str, Any]) -> dict[str, Any]:
    return {key: tensor.numpy() for key, tensor in parsed(tf.constant(record), features).items()}


def test_the_manifest_lists_them(manifest: Manifest, records: dict[str, bytes]):
    assert sorted(records) == NAMES
    assert manifest.features == (*FEATURES, *(feature for extra in EXTRA_FEATURES.values() for feature in extra))
    content = manifest.splits["all"]
    assert (content.images, content.boxes, content.labels) == (8, {"cat": 12}, {"barn": 5, "outdoors": 2})
    assert content.negatives == sum(not (OBJECTS[name] or LABELS[name]) for name in NAMES) == 1
    assert manifest.classes == {"barn": 1, "cat": 2, "outdoors": 3}
    assert manifest.rejects.counts == {}


def test_every_example_has_every_feature_of_the_manifest(manifest: Manifest, records: dict[str, bytes]):
    """With an empty list where it has no value."""
    expected = {feature.key: f"{feature.dtype}_list" for feature in manifest.features}
    for name, record in records.items():
        features = tf.train.Example.FromString(record).features.feature
        assert {key: feature.WhichOneof("kind") for key, feature in features.items()} == expected
        counts = {key: len(getattr(feature, expected[key]).value) for key, feature in features.items()}
        for feature in manifest.features:
            objects = len(OBJECTS[name]) if feature.key.startswith("image/object/") else len(LABELS[name])
            assert counts[feature.key] == (1 if feature.shape == "scalar" else objects)


@pytest.mark.parametrize("name", NAMES)
def test_classes_of_the_whole_image(records: dict[str, bytes], manifest: Manifest, name: str):
    found = by_reader(records[name], OBJECT_DETECTION_API)
    assert [text.decode() for text in found["image/class/text"]] == LABELS[name]
    assert list(found["image/class/label"]) == [manifest.classes[label] for label in LABELS[name]]


@pytest.mark.parametrize("name", NAMES)
def test_masks_are_of_the_object_at_their_place(records: dict[str, bytes], name: str):
    """Boxes are sorted by their sides, which is here the order of their numbers."""
    expected = [numbers(name) == number for number, _ in enumerate(OBJECTS[name], 1)]
    masks = as_masks(tf.constant(records[name])).numpy()
    assert masks.shape == (len(expected), HEIGHT, WIDTH)
    np.testing.assert_array_equal(masks, np.array(expected, np.uint8).reshape(masks.shape))
    found = by_reader(records[name], DATUMARO)["image/object/mask"]
    assert len(found) == len(expected)
    for mask, pixels in zip(found, masks, strict=True):
        np.testing.assert_array_equal(tf.io.decode_image(mask).numpy()[..., 0], pixels)


@pytest.mark.parametrize("name", NAMES)
def test_class_maps_hold_the_indices_of_the_palette(records: dict[str, bytes], name: str):
    class_map = as_class_map(tf.constant(records[name])).numpy()
    np.testing.assert_array_equal(class_map, numbers(name) // 2 * 2)
    assert class_map.dtype == np.uint8
    assert values(records[name])["image/segmentation/class/format"] == [b"png"]
