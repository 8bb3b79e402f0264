"""The picture of an example against what is said of it."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from beam_pipelines.verification.examples import Rules, rules_of_others
from beam_pipelines.verification.picture_checks import PictureCheck, check_picture
from data_contract.features import FEATURES

STRICT = Rules(FEATURES, {1: "cat"}, of_dataset=True)
LENIENT = rules_of_others({})


def encoded(format: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize((8, 6)).convert("RGB").save(out, format, **options)
    return out.getvalue()


DATA = encoded()
DIGEST = hashlib.sha256(DATA).hexdigest()
WHOLE: dict[str, tuple[str, tuple[Any, ...]]] = {
    "image/encoded": ("bytes", (DATA,)),
    "image/format": ("bytes", (b"jpeg",)),
    "image/width": ("int64", (8,)),
    "image/height": ("int64", (6,)),
    "image/key/sha256": ("bytes", (DIGEST.encode(),)),
}


def test_nothing_is_wrong():
    expected = PictureCheck([], hashlib.sha256(DATA).digest(), "jpeg")
    assert check_picture(WHOLE, STRICT) == check_picture(WHOLE, LENIENT) == expected


def test_no_picture():
    expected = PictureCheck([], b"", "")
    assert check_picture({}, STRICT) == expected
    assert check_picture({"image/encoded": ("bytes", (DATA, DATA))}, STRICT) == expected


@pytest.mark.parametrize("spelling", [b"jpg", b"JPG", b"JPEG", b"Jpeg"])
def test_others_may_spell_a_format_as_they_like(spelling: bytes):
    example = WHOLE | {"image/format": ("bytes", (spelling,))}
    message = f"image/format is '{spelling.decode()}', and the picture a JPEG"
    assert check_picture(example, LENIENT).problems == []
    assert check_picture(example, STRICT).problems == [("image_format_differs", message)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"image/format": ("bytes", (b"\xff\x1b" + b"x" * 10**6,))},
            [("image_format_differs", f"image/format is '\ufffd\ufffd{'x' * 77}…', and the picture a JPEG")],
        ),
        (
            {"image/key/sha256": ("bytes", (b"\n",))},
            [("sha256_differs", f"image/key/sha256 is '\ufffd', and the picture's {DIGEST}")],
        ),
        (
            {"image/width": ("int64", (6,)), "image/height": ("int64", (8,))},
            [("image_size_differs", "image/width is 6, and the picture's 8; image/height is 8, and the picture's 6")],
        ),
        (
            {"image/segmentation/class/encoded": ("bytes", (DATA,))},
            [("mask_unreadable", "the class map is no PNG")],
        ),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], expected: list[tuple[str, str]]):
    assert check_picture(WHOLE | changes, STRICT).problems == expected


def test_of_a_damaged_picture_nothing_else_is_told():
    example = WHOLE | {"image/encoded": ("bytes", (DATA[:-20],)), "image/width": ("int64", (99,))}
    digest = hashlib.sha256(DATA[:-20]).digest()
    message = f"the JPEG has no end marker: it is cut off after {len(DATA) - 20} bytes"
    assert check_picture(example, STRICT) == PictureCheck([("image_truncated", message)], digest, "")
