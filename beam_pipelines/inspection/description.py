"""A record as text for a person: nothing of it is hidden, whatever its features hold."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from beam_pipelines.inspection.objects import OBJECT_KEYS, Objects, read_objects
from beam_pipelines.inspection.selection import Found
from beam_pipelines.inspection.values import picture_format, plain_text, sequence_lists, value_text, values_text
from beam_pipelines.pictures.probing import Probe, probe
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.record_files.views import Values, parse_features
from beam_pipelines.records import RecordError
from data_contract import features as keys
from presentation.wording import printable

DTYPES = {feature.key: feature.dtype for table in (keys.FEATURES, *keys.EXTRA_FEATURES.values()) for feature in table}
_SCALARS = {
    "file name": keys.IMAGE_FILENAME,
    "source_id": keys.IMAGE_SOURCE_ID,
    "sha256": keys.IMAGE_SHA256,
}
_TOLD_ELSEWHERE = {
    *OBJECT_KEYS,
    *(keys.IMAGE_ENCODED, keys.IMAGE_FORMAT, keys.IMAGE_HEIGHT, keys.IMAGE_WIDTH),
    *(keys.IMAGE_CLASS_TEXT, keys.IMAGE_CLASS_LABEL, keys.CLASS_MAP_ENCODED, keys.CLASS_MAP_FORMAT),
    *_SCALARS.values(),
}


class Description(NamedTuple):
    """What there is to say of a record. All of it may be printed as it is."""

    place: str
    facts: dict[str, str]
    """What → its value; in the order in which a person reads it."""
    objects: Objects | None = None
    """None if the record is no annotated picture."""
    others: tuple[tuple[str, str, str, str], ...] = ()
    """(key, dtype, number of values, values) of each feature that is not told otherwise."""
    remarks: tuple[str, ...] = ()


def describe(found: Found, records: RecordSet) -> Description:
    """Says what a record holds, or why that cannot be told."""
    place = place_of(found)
    if found.frame.code:
        facts = {"damaged": f"{found.frame.code}: {found.frame.message}", "offset": f"byte {found.frame.offset:,}"}
        return Description(place, {what: printable(text) for what, text in facts.items()})
    data = found.frame.data
    facts = {"record": f"{len(data):,} bytes"}
    try:
        features = parse_features(data)
    except RecordError as error:
        return Description(place, facts | {"content": f"{error.message}: {value_text('bytes', data)}"})
    lists = sequence_lists(data)
    if lists is not None:
        steps = ", ".join(f"{name}: {count:,}" for name, count in sorted(lists.items()))
        facts["content"] = f"a tf.train.SequenceExample; what follows is its context; steps of its lists: {steps}"
    elif not features:
        what = f"; is it a tf.train.Example? {value_text('bytes', data)}" if data else ""
        facts["content"] = f"no features{what}"
    if not DTYPES.keys() & features.keys():
        rows = tuple(_row(key, *features[key]) for key in features)
        return Description(place, facts, None, rows, ("There is nothing of a picture in it.",) if features else ())
    probed = _probe(features)
    objects = read_objects(features, records.class_names, _size(features, probed))
    told = _TOLD_ELSEWHERE - _wrong(features)
    others = tuple(_row(key, *features[key]) for key in features if key not in told)
    remarks = (*objects.remarks, *_remarks(features, _missing(features, records)))
    return Description(place, facts | _facts(features, probed), objects, others, remarks)


def place_of(found: Found) -> str:
    """Returns where a record is."""
    file = found.file
    total = f" of 0 to {file.expected.examples - 1:,}" if file.expected else ""
    series = f", {'split' if file.expected else 'series'} {file.split}"
    return printable(f"{file.name}: record {found.frame.number:,}{total}{series}")


def _probe(features: Mapping[str, Values]) -> Probe | RecordError | None:
    """Returns what the picture's header says, or why it says nothing; None if there is no picture."""
    dtype, values = features.get(keys.IMAGE_ENCODED, ("", ()))
    if dtype != "bytes" or not values:
        return None
    try:
        return probe(values[0])
    except RecordError as error:
        return error


def _size(features: Mapping[str, Values], probed: Probe | RecordError | None) -> tuple[int, int] | None:
    """Returns the picture's width and height: what it has, else what the record states; None if both are silent."""
    if isinstance(probed, Probe):
        return probed.width, probed.height
    stated = [features.get(key, ("", ())) for key in (keys.IMAGE_WIDTH, keys.IMAGE_HEIGHT)]
    if any(dtype != "int64" or not values for dtype, values in stated):
        return None
    return stated[0][1][0], stated[1][1][0]


