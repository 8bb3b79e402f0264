"""Annotations in labelImg's letters."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.voc_xml import parse_voc
from trainer.detection.results import Detection, PictureResult
from trainer.detection.voc_xml import voc_xml

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def shapes() -> ModuleType:
    """The example that writes annotations as labelImg does."""
    spec = importlib.util.spec_from_file_location("make_shapes", ROOT / "examples" / "make_shapes.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def result(*detections: tuple[str, tuple[float, float, float, float]], size: tuple[int, int] = (320, 240)):
    return PictureResult("a.jpg", *size, tuple(Detection(name, 1, 0.5, box) for name, box in detections))


def test_the_letters_are_labelimgs(shapes: ModuleType):
    path = "/data/JPEGImages/a & <b>.jpg"
    found = result(("dog & <cat>", (9.6, 20.4, 61.5, 80.49)), ("träd", (0.0, 30.0, 320.0, 240.0)))
    wanted = shapes.voc_xml(
        "a & <b>.jpg",
        (320, 240),
        [("dog & <cat>", (10, 20, 62, 80)), ("träd", (1, 30, 320, 240))],
        verified=False,
    ).replace("C:\\Users\\ana\\Desktop\\shapes\\JPEGImages\\", "/data/JPEGImages/")
    assert voc_xml(path, found) == wanted


def test_the_data_job_reads_it():
    annotation = parse_voc(voc_xml("/data/photos/a.jpg", result(("träd", (10, 20, 60, 80)))).encode())
    assert (annotation.filename, annotation.width, annotation.height) == ("a.jpg", 320, 240)
    [one] = annotation.objects
    assert one[:7] == ("träd", "10", "20", "60", "80", "0", "0")


@pytest.mark.parametrize(
    ("box", "truncated"),
    [
        ((10, 20, 60, 80), "0"),
        ((0.4, 20, 60, 80), "1"),
        ((10, 1.2, 60, 80), "1"),
        ((10, 20, 319.6, 80), "1"),
        ((10, 20, 60, 240), "1"),
    ],
)
def test_what_touches_the_border_counts_as_truncated(box: tuple[float, float, float, float], truncated: str):
    [one] = parse_voc(voc_xml("a.jpg", result(("dog", box))).encode()).objects
    assert one.truncated == truncated


def test_nothing_found_is_an_annotation_too():
    text = voc_xml("/data/a.jpg", result())
    assert parse_voc(text.encode()).objects == ()
    assert text.endswith("\t<segmented>0</segmented>\n</annotation>\n")


def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert f"\t<path>{tmp_path}/photos/a.jpg</path>\n" in voc_xml("photos/a.jpg", result())


def test_control_characters_make_no_broken_xml():
    text = voc_xml("/data/a\x01\udce9.jpg", result(("do\x02g", (1, 1, 5, 5))))
    assert ElementTree.fromstring(text.encode()).find("object/name").text == "do\N{REPLACEMENT CHARACTER}g"


@given(
    st.tuples(*[st.floats(0, 1)] * 4),
    st.integers(2, 500),
    st.integers(2, 500),
)
def test_coordinates_are_from_1_and_enclose_something(parts: tuple[float, ...], width: int, height: int):
    left, right = sorted(part * width for part in parts[:2])
    top, bottom = sorted(part * height for part in parts[2:])
    text = voc_xml("a.jpg", result(("dog", (left, top, right, bottom)), size=(width, height)))
    box = ElementTree.fromstring(text).find("object/bndbox")
    xmin, ymin, xmax, ymax = (int(box.find(side).text) for side in ("xmin", "ymin", "xmax", "ymax"))
    assert 1 <= xmin < xmax <= width
    assert 1 <= ymin < ymax <= height
    assert max(abs(xmin - left), abs(xmax - right), abs(ymin - top), abs(ymax - bottom)) <= 2
