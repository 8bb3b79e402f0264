"""Tests of what operations are told."""

import pytest
from pydantic import TypeAdapter, ValidationError

from trainer.augmentation.settings import Colour, Crop, Cutout, Flip, Mosaic, Operation, Rotate90, ScaleJitter

ADAPTER: TypeAdapter[Operation] = TypeAdapter(Operation)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"name": "flip"}, Flip(probability=0.5, direction="horizontal")),
        ({"name": "rotate90"}, Rotate90(probability=0.75)),
        ({"name": "crop", "minimum_iou": 0.5}, Crop(minimum_iou=(0.5,))),
        ({"name": "crop", "minimum_iou": [0, 1]}, Crop(minimum_iou=(0.0, 1.0))),
        ({"name": "scale_jitter", "scale": [0.1, 2]}, ScaleJitter(scale=(0.1, 2.0))),
        ({"name": "colour", "hue": 0}, Colour(hue=0)),
        ({"name": "mosaic", "probability": 1}, Mosaic(probability=1.0)),
        ({"name": "cutout", "count": 1}, Cutout(count=1)),
    ],
)
def test_each_has_its_name(given: dict[str, object], wanted: Operation) -> None:
    read = ADAPTER.validate_python(given)
    assert read == wanted
    assert next(iter(read.model_dump())) == "name"
    assert ADAPTER.validate_python(read.model_dump(mode="json")) == wanted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"name": "crop", "scale": [0.9, 0.3]},
            "Value error, [0.9, 0.3] is no range: the first number is above the second",
        ),
        ({"name": "scale_jitter", "scale": [0, 1]}, "Input should be greater than or equal to 0.1"),
        ({"name": "mosaic", "centre": [0.5, 1.5]}, "Input should be less than or equal to 1"),
        ({"name": "crop", "minimum_iou": []}, "Value should have at least 1 item after validation, not 0"),
        ({"name": "crop", "minimum_iou": 1.5}, "Input should be less than or equal to 1"),
        ({"name": "flip", "direction": "left"}, "Input should be 'horizontal' or 'vertical'"),
        ({"name": "flip", "probability": -0.1}, "Input should be greater than or equal to 0"),
        ({"name": "colour", "hue": 0.6}, "Input should be less than or equal to 0.5"),
        ({"name": "flip", "chance": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_values_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(given)
    assert [error["msg"] for error in caught.value.errors()] == [message]
