"""Examples of strangers, read as far as they can be understood."""

import math
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.record_files.views import (
    ExampleView,
    ObjectView,
    parse_features,
    short_name,
    short_path,
    view_example,
)
from beam_pipelines.records import RecordError
from data_contract import features as keys

from .made_records import annotated, example

NAMES = {1: "cat", 2: "dog", 7: "horse"}
NOTHING = ExampleView(b"", "", 0, 0, "", "", "", (), (), b"")


def view(features: dict, class_names: dict[int, str] | None = None) -> ExampleView:
    return view_example(parse_features(example(features)), NAMES if class_names is None else class_names)


def test_features_are_sorted_and_typed():
    data = example({"b": [1, -(2**63)], "a": [b"x", b""], "d": [], "c": [0.5, math.inf]})
    found = parse_features(data)
    assert list(found.items()) == [
        ("a", ("bytes", (b"x", b""))),
        ("b", ("int64", (1, -(2**63)))),
        ("c", ("float", (0.5, math.inf))),
        ("d", ("", ())),
    ]


@pytest.mark.parametrize("data", [b"plain text", b"\x0a\xff", b"\x0a\x05ab", b"\x0a\x06\x0a\x04\x0a\x02\xff\xfe"])
def test_what_is_no_example(data: bytes):
    with pytest.raises(RecordError) as caught:
        parse_features(data)
    assert (caught.value.code, caught.value.message) == ("record_not_an_example", "the record is no tf.train.Example")


def test_all_features():
    features = annotated(
        image__key__sha256=[b"00ff"],
        image__object__difficult=[0, 1],
        image__object__truncated=[1, 0],
        image__object__view=[b"Left", "Achtel\u00e4".encode()],
        image__object__is_crowd=[1, 0],
        image__object__area=[12.5, 0.0],
        image__object__mask=[b"m1", b"m2"],
        image__class__text=[b"indoor", b"night"],
        image__segmentation__class__encoded=[b"map"],
    )
    assert view(features) == ExampleView(
        encoded=features["image/encoded"][0],
        format="jpeg",
        width=40,
        height=30,
        filename="a.jpg",
        source_id="a.jpg",
        sha256="00ff",
        objects=(
            ObjectView("cat", 1, 0.25, 0.5, 0.75, 1.0, 0, 1, "Left", 1, 12.5, b"m1"),
            ObjectView("dog", 2, 0.0, 0.125, 1.0, 0.875, 1, 0, "Achtel\u00e4", 0, 0.0, b"m2"),
        ),
        labels=("indoor", "night"),
        class_map=b"map",
    )


@pytest.mark.parametrize("features", [{}, {"other": [1]}, {"image/encoded": [], "image/width": []}])
def test_nothing_where_nothing_is(features: dict):
    assert view(features) == NOTHING


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image__width": [40.0], "image__height": [b"30"]}, {"width": 0, "height": 0}),
        ({"image__width": [40, 41]}, {"width": 40}),
        ({"image__filename": [7]}, {"filename": ""}),
        ({"image__filename": [b"caf\xe9.jpg"]}, {"filename": "caf\N{REPLACEMENT CHARACTER}.jpg"}),
        ({"image__encoded": [1, 2]}, {"encoded": b""}),
        ({"image__class__label": [7, 9, 0]}, {"labels": ("horse", "class 9")}),
        ({"image__class__label": [7], "image__class__text": [b"mule"]}, {"labels": ("mule",)}),
        ({"image__object__bbox__xmin": [0.25]}, {"objects": ()}),
        ({"image__object__bbox__ymax": [1, 0]}, {"objects": ()}),
        ({"image__object__bbox__ymax": []}, {"objects": ()}),
    ],
)
def test_leniency(changes: dict, expected: dict):
    plain = view(annotated())
    assert view(annotated(**changes)) == plain._replace(**expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": []}, [("cat", 1), ("dog", 2)]),
        ({"text": [], "label": [7, 9]}, [("horse", 7), ("class 9", 9)]),
        ({"text": [b"", b"mule"], "label": [7, 9]}, [("horse", 7), ("mule", 9)]),
        ({"label": []}, [("cat", 0), ("dog", 0)]),
        ({"label": [1.0, 2.0]}, [("cat", 0), ("dog", 0)]),
        ({"text": [], "label": []}, [("", 0), ("", 0)]),
        ({"text": [b"cat"]}, [("cat", 1), ("dog", 2)]),
        ({"text": [b"cat", b"dog", b"eel"], "label": [0, 5]}, [("", 0), ("class 5", 5)]),
        ({"text": [b"caf\xe9", b"x"]}, [("caf\N{REPLACEMENT CHARACTER}", 1), ("x", 2)]),
    ],
)
def test_classes(changes: dict, expected: list[tuple[str, int]]):
    found = view(annotated(**{f"image__object__class__{name}": values for name, values in changes.items()}))
    assert [(one.name, one.label) for one in found.objects] == expected


