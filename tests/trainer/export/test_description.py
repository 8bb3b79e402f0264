"""What an export says of itself, there and back."""

import json

import pytest

from trainer.export.description import Description, DescriptionError, read_description
from trainer.settings import DecodingSettings

DESCRIPTION = Description(
    classes={"dog": 3, "cät": 7}, image_size=128, resize="letterbox", decoding=DecodingSettings(nms_iou=0.6)
)


def test_the_text_is_for_people_too():
    assert json.loads(DESCRIPTION.to_json()) == {
        "format_version": 1,
        "classes": {"dog": 3, "cät": 7},
        "image_size": 128,
        "resize": "letterbox",
        "decoding": {
            "score_threshold": 0.05,
            "candidates": 1000,
            "nms_iou": 0.6,
            "max_detections": 100,
            "voting_iou": 0.6,
            "voting_power": 3.0,
        },
    }
    assert DESCRIPTION.to_json().startswith('{\n  "format_version": 1,\n')
    assert '"cät"' in DESCRIPTION.to_json()


def test_it_is_read_again():
    assert read_description(DESCRIPTION.to_json().encode()) == DESCRIPTION


def test_its_label_map():
    assert DESCRIPTION.label_map.ids == {"dog": 3, "cät": 7}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (
            DESCRIPTION.to_json().replace('"format_version": 1', '"format_version": 2'),
            "format_version: Input should be 1",
        ),
        (
            DESCRIPTION.to_json().replace('"image_size"', '"image_sizes"'),
            "image_size: Field required",
        ),
    ],
)
def test_another_text_is_refused(text: str, reason: str):
    with pytest.raises(DescriptionError) as caught:
        read_description(text)
    assert str(caught.value) == reason
