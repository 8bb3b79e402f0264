"""Lines of JSON."""

import json
import os
import re
from pathlib import Path

from trainer.detection.results import Detection, PictureResult, json_line

from .made_exports import found_on

ROOT = Path(__file__).parents[3]


def test_a_line():
    detections = (found_on(33, 20)[0]._replace(score=0.123456789), *found_on(33, 20)[1:])
    assert json_line(PictureResult("sub/ä.jpg", 33, 20, detections)) == (
        '{"file": "sub/ä.jpg", "width": 33, "height": 20, "detections": ['
        '{"class": "dog", "id": 3, "score": 0.12346, "box": [8.25, 5.0, 16.5, 15.0]}, '
        '{"class": "cät", "id": 7, "score": 0.2, "box": [0.0, 0.0, 33.0, 20.0]}]}\n'
    )


def test_the_line_in_the_document_is_such_a_line():
    [text] = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)
    line = json.loads(text)
    detections = (Detection(one["class"], one["id"], one["score"], tuple(one["box"])) for one in line["detections"])
    assert json_line(PictureResult(line["file"], line["width"], line["height"], tuple(detections))) == text


def test_nothing_found():
    line = json_line(PictureResult("a.jpg", 3, 2, ()))
    assert json.loads(line) == {"file": "a.jpg", "width": 3, "height": 2, "detections": []}


def test_a_name_is_one_line_of_unicode_whatever_it_holds():
    line = json_line(PictureResult(os.fsdecode(b"a\xe9\n.jpg"), 3, 2, ()))
    assert line.encode().count(b"\n") == 1
    assert json.loads(line)["file"] == "a\\xe9\n.jpg"
