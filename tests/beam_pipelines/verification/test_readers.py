"""Verdicts on examples against what TensorFlow itself does with them, by the specifications of those programs."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from beam_pipelines.record_files.views import parse_features
from beam_pipelines.verification.examples import rules_of_others
from beam_pipelines.verification.picture_checks import check_picture
from beam_pipelines.verification.readers import BUT, DATUMARO, DETECTION_API, FIFTYONE, MODEL_GARDEN, NO, judge

from ...contract import readers as specifications

SIDES = [f"image/object/bbox/{side}" for side in ("ymin", "xmin", "ymax", "xmax")]


def picture(format: str) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((8, 6)).convert("RGB").save(out, format)
    return out.getvalue()


def feature(value: object) -> tf.train.Feature:
    """bytes, int or float, or a list of them; None for a feature without a list."""
    if value is None:
        return tf.train.Feature()
    if isinstance(value, tuple):  # an empty list of a type
        return tf.train.Feature(**{f"{value[0]}_list": {}})
    values = value if isinstance(value, list) else [value]
    if isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


WHOLE: dict[str, object] = {
    "image/encoded": picture("JPEG"),
    "image/format": b"jpeg",
    "image/height": 6,
    "image/width": 8,
    "image/filename": b"a.jpg",
    "image/source_id": b"17",
    **{key: [0.25, 0.5] for key in SIDES[:2]},
    **{key: [0.5, 0.75] for key in SIDES[2:]},
    "image/object/class/text": [b"cat", b"dog"],
    "image/object/class/label": [1, 2],
}
"""What all four read."""

GONE = object()

SOURCE_ID = "image/source_id"
DECODES = "which TensorFlow does not decode as one"
NO_NUMBER = (BUT, f"its evaluation stops, because {SOURCE_ID} is no number of 64 bits")
BACKGROUND = (BUT, "an object with a class below 1 is taken for background")
LABELS_LOST = (BUT, "classes without image/object/class/label above 0 are lost unless label_map.pbtxt has them")
TEXTS_LOST = (BUT, "objects are lost where a box side or image/object/class/text has fewer values than the others")
UNEQUAL = (NO, "the four sides of the boxes have unequal numbers of values")
TEXT_NOT_ONE_EACH = (NO, "image/object/class/text does not hold one value for each box")
AREAS = "its evaluation by object size is wrong, because image/height is missing"
OBJECTS = [key for key in WHOLE if key.startswith("image/object/")]


def missing(*keys: str) -> list[tuple[str, str]]:
    return [(NO, f"{key} is missing") for key in keys]


def typed(key: str, found: str, wanted: str) -> list[tuple[str, str]]:
    return [(NO, f"{key} holds {found} values instead of {wanted}")]


def not_one(key: str) -> list[tuple[str, str]]:
    return [(NO, f"{key} does not hold exactly one value")]


def all_four(remarks: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    return dict.fromkeys((MODEL_GARDEN, DETECTION_API, DATUMARO, FIFTYONE), remarks)


def not_decoded(what: str) -> dict[str, list[tuple[str, str]]]:
    """What TensorFlow has to decode."""
    remarks = [(NO, f"a picture is {what}, {DECODES}")]
    return dict.fromkeys((MODEL_GARDEN, DETECTION_API, FIFTYONE), remarks)


CASES: dict[str, tuple[dict[str, object], dict[str, list[tuple[str, str]]]]] = {
    "whole": ({}, {}),
    "classic script": ({SOURCE_ID: b"a.jpg"}, {MODEL_GARDEN: [NO_NUMBER]}),
    "object detection api": (
        {
            "image/key/sha256": b"0" * 64,
            "image/object/difficult": [0, 1],
            "image/object/truncated": [0, 1],
            "image/object/view": [b"", b"Frontal"],
            "image/object/area": [1.0, 2.0],
            "image/object/is_crowd": [0, 0],
        },
        {},
    ),
    "negative": (dict.fromkeys(OBJECTS, GONE), {}),
    "negative of empty lists": (
        dict.fromkeys(SIDES, ("float",))
        | {"image/object/class/text": ("bytes",), "image/object/class/label": ("int64",)},
        {},
    ),
    "no source_id": (
        {SOURCE_ID: GONE},
        {
            **dict.fromkeys((MODEL_GARDEN, DATUMARO, FIFTYONE), missing(SOURCE_ID)),
            DETECTION_API: [
                (BUT, f"its evaluation takes all pictures for one, because {SOURCE_ID} is missing or empty")
            ],
        },
    ),
    "source_id without a list": (
        {SOURCE_ID: None},
        {
            **dict.fromkeys((MODEL_GARDEN, DATUMARO, FIFTYONE), missing(SOURCE_ID)),
            DETECTION_API: [
                (BUT, f"its evaluation takes all pictures for one, because {SOURCE_ID} is missing or empty")
            ],
        },
    ),
    "source_id of an empty list": ({SOURCE_ID: ("bytes",)}, all_four(not_one(SOURCE_ID))),
    "source_id twice": ({SOURCE_ID: [b"1", b"2"]}, all_four(not_one(SOURCE_ID))),
    "source_id a number": ({SOURCE_ID: 17}, all_four(typed(SOURCE_ID, "int64", "bytes"))),
    "source_id too large": ({SOURCE_ID: str(2**63).encode()}, {MODEL_GARDEN: [NO_NUMBER]}),
    "source_id negative": ({SOURCE_ID: str(-(2**63)).encode()}, {}),
    "source_id with a blank": ({SOURCE_ID: b" 17 "}, {}),
    "source_id with an underscore": ({SOURCE_ID: b"1_7"}, {MODEL_GARDEN: [NO_NUMBER]}),
    "source_id with foreign digits": ({SOURCE_ID: "\u0661\u0667".encode()}, {MODEL_GARDEN: [NO_NUMBER]}),
    "source_id with a plus": ({SOURCE_ID: b"+17"}, {}),
    "source_id empty": (
        {SOURCE_ID: b""},
        {DETECTION_API: [(BUT, f"its evaluation takes all pictures for one, because {SOURCE_ID} is missing or empty")]},
    ),
    "no height": (
        {"image/height": GONE},
        {MODEL_GARDEN: [(BUT, AREAS)], **dict.fromkeys((DATUMARO, FIFTYONE), missing("image/height"))},
    ),
    "no filename, no format": (
        {"image/filename": GONE, "image/format": GONE},
        dict.fromkeys((DATUMARO, FIFTYONE), missing("image/filename", "image/format")),
    ),
    "filename not utf-8": ({"image/filename": b"\xff.jpg"}, {DATUMARO: [(NO, "image/filename is not UTF-8")]}),
    "labels of floats": (
        {"image/object/class/label": [1.0, 2.0]},
        all_four(typed("image/object/class/label", "float", "int64")),
    ),
    "boxes of integers": ({SIDES[0]: [0, 1]}, all_four(typed(SIDES[0], "int64", "float"))),
    "no texts": (
        {"image/object/class/text": GONE},
        {DATUMARO: [TEXT_NOT_ONE_EACH], FIFTYONE: [TEXTS_LOST]},
    ),
    "no labels": (
        {"image/object/class/label": GONE},
        {
            MODEL_GARDEN: [(NO, "image/object/class/label does not hold one value for each box")],
            DATUMARO: [LABELS_LOST],
        },
    ),
    "label 0": (
        {"image/object/class/label": [0, 1]},
        {MODEL_GARDEN: [BACKGROUND], DATUMARO: [LABELS_LOST]},
    ),
    "sides of unequal length": (
        {SIDES[3]: [0.75]},
        {MODEL_GARDEN: [UNEQUAL], DETECTION_API: [UNEQUAL], DATUMARO: [UNEQUAL], FIFTYONE: [TEXTS_LOST]},
    ),
    "areas of integers": (
        {"image/object/area": [1, 2]},
        dict.fromkeys((MODEL_GARDEN, DETECTION_API), typed("image/object/area", "int64", "float")),
    ),
    "bmp": ({"image/encoded": picture("BMP")}, {}),
    "gif": (
        {"image/encoded": picture("GIF")},
        not_decoded("a GIF"),
    ),
    "webp": (
        {"image/encoded": picture("WEBP")},
        not_decoded("a WEBP"),
    ),
    "picture cut off": (
        {"image/encoded": picture("JPEG")[:-100]},
        {
            **not_decoded("damaged or unknown"),
            DATUMARO: [(BUT, "a picture is damaged or unknown, and fails when it is looked at")],
        },
    ),
    "no picture": (
        {"image/encoded": GONE},
        {
            **dict.fromkeys((MODEL_GARDEN, DATUMARO, FIFTYONE), missing("image/encoded")),
            DETECTION_API: [(NO, f"a picture is damaged or unknown, {DECODES}")],
        },
    ),
}
"""Name: (what differs from `WHOLE`, what must be said of which reader)."""


def record_of(changes: dict[str, object]) -> bytes:
    content = {key: feature(value) for key, value in (WHOLE | changes).items() if value is not GONE}
    return tf.train.Example(features=tf.train.Features(feature=content)).SerializeToString()


def verdicts_on(record: bytes) -> dict[str, list[tuple[str, str]]]:
    features = parse_features(record)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, level, why in judge(features, check_picture(features, rules_of_others({})).format):
        found.setdefault(name, []).append((level, why))
    return found


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_each_reader(name: str):
    changes, expected = CASES[name]
    assert verdicts_on(record_of(changes)) == expected


def decode(tensors: dict[str, Any]) -> None:
    image = tf.io.decode_image(tensors["image/encoded"], channels=3)
    assert len(image.shape) == 3


def model_garden(record: bytes) -> None:
    tensors = specifications.parsed(record, specifications.MODEL_GARDEN)
    decode(tensors)
    boxes = tf.stack([tensors[key] for key in SIDES], axis=-1)
    assert len(boxes) == len(tensors["image/object/class/label"])  # both are gathered by one index


def model_garden_evaluation(record: bytes) -> None:
    model_garden(record)
    source_id = specifications.parsed(record, specifications.MODEL_GARDEN)[SOURCE_ID]
    if source_id.numpy():  # else the decoder takes a hash
        tf.strings.to_number(source_id, tf.int64)


def detection_api(record: bytes) -> None:
    tensors = specifications.parsed(record, specifications.OBJECT_DETECTION_API)
    decode(tensors)
    tf.transpose(tf.concat([tf.expand_dims(tensors[key], 0) for key in SIDES], 0))


def datumaro(record: bytes) -> None:
    tensors = specifications.parsed(record, specifications.DATUMARO)
    for key in (SOURCE_ID, "image/filename"):
        tensors[key].numpy().decode("utf-8")
    sides = [tensors[f"image/object/bbox/{side}"].numpy() for side in ("xmin", "ymin", "xmax", "ymax")]
    np.dstack((tensors["image/object/class/text"].numpy(), *sides))


def fiftyone(record: bytes) -> None:
    decode(specifications.parsed(record, specifications.FIFTYONE))


def fails(read: Callable[[bytes], None], record: bytes) -> bool:
    try:
        read(record)
    except (tf.errors.InvalidArgumentError, ValueError, AssertionError):
        return True
    return False


@pytest.mark.parametrize("name", CASES)
def test_tensorflow_agrees(name: str):
    record = record_of(CASES[name][0])
    found = verdicts_on(record)
    stops = {
        reader: fails(read, record)
        for reader, read in (
            (MODEL_GARDEN, model_garden),
            (DETECTION_API, detection_api),
            (DATUMARO, datumaro),
            (FIFTYONE, fiftyone),
        )
    }
    assert {reader: any(level == NO for level, _ in found.get(reader, ())) for reader in stops} == stops
    evaluates = not any(level == NO for level, _ in found.get(MODEL_GARDEN, ())) and NO_NUMBER not in found.get(
        MODEL_GARDEN, ()
    )
    assert evaluates is not fails(model_garden_evaluation, record)