def _facts(features: Mapping[str, Values], probed: Probe | RecordError | None) -> dict[str, str]:
    facts = {"picture": _picture(features, probed), "stated": _stated(features)}
    if isinstance(probed, Probe) and facts["stated"] == _as_stated(probed):
        del facts["stated"]
    facts |= {what: _scalar(features, key) for what, key in _SCALARS.items()}
    if keys.IMAGE_CLASS_TEXT in features or keys.IMAGE_CLASS_LABEL in features:
        facts["classes"] = _classes(features)
    if keys.CLASS_MAP_ENCODED in features:
        facts["class map"] = _scalar(features, keys.CLASS_MAP_ENCODED)
    return facts


def _picture(features: Mapping[str, Values], probed: Probe | RecordError | None) -> str:
    if probed is None:
        return "none" if keys.IMAGE_ENCODED not in features else _scalar(features, keys.IMAGE_ENCODED)
    data, *more = features[keys.IMAGE_ENCODED][1]
    if isinstance(probed, RecordError):
        format = picture_format(data)
        return printable(f"{format + ', ' if format else ''}{len(data):,} bytes; {probed.code}: {probed.message}")
    turned = "" if probed.orientation == 1 else f"; EXIF orientation {probed.orientation}, which TensorFlow ignores"
    others = f"; it is the first of {len(more) + 1:,} values" if more else ""
    return f"{probed.format.upper()}, {probed.width:,} × {probed.height:,} pixels, {len(data):,} bytes{turned}{others}"


def _stated(features: Mapping[str, Values]) -> str:
    """Returns the format and the size that the record states."""
    width, height = (_scalar(features, key) for key in (keys.IMAGE_WIDTH, keys.IMAGE_HEIGHT))
    return f"format {_scalar(features, keys.IMAGE_FORMAT)}, width {width}, height {height}"


def _as_stated(probed: Probe) -> str:
    return f"format {probed.format}, width {probed.width}, height {probed.height}"


def _scalar(features: Mapping[str, Values], key: str) -> str:
    """Returns the one value of a feature, or all that is there instead."""
    if key not in features:
        return "none"
    dtype, values = features[key]
    if dtype == DTYPES[key] and len(values) == 1:
        return plain_text(values[0]) if dtype == "bytes" else value_text(dtype, values[0])
    return f"{values_text(dtype, values)} ({_kind(dtype, len(values))})".strip()


def _classes(features: Mapping[str, Values]) -> str:
    texts, labels = (features.get(key, ("", ())) for key in (keys.IMAGE_CLASS_TEXT, keys.IMAGE_CLASS_LABEL))
    if texts[0] != "bytes" or labels[0] != "int64" or len(texts[1]) != len(labels[1]):
        return f"text {values_text(*texts) or 'none'}, label {values_text(*labels) or 'none'}"
    pairs = zip(texts[1], labels[1], strict=True)
    return ", ".join(f"{plain_text(text)} ({label})" for text, label in pairs) or "none"


def _kind(dtype: str, count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}, {dtype or 'without a type'}"


def _wrong(features: Mapping[str, Values]) -> set[str]:
    """Returns keys of the contract whose values have another type."""
    return {key for key, (dtype, values) in features.items() if values and DTYPES.get(key, dtype) != dtype}


def _row(key: str, dtype: str, values: tuple[object, ...]) -> tuple[str, str, str, str]:
    return printable(key), dtype or "none", f"{len(values):,}", values_text(dtype, values)


def _missing(features: Mapping[str, Values], records: RecordSet) -> list[str]:
    expected = records.manifest.features if records.manifest else keys.FEATURES
    return [feature.key for feature in expected if feature.key not in features]


def _remarks(features: Mapping[str, Values], missing: list[str]) -> list[str]:
    remarks = [f"{key} holds {features[key][0]}, not {DTYPES[key]}." for key in sorted(_wrong(features))]
    stated, encoded = features.get(keys.IMAGE_SHA256, ("", ())), features.get(keys.IMAGE_ENCODED, ("", ()))
    if stated[0] == encoded[0] == "bytes" and stated[1] and encoded[1]:
        real = hashlib.sha256(encoded[1][0]).hexdigest()
        if real.encode() != stated[1][0]:
            remarks.append(f"The sha256 of the picture is {real}.")
    if missing:
        remarks.append(f"Features that are not there: {', '.join(map(printable, missing))}.")
    return remarks
