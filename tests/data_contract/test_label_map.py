"""Label maps: what is read, written and refused."""

import pickle
import re

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import Message
from hypothesis import example, given
from hypothesis import strategies as st

from data_contract.label_map import Label, LabelMap, LabelMapError, read_label_map

AWKWARD = ["1", "true", "a b", "#", "'", '"', "\\", "\\n", "\n", "{", "Würfel", "猫", "\x00", "\x85", " ", "-1", "item"]

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
maps = st.builds(
    lambda ids, names, shown: LabelMap(tuple(map(Label, names, ids, shown))),
    st.lists(st.integers(1, 2**31 - 1), unique=True, min_size=8, max_size=8),
    st.lists(names, unique=True, min_size=1, max_size=8),
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=8, max_size=8),
)


def upstream_label_map() -> Message:
    """An empty message as TensorFlow's object detection library declares it, in a pool of its own."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="object_detection/protos/string_int_label_map.proto", package="object_detection.protos", syntax="proto2"
    )
    item = file.message_type.add(name="StringIntLabelMapItem")
    item.field.add(name="name", number=1, label=field.LABEL_OPTIONAL, type=field.TYPE_STRING)
    item.field.add(name="id", number=2, label=field.LABEL_OPTIONAL, type=field.TYPE_INT32)
    item.field.add(name="display_name", number=3, label=field.LABEL_OPTIONAL, type=field.TYPE_STRING)
    whole = file.message_type.add(name="StringIntLabelMap")
    whole.field.add(
        name="item",
        number=1,
        label=field.LABEL_REPEATED,
        type=field.TYPE_MESSAGE,
        type_name=".object_detection.protos.StringIntLabelMapItem",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("object_detection.protos.StringIntLabelMap"))()


def test_text_has_both_names_sorted_by_id_and_readable():
    label_map = LabelMap((Label("Würfel", 7), Label('a "b"', 2, "A, B")))
    assert label_map.to_pbtxt() == (
        'item {\n  name: "a \\"b\\""\n  id: 2\n  display_name: "A, B"\n}\n'
        'item {\n  name: "Würfel"\n  id: 7\n  display_name: "Würfel"\n}\n'
    )


@given(maps)
@example(LabelMap.from_names(AWKWARD))
def test_what_is_written_is_read(label_map: LabelMap):
    assert read_label_map(label_map.to_pbtxt()) == label_map
    assert read_label_map(label_map.to_pbtxt().encode()) == label_map


@given(maps)
@example(LabelMap.from_names(AWKWARD))
def test_tensorflows_reader_understands_it(label_map: LabelMap):
    message = text_format.Parse(label_map.to_pbtxt(), upstream_label_map())
    items = [(item.name, item.id, item.display_name) for item in message.item]
    assert items == [(label.name, label.id, label.display_name) for label in label_map.labels]


def test_names_are_sorted_and_numbered_from_one():
    label_map = LabelMap.from_names(iter(["b", "Z", "é", "a", "b", "10", "9"]))
    assert label_map.ids == {"10": 1, "9": 2, "Z": 3, "a": 4, "b": 5, "é": 6}
    assert list(label_map.ids) == ["10", "9", "Z", "a", "b", "é"]


def test_ids_are_kept_with_their_gaps():
    label_map = LabelMap.from_ids({"b": 90, "a": 3})
    assert label_map.labels == (Label("a", 3, "a"), Label("b", 90, "b"))
    assert label_map.names == {3: "a", 90: "b"}


def test_a_map_that_was_used_still_pickles():
    label_map = LabelMap.from_names(["cat"])
    assert label_map.ids == {"cat": 1}
    assert pickle.loads(pickle.dumps(label_map)) == label_map


def test_other_peoples_maps():
    text = b"""\xef\xbb\xbf# COCO, with fields that other programs use\r
    item: < name: '/m/01g317', id: 1; display_name: "person"
      keypoints { id: 0 label: "nose" } keypoints { id: 1 label: "eye" } >
    item { display_name: "tr" 'uck' id: 0x8 ancestor_ids: [1, 2] descendant_ids: 3 frequency: RARE instance_count: 4 }
    """
    label_map = read_label_map(text)
    assert label_map.labels == (Label("/m/01g317", 1, "person"), Label("truck", 8, "truck"))
    assert label_map.display_names == {1: "person", 8: "truck"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The label map has no item: add one for each class, like item { name: 'cat' id: 1 }."),
        (" # only a comment\n", "The label map has no item: add one for each class, like item { name: 'cat' id: 1 }."),
        (
            "item { name: 'a' id: 1 } item { name: 'b' id: 0 }",
            "Item 2 of the label map ('b') has id 0, which is reserved for the background: "
            "number classes from 1, without it.",
        ),
        (
            "item { name: 'a' id: -3 }",
            "Item 1 of the label map ('a') has id -3: number classes from 1, up to 2147483647.",
        ),
        ("item { name: 'a' }", "Item 1 of the label map ('a') has no id: give it one, from 1."),
        (
            "item { name: 'a' id: 1 } item { name: 'b' id: 2 } item { name: 'a' id: 3 }",
            "Item 3 of the label map ('a') has the name of item 1: rename or delete one of the two.",
        ),
        (
            "item { name: 'a' id: 4 } item { name: 'b' id: 4 }",
            "Item 2 of the label map ('b') has id 4, which item 1 has too: give each class an id of its own.",
        ),
        (
            "item { id: 5 }",
            "Item 1 of the label map ('') has no name, only id 5: give it the name that annotations use.",
        ),
        (
            "item {\n  nam: 'a'\n}",
            'Line 2, column 3 of the label map cannot be read: Message type "StringIntLabelMapItem" has no field named '
            "\"nam\". Items are written like item { name: 'cat' id: 1 }.",
        ),
        (
            "item {\n  name: 'a'\n  id: one\n}",
            "Line 3, column 7 of the label map cannot be read: '  id: one': Couldn't parse integer: one. "
            "Items are written like item { name: 'cat' id: 1 }.",
        ),
        (
            b"item { name: 'caf\xe9' id: 1 }",
            "The label map is not UTF-8: byte b'\\xe9' at offset 17. Save it as UTF-8 text.",
        ),
    ],
)
def test_what_is_refused_when_read(text: str | bytes, message: str):
    with pytest.raises(LabelMapError, match=f"^{re.escape(message)}$"):
        read_label_map(text)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ({}, "The label map has no item"),
        ({"a": 0}, "Item 1 of the label map ('a') has id 0, which is reserved for the background"),
        ({"a": 2**31}, "Item 1 of the label map ('a') has id 2147483648: number classes from 1, up to 2147483647."),
        ({"a": True}, "Item 1 of the label map ('a') has id True, which is no whole number"),
        ({"a": 1, "b": 1}, "Item 2 of the label map ('b') has id 1, which item 1 has too"),
        ({"": 1}, "Item 1 of the label map ('') has no name, only id 1"),
        ({"caf\udce9": 1}, "Item 1 of the label map ('caf\\udce9') has a name that is no Unicode text"),
    ],
)
def test_what_is_refused_from_ids(ids: dict[str, int], message: str):
    with pytest.raises(LabelMapError, match=f"^{re.escape(message)}"):
        LabelMap.from_ids(ids)


def test_no_names_are_refused():
    with pytest.raises(LabelMapError, match=r"^The label map has no item"):
        LabelMap.from_names([])


@given(st.text() | st.binary())
@example("item { name: '\\377' id: 1 }")
@example("item { name: '\\ud800' id: 1 }")
@example("item { name: '\ud800' id: 1 }")
@example("item {" * 5000)
@example("item { id: 99999999999 }")
def test_no_text_breaks_the_reader(text: str | bytes):
    with pytest.raises(LabelMapError, match=r"\."):
        read_label_map(text)