def test_long_names_are_shortened_and_stay_different():
    names = ["a" * 200, "a" * 201, "a" * 201 + "b", "ä" * 30_000]
    found = view(
        annotated(
            image__object__class__text=[name.encode() for name in names[:2]],
            image__class__text=[name.encode() for name in names[2:]],
            image__filename=[b"x" * 1000],
            image__source_id=[b"x" * 1001],
        )
    )
    assert [one.name for one in found.objects] == [names[0], "a" * 187 + "…" + sha256(b"a" * 201).hexdigest()[:12]]
    assert found.labels == (
        "a" * 187 + "…" + sha256(names[2].encode()).hexdigest()[:12],
        "ä" * 187 + "…" + sha256(names[3].encode()).hexdigest()[:12],
    )
    assert found.filename == "x" * 1000
    assert found.source_id == short_path("x" * 1001) == "x" * 987 + "…" + sha256(b"x" * 1001).hexdigest()[:12]


def test_long_names_of_the_label_map_are_shortened():
    features = annotated(image__object__class__text=[], image__class__label=[2])
    found = view(features, {1: "a" * 201, 2: "b" * 201})
    assert [one.name for one in found.objects] == [short_name("a" * 201), short_name("b" * 201)]
    assert found.labels == (short_name("b" * 201),)


@given(st.text(), st.integers(180, 220))
def test_a_name_is_shortened_once(text: str, length: int):
    name = (text + "x" * length)[-length:]
    assert short_name(name) == (name if length <= 200 else short_name(short_name(name)))
    assert len(short_name(name)) == min(length, 200)
    assert short_name(name) != short_name(name + "x")


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("difficult", [1]),
        ("truncated", [1.0, 1.0]),
        ("view", [1, 2]),
        ("is_crowd", []),
        ("area", [1, 2]),
        ("mask", [b"m"]),
    ],
)
def test_lists_that_do_not_fit_are_as_good_as_missing(key: str, values: list):
    assert view(annotated(**{f"image__object__{key}": values})) == view(annotated())


def test_coordinates_are_not_judged():
    found = view(annotated(image__object__bbox__xmin=[math.inf, -5.0], image__object__bbox__xmax=[-1e30, 0.0]))
    assert [(one.xmin, one.xmax) for one in found.objects] == [
        (math.inf, pytest.approx(-1e30)),
        (-5.0, 0.0),
    ]


VALUES = st.one_of(
    st.lists(st.binary(max_size=4), max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    st.lists(st.floats(width=32), max_size=3),
)
KNOWN = [value for name, value in vars(keys).items() if isinstance(value, str) and value.startswith("image/")]


@given(st.dictionaries(st.sampled_from(KNOWN), VALUES))
def test_nothing_makes_it_fail(features: dict):
    found = view(features)
    assert [type(value) for value in found] == [type(value) for value in NOTHING]
    for one in found.objects:
        assert list(map(type, one)) == [str, int, float, float, float, float, int, int, str, int, float, bytes]
