"""Which programs read an example, and what they lack.

What each asks for is put down from its source, as of 2023: TensorFlow Model Garden,
`official/vision/dataloaders/tf_example_decoder.py` and `utils.py`; the Object Detection API,
`research/object_detection/data_decoders/tf_example_decoder.py`; Datumaro,
`plugins/data_formats/tf_detection_api/base.py`; FiftyOne, `fiftyone/utils/tf.py`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from beam_pipelines.verification.examples import SIDES, Features, only, values
from data_contract import features as keys

NO, BUT = "no", "but"
"""A reader stops at an example, or it reads it and something is lost."""

MODEL_GARDEN = "TF Model Garden"
DETECTION_API = "Object Detection API"
DATUMARO = "Datumaro"
FIFTYONE = "FiftyOne"
TRAIN = "shardbox-train"

Remark = tuple[str, str]
"""(`NO` or `BUT`, why)."""

_NUMBER = re.compile(rb"\s*[+-]?[0-9]{1,30}\s*")
"""What `tf.strings.to_number` takes for a whole number."""
_DECODED = ("jpeg", "png", "bmp")
"""What `tf.io.decode_image` makes one picture of; of a GIF it makes a film, with a dimension more."""


@dataclass(frozen=True)
class Reader:
    """What a program asks of each example, in the words of `tf.io.parse_single_example`."""

    required: Mapping[str, str]
    """Key → type of the one value without which parsing fails."""
    optional: Mapping[str, str]
    """Key → type of one value that has a default."""
    several: Mapping[str, str]
    """Key → type of any number of values."""
    remarks: Callable[[Features, str], Iterator[Remark]]
    """What of (a parsed example, the format of its picture as in `PictureCheck`) matters to it beyond that."""
    decodes: bool = True
    """Whether it decodes the picture by TensorFlow."""


def judge(features: Features, format: str) -> Iterator[tuple[str, str, str]]:
    """Yields (name of a reader, `NO` or `BUT`, why) for one example.

    Args:
        features: of `views.parse_features`.
        format: of the picture, as in `PictureCheck`.
    """
    for name, reader in READERS.items():
        refusals = list(_refusals(features, reader))
        if refusals:
            yield from ((name, NO, why) for why in refusals)
            continue
        if reader.decodes and format not in _DECODED:
            kind = f"a {format.upper()}" if format else "damaged or unknown"
            yield name, NO, f"a picture is {kind}, which TensorFlow does not decode as one"
        for level, why in reader.remarks(features, format):
            yield name, level, why


def _refusals(features: Features, reader: Reader) -> Iterator[str]:
    for wanted, required in ((reader.required, True), (reader.optional, False)):
        for key, dtype in wanted.items():
            found, content = features.get(key, ("", ()))
            if not found:
                if required:
                    yield f"{key} is missing"
            elif found != dtype:
                yield f"{key} holds {found} values instead of {dtype}"
            elif len(content) != 1:
                yield f"{key} does not hold exactly one value"
    for key, dtype in reader.several.items():
        found, _ = features.get(key, ("", ()))
        if found not in ("", dtype):
            yield f"{key} holds {found} values instead of {dtype}"


def _objects(features: Features) -> int:
    return len(values(features, keys.BOX_XMIN, "float"))


def _unequal_sides(features: Features) -> bool:
    return len({len(values(features, key, "float")) for key in SIDES}) > 1


def _model_garden(features: Features, _: str) -> Iterator[Remark]:
    if _unequal_sides(features):
        yield NO, "the four sides of the boxes have unequal numbers of values"
    labels = values(features, keys.CLASS_LABEL, "int64")
    if len(labels) != _objects(features):
        yield NO, f"{keys.CLASS_LABEL} does not hold one value for each box"
    if any(label <= 0 for label in labels):
        yield BUT, "an object with a class below 1 is taken for background"
    stated = only(features, keys.IMAGE_SOURCE_ID, "bytes") or b"0"  # in place of an empty one, it takes a hash
    if not (_NUMBER.fullmatch(stated) and -(2**63) <= int(stated) < 2**63):
        yield BUT, f"its evaluation stops, because {keys.IMAGE_SOURCE_ID} is no number of 64 bits"
    size = only(features, keys.IMAGE_WIDTH, "int64"), only(features, keys.IMAGE_HEIGHT, "int64")
    if None in size and _objects(features) and not values(features, keys.OBJECT_AREA, "float"):
        missing = keys.IMAGE_WIDTH if size[0] is None else keys.IMAGE_HEIGHT
        yield BUT, f"its evaluation by object size is wrong, because {missing} is missing"


def _detection_api(features: Features, _: str) -> Iterator[Remark]:
    if _unequal_sides(features):
        yield NO, "the four sides of the boxes have unequal numbers of values"
    count = _objects(features)
    labels, texts = values(features, keys.CLASS_LABEL, "int64"), values(features, keys.CLASS_TEXT, "bytes")
    if len(texts or labels) != count:
        yield NO, f"neither {keys.CLASS_TEXT} nor {keys.CLASS_LABEL} holds one value for each box"
    if not texts and any(label <= 0 for label in labels):
        yield BUT, "an object with a class below 1 is taken for background"
    if not only(features, keys.IMAGE_SOURCE_ID, "bytes"):
        yield BUT, f"its evaluation takes all pictures for one, because {keys.IMAGE_SOURCE_ID} is missing or empty"


def _datumaro(features: Features, format: str) -> Iterator[Remark]:
    count = _objects(features)
    if _unequal_sides(features):
        yield NO, "the four sides of the boxes have unequal numbers of values"
    if len(values(features, keys.CLASS_TEXT, "bytes")) != count:
        yield NO, f"{keys.CLASS_TEXT} does not hold one value for each box"
    if 0 < len(values(features, keys.OBJECT_MASK, "bytes")) < count:
        yield NO, f"{keys.OBJECT_MASK} does not hold one value for each box"
    labels = values(features, keys.CLASS_LABEL, "int64")
    if len(labels) < count or any(label <= 0 for label in labels):
        yield BUT, f"classes without {keys.CLASS_LABEL} above 0 are lost unless label_map.pbtxt has them"
    for key in (keys.IMAGE_FILENAME, keys.IMAGE_SOURCE_ID):
        if not _is_utf8(only(features, key, "bytes")):
            yield NO, f"{key} is not UTF-8"
    if not format:
        yield BUT, "a picture is damaged or unknown, and fails when it is looked at"


def _fiftyone(features: Features, _: str) -> Iterator[Remark]:
    counts = {len(values(features, key, "float")) for key in SIDES}
    counts.add(len(values(features, keys.CLASS_TEXT, "bytes")))
    if len(counts) > 1:
        yield BUT, f"objects are lost where a box side or {keys.CLASS_TEXT} has fewer values than the others"


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


_SIDES = dict.fromkeys(SIDES, "float")
_SIZE = {keys.IMAGE_HEIGHT: "int64", keys.IMAGE_WIDTH: "int64"}
_TEXTS = dict.fromkeys((keys.IMAGE_FILENAME, keys.IMAGE_SOURCE_ID, keys.IMAGE_ENCODED, keys.IMAGE_FORMAT), "bytes")
_CLASSES = {keys.CLASS_TEXT: "bytes", keys.CLASS_LABEL: "int64"}
_AREAS = {keys.OBJECT_AREA: "float", keys.OBJECT_IS_CROWD: "int64"}

READERS = {
    MODEL_GARDEN: Reader(
        required={keys.IMAGE_ENCODED: "bytes", keys.IMAGE_SOURCE_ID: "bytes"},
        optional=_SIZE,
        several={**_SIDES, keys.CLASS_LABEL: "int64", **_AREAS},
        remarks=_model_garden,
    ),
    DETECTION_API: Reader(
        required={},
        optional={**_TEXTS, keys.IMAGE_SHA256: "bytes", **_SIZE},
        several={
            **_SIDES,
            **_CLASSES,
            **_AREAS,
            **{keys.IMAGE_CLASS_TEXT: "bytes", keys.IMAGE_CLASS_LABEL: "int64", "image/class/confidence": "float"},
            **dict.fromkeys(("image/neg_category_ids", "image/not_exhaustive_category_ids"), "int64"),
            **{keys.OBJECT_DIFFICULT: "int64", "image/object/group_of": "int64", "image/object/weight": "float"},
        },
        remarks=_detection_api,
    ),
    DATUMARO: Reader(
        required={**_TEXTS, **_SIZE},
        optional={},
        several={**_SIDES, **_CLASSES, keys.IMAGE_SHA256: "bytes", keys.OBJECT_MASK: "bytes"},
        remarks=_datumaro,
        decodes=False,
    ),
    FIFTYONE: Reader(required={**_TEXTS, **_SIZE}, optional={}, several={**_SIDES, **_CLASSES}, remarks=_fiftyone),
}
"""Name of a program: what it asks for."""
