"""The demo's pictures are what their annotations say, and the same every time."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from beam_pipelines.boxes import check_boxes
from beam_pipelines.voc_xml import parse_voc

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
import make_shapes


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.*")}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    make_shapes.make_set(folder, images=24, seed=7)
    return folder


def test_every_box_is_right(shapes: Path):
    classes: set[str] = set()
    counts = []
    for file in sorted((shapes / "Annotations").iterdir()):
        found = parse_voc(file.read_bytes())
        with Image.open(shapes / "JPEGImages" / found.filename) as picture:
            assert (found.width, found.height) == picture.size
        boxes, rejects, repairs = check_boxes(found.objects, found.width, found.height)
        assert (rejects, repairs) == ([], [])
        classes |= {box[0] for box in boxes}
        counts.append(len(boxes))
    assert classes == set(make_shapes.CLASSES)
    assert len(counts) == 24
    assert 0 in counts
    assert max(counts) <= 5


def test_boxes_enclose_what_is_drawn():
    """A lone shape stands out from its cloth inside its box, and nowhere outside."""
    red = make_shapes.Shape("square", (255, 0, 0), [(100, 80), (160, 80), (160, 140), (100, 140)], (100, 80, 160, 140))
    picture = make_shapes.draw_picture(make_shapes.random.Random(1), (320, 240), [red])
    channels = picture.split()
    reddish = make_shapes.ImageChops.subtract(channels[0], channels[1]).point(lambda value: 255 * (value > 120))
    assert reddish.getbbox() == (100, 80, 160, 140)


def test_the_same_seed_makes_the_same_bytes(shapes: Path, tmp_path: Path):
    make_shapes.make_set(tmp_path / "again", images=5, seed=7)
    again, all_of_them = contents(tmp_path / "again"), contents(shapes)
    assert len(again) == 10
    assert again == {name: all_of_them[name] for name in again}
    make_shapes.make_set(tmp_path / "other", images=1, seed=8)
    assert contents(tmp_path / "other")["JPEGImages/shapes-0001.jpg"] != again["JPEGImages/shapes-0001.jpg"]


def test_annotations_look_like_labelimg(shapes: Path):
    text = (shapes / "Annotations" / "shapes-0001.xml").read_text(encoding="utf-8")
    assert text.startswith('<annotation verified="yes">\n\t<folder>JPEGImages</folder>\n\t<filename>shapes-0001.jpg<')
    assert "\t<path>C:\\Users\\" in text
    assert text.endswith("\t</object>\n</annotation>\n")


def test_command_with_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    command = ["make_shapes.py", "--output", str(tmp_path), "--images", "2", "--faults"]
    monkeypatch.setattr(sys, "argv", command)
    make_shapes.main()
    assert f"2 pictures and their annotations are in {tmp_path}\n" == capsys.readouterr().out
    found = contents(tmp_path)
    assert len(found) == 2 * 2 + 2 + 3
    assert found["JPEGImages/fault-copied-picture.jpg"] == found["JPEGImages/shapes-0001.jpg"]
    edge = parse_voc(found["Annotations/fault-over-the-edge.xml"])
    assert check_boxes(edge.objects, edge.width, edge.height)[1:] == ([], ["box_rounded"])
    assert "JPEGImages/fault-lost-picture.jpg" not in found
