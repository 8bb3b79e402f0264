"""Examples as TensorFlow reads them, and byte for byte as protobuf writes them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.encoding import ExampleCoder, encode_example, read_image
from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from data_contract import features as keys
from data_contract.example_pb2 import Example
from data_contract.features import FEATURES

from .made import box, picture, put
from .pictures.made_pictures import encoded, gradient, opened, turned

JPEG = encoded(gradient(), "JPEG")
LABELS = {"cat": 3, "naïve café": 2**31 - 1}
BOXES = (
    ("cat", 0.25, 0.5, 0.75, 1.0, 0, 1, "Frontal"),
    ("cat", 0.5, 0.0, 0.625, 0.25, 1, 0, ""),
    ("naïve café", 0.0, 0.0, 1.0, 1.0, 0, 0, "Unspecified"),
)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def values_of(example) -> dict[str, list]:
    """Key → (kind of list, values), of an Example of either package."""
    found = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        found[key] = (kind, list(getattr(feature, kind).value) if kind else None)
    return found


def whole(**changes) -> dict[str, tuple]:
    plain = {
        keys.IMAGE_ENCODED: ("bytes_list", [JPEG]),
        keys.IMAGE_FORMAT: ("bytes_list", [b"jpeg"]),
        keys.IMAGE_HEIGHT: ("int64_list", [30]),
        keys.IMAGE_WIDTH: ("int64_list", [40]),
        keys.IMAGE_FILENAME: ("bytes_list", ["seq/é.jpg".encode()]),
        keys.IMAGE_SOURCE_ID: ("bytes_list", [b"9223372036854775807"]),
        keys.IMAGE_SHA256: ("bytes_list", [hashlib.sha256(JPEG).hexdigest().encode()]),
        keys.BOX_XMIN: ("float_list", [0.25, 0.5, 0.0]),
        keys.BOX_XMAX: ("float_list", [0.75, 0.625, 1.0]),
        keys.BOX_YMIN: ("float_list", [0.5, 0.0, 0.0]),
        keys.BOX_YMAX: ("float_list", [1.0, 0.25, 1.0]),
        keys.CLASS_TEXT: ("bytes_list", [b"cat", b"cat", "naïve café".encode()]),
        keys.CLASS_LABEL: ("int64_list", [3, 3, 2**31 - 1]),
        keys.OBJECT_DIFFICULT: ("int64_list", [0, 1, 0]),
        keys.OBJECT_TRUNCATED: ("int64_list", [1, 0, 0]),
        keys.OBJECT_VIEW: ("bytes_list", [b"Frontal", b"", b"Unspecified"]),
        keys.OBJECT_IS_CROWD: ("int64_list", [0, 0, 0]),
        keys.OBJECT_AREA: ("float_list", [300.0, 37.5, 1200.0]),
    }
    return plain | changes


def full_picture(**changes):
    named = {"image": "seq/é.jpg", "key": 2**63 - 1, "sha256": hashlib.sha256(JPEG).hexdigest(), "boxes": BOXES}
    return picture(**{**named, **changes})


def test_a_whole_example(tf):
    data = encode_example(full_picture(), LABELS, JPEG)
    assert values_of(tf.train.Example.FromString(data)) == whole()
    assert values_of(Example.FromString(data)) == whole()
    assert list(whole()) == [feature.key for feature in FEATURES]


def test_a_negative_has_every_key_and_no_value(tf):
    data = encode_example(full_picture(boxes=()), {}, JPEG)
    lists = {feature.key for feature in FEATURES if feature.shape == "list"}
    expected = {key: (kind, [] if key in lists else values) for key, (kind, values) in whole().items()}
    assert values_of(tf.train.Example.FromString(data)) == expected


def test_tensorflow_parses_by_the_table_of_features(tf):
    dtypes = {"bytes": tf.string, "int64": tf.int64, "float": tf.float32}
    kinds = {"scalar": lambda dtype: tf.io.FixedLenFeature([], dtype), "list": tf.io.RaggedFeature}
    spec = {f.key: kinds[f.shape](dtypes[f.dtype]) for f in FEATURES}
    for boxes in (BOXES, ()):
        parsed = tf.io.parse_single_example(encode_example(full_picture(boxes=boxes), LABELS, JPEG), spec)
        assert {f.key: parsed[f.key].shape for f in FEATURES} == {
            f.key: () if f.shape == "scalar" else (len(boxes),) for f in FEATURES
        }
        assert parsed[keys.IMAGE_ENCODED].numpy() == JPEG


def test_a_converted_picture_is_what_its_size_and_hash_say():
    data = turned("JPEG", 6)
    turning = full_picture(conversion="upright_jpeg", width=30, height=40, boxes=())
    found = values_of(Example.FromString(encode_example(turning, LABELS, data)))
    [image] = found[keys.IMAGE_ENCODED][1]
    assert opened(image).size == (30, 40)
    assert found[keys.IMAGE_SHA256][1] == [hashlib.sha256(image).hexdigest().encode()]
    assert image != data


def test_areas_are_of_the_pixels_that_are_written():
    # 0.1 is no exact float32; the product is rounded once, at the end.
    found = values_of(
        Example.FromString(encode_example(full_picture(boxes=(box("cat", 0, 0, 0.5, 0.5),)), LABELS, b""))
    )
    assert found[keys.OBJECT_AREA][1] == [20 * 15]


NEAR_BORDERS = st.sampled_from([0, 1, 127, 128, 16383, 16384, 2**21]).flatmap(
    lambda border: st.integers(max(0, border - 130), border + 2)
)


@given(NEAR_BORDERS, st.booleans())
def test_the_image_is_written_as_protobuf_writes_it(size, boxes):
    """Sizes at which a length needs one more byte: of the image itself, and of every message around it."""
    image = bytes(size)
    data = encode_example(full_picture(boxes=BOXES if boxes else ()), LABELS, image)
    example = Example.FromString(data)
    assert len(data) == len(example.SerializeToString())
    alone, rest = Example(), Example()
    alone.features.feature[keys.IMAGE_ENCODED].bytes_list.value.append(image)
    rest.CopyFrom(example)
    del rest.features.feature[keys.IMAGE_ENCODED]
    entry = alone.features.SerializeToString()
    others = rest.features.SerializeToString(deterministic=True)
    # Two messages of one kind in a row are their union.
    assert data.endswith(others + entry)
    joined = Example()
    joined.features.MergeFromString(others + entry)
    assert joined == example
    assert data[: len(data) - len(others) - len(entry)] == joined.SerializeToString()[: len(data) - len(others + entry)]
    assert example.features.feature[keys.IMAGE_ENCODED].bytes_list.value == [image]


@given(st.permutations(list(LABELS)))
def test_the_same_picture_gives_the_same_bytes(order):
    labels = {name: LABELS[name] for name in order}
    assert encode_example(full_picture(), labels, JPEG) == encode_example(full_picture(), LABELS, JPEG)


def test_a_class_without_an_id_is_no_example():
    with pytest.raises(KeyError):
        encode_example(full_picture(), {"cat": 1}, JPEG)


def test_the_coder_reads_the_image_late(tmp_path):
    put(tmp_path, "seq/é.jpg", JPEG)
    coder = ExampleCoder(FileSet.of("images", [str(tmp_path)]))
    assert coder.encode((full_picture(), LABELS)) == encode_example(full_picture(), LABELS, JPEG)
    assert coder.is_deterministic()


def test_an_image_that_changed_or_vanished(tmp_path):
    path = put(tmp_path, "a.jpg", JPEG + b"\0")
    with pytest.raises(DatasetError) as refused:
        read_image(str(path), full_picture())
    assert refused.value.sentence == (f"'{path}' was changed while the job ran: run it again when nobody writes there")
    path.unlink()
    with pytest.raises(DatasetError) as refused:
        read_image(str(path), full_picture())
    assert refused.value.sentence == f"'{path}' was there when the job began and is gone now: run the job again"
