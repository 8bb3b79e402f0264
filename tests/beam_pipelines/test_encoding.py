"""Examples as TensorFlow reads them, and byte for byte as protobuf writes them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.encoding import ExampleCoder, encode_example, read_image
from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.checking import check_masks
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.records import AnnotatedObject
from data_contract import features as keys
from data_contract.example_pb2 import Example
from data_contract.features import EXTRA_FEATURES, FEATURES

from .made import box, picture, put
from .masks.made_masks import png
from .masks.made_masks import values_of as pixels_of
from .pictures.made_pictures import encoded, gradient, opened, turned

JPEG = encoded(gradient(), "JPEG")
LABELS = {"cat": 3, "naïve café": 2**31 - 1}
BOXES = (
    ("cat", 0.25, 0.5, 0.75, 1.0, 0, 1, "Frontal", 0, 0, ""),
    ("cat", 0.5, 0.0, 0.625, 0.25, 1, 0, "", 1, 0.1, ""),
    ("naïve café", 0.0, 0.0, 1.0, 1.0, 0, 0, "Unspecified", 0, 0, ""),
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
        keys.OBJECT_IS_CROWD: ("int64_list", [0, 1, 0]),
        keys.OBJECT_AREA: ("float_list", [300.0, 0.10000000149011612, 1200.0]),
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


def coder_of(folder, *extras, masks=None):
    put(folder, "images/seq/é.jpg", JPEG)
    return ExampleCoder(FileSet.of("images", [str(folder / "images")]), extras, masks)


def encoded_by(coder, **changes):
    return values_of(Example.FromString(coder.encode((full_picture(**changes), LABELS))))


@pytest.mark.parametrize(
    ("labels", "texts", "ids"), [((), [], []), (("cat", "naïve café"), [b"cat", "naïve café".encode()], [3, 2**31 - 1])]
)
def test_classes_of_the_whole_image(tmp_path, labels, texts, ids):
    """A picture without one has the keys all the same."""
    found = encoded_by(coder_of(tmp_path, "labels"), labels=labels)
    assert found == whole() | {
        keys.IMAGE_CLASS_TEXT: ("bytes_list", texts),
        keys.IMAGE_CLASS_LABEL: ("int64_list", ids),
    }


def test_classes_of_the_whole_image_are_written_only_if_the_dataset_has_them(tmp_path):
    assert encoded_by(coder_of(tmp_path), labels=("cat",)) == whole()


WIDE = range(40)
NUMBERS = [[1 if 10 <= x < 30 and y >= 15 else 2 if x < 4 else 255 if x > 35 else 0 for x in WIDE] for y in range(30)]
"""Of instances in a file; the same numbers stand for classes in a class map."""


def shape(number):
    return tuple(tuple(int(value == number) for value in row) for row in NUMBERS)


def masks_in(folder, *kinds) -> MaskFolders:
    for kind in kinds:
        put(folder, f"{kind}/seq/é.png", png(NUMBERS, "P"))
    return MaskFolders(*(str(folder / kind) if kind in kinds else None for kind in ("objects", "maps")))


def digest(folders, boxes=()):
    objects = [AnnotatedObject("", "", "", "", "", mask=box[-1]) for box in boxes]
    return check_masks(folders, "seq/é.jpg", objects, 40, 30, of_rows=True).digest(boxes)


def test_masks_stand_in_the_order_of_the_boxes(tmp_path):
    folders = masks_in(tmp_path, "objects")
    boxes = [(*one[:-1], reference) for one, reference in zip(BOXES, ("#2", "#1", "#2"), strict=True)]
    coder = coder_of(tmp_path, "masks", masks=folders)
    found = encoded_by(coder, boxes=tuple(boxes), masks=digest(folders, boxes))
    kind, masks = found.pop(keys.OBJECT_MASK)
    assert found == whole()
    assert (kind, [pixels_of(mask) for mask in masks]) == ("bytes_list", [shape(2), shape(1), shape(2)])


def test_a_negative_has_the_key_of_masks_and_no_value(tmp_path):
    found = encoded_by(coder_of(tmp_path, "masks", masks=masks_in(tmp_path, "objects")), boxes=())
    assert found[keys.OBJECT_MASK] == ("bytes_list", [])


def test_a_class_map_keeps_its_values(tmp_path):
    """Every class and what is void, as they stand in the file; boxes need no masks for that."""
    folders = masks_in(tmp_path, "maps")
    found = encoded_by(coder_of(tmp_path, "class_maps", masks=folders), masks=digest(folders))
    kind, [class_map] = found.pop(keys.CLASS_MAP_ENCODED)
    assert (kind, pixels_of(class_map)) == ("bytes_list", tuple(map(tuple, NUMBERS)))
    assert found == whole() | {keys.CLASS_MAP_FORMAT: ("bytes_list", [b"png"])}


@pytest.mark.parametrize("full", [True, False])
def test_all_that_an_example_can_have_is_of_the_types_of_the_table(tf, tmp_path, full):
    folders = masks_in(tmp_path, "objects", "maps")
    boxes = ((*BOXES[0][:-1], "#1"),) if full else ()
    one = full_picture(boxes=boxes, labels=("cat",) if full else (), masks=digest(folders, boxes))
    data = coder_of(tmp_path, *EXTRA_FEATURES, masks=folders).encode((one, LABELS))
    table = {f.key: f for f in (*FEATURES, *(f for extra in EXTRA_FEATURES.values() for f in extra))}
    for message in (tf.train.Example.FromString(data), Example.FromString(data)):
        found = values_of(message)
        assert {key: kind for key, (kind, _) in found.items()} == {key: f"{f.dtype}_list" for key, f in table.items()}
        assert {key: len(values) for key, (_, values) in found.items()} == {
            key: 1 if f.shape == "scalar" or full else 0 for key, f in table.items()
        }
    assert len(data) == len(Example.FromString(data).SerializeToString())


def test_masks_that_changed(tmp_path):
    folders = masks_in(tmp_path, "objects")
    boxes = ((*BOXES[0][:-1], "#1"),)
    coder, before = coder_of(tmp_path, "masks", masks=folders), digest(folders, boxes)
    path = put(tmp_path, "objects/seq/é.png", png([row[::-1] for row in NUMBERS]))
    with pytest.raises(DatasetError) as refused:
        encoded_by(coder, boxes=boxes, masks=before)
    other = tmp_path / "objects/é.png"
    assert refused.value.sentence == (
        f"'{path}' or '{other}' was changed while the job ran: run it again when nobody writes there"
    )


def test_an_image_that_changed_or_vanished(tmp_path):
    path = put(tmp_path, "a.jpg", JPEG + b"\0")
    with pytest.raises(DatasetError) as refused:
        read_image(str(path), full_picture())
    assert refused.value.sentence == (f"'{path}' was changed while the job ran: run it again when nobody writes there")
    path.unlink()
    with pytest.raises(DatasetError) as refused:
        read_image(str(path), full_picture())
    assert refused.value.sentence == f"'{path}' was there when the job began and is gone now: run the job again"
