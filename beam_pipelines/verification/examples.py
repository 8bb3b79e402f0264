"""Checks one example: its features against the table of the manifest, its classes, boxes and numbers."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from beam_pipelines.record_files.views import Values
from beam_pipelines.verification.findings import quoted
from beam_pipelines.verification.tally import MOST_NAMES
from data_contract import features as keys
from data_contract.features import EXTRA_FEATURES, FEATURES, Feature

Problem = tuple[str, str]
"""(code, message); an example has at most one of each code."""

Features = Mapping[str, Values]
"""As `views.parse_features` returns them."""

_OBJECT = "image/object/"
_NONE: Values = ("", ())
SIDES = (keys.BOX_XMIN, keys.BOX_YMIN, keys.BOX_XMAX, keys.BOX_YMAX)
_FLAGS = (keys.OBJECT_DIFFICULT, keys.OBJECT_TRUNCATED, keys.OBJECT_IS_CROWD)
_FAR = 2.0
"""A side beyond it is no overshoot: it is in pixels, or wrong."""
_MOST_NAMED = 3


@dataclass(frozen=True)
class Rules:
    """What examples are measured by."""

    features: tuple[Feature, ...]
    """Those that may be there; of a dataset, those that must."""
    class_names: Mapping[int, str]
    """Id → name; empty if the classes are not known."""
    of_dataset: bool
    """Whether a manifest promises what is in the files."""
    decode: bool = False
    """Whether every picture and mask is decoded."""

    @cached_property
    def known(self) -> dict[bytes, str]:
        """Name of a class, as it stands in a record → the name."""
        return {name.encode("utf-8", "replace"): name for name in self.class_names.values()}

    @property
    def most_names(self) -> int:
        """Names of classes that are counted one by one: all that are known."""
        return max(MOST_NAMES, len(self.class_names) + 1)

    @cached_property
    def table(self) -> tuple[tuple[str, str, bool], ...]:
        """(key, type, whether there is exactly one value) of each feature."""
        return tuple((feature.key, feature.dtype, feature.shape == "scalar") for feature in self.features)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Of all features."""
        return frozenset(feature.key for feature in self.features)

    @cached_property
    def lists(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(key, keys of the lists that have as many values)."""
        of_objects = (key for key in self.keys if key.startswith(_OBJECT) and key != keys.BOX_XMIN)
        return (keys.BOX_XMIN, tuple(sorted(of_objects))), (keys.IMAGE_CLASS_TEXT, (keys.IMAGE_CLASS_LABEL,))


def rules_of_others(class_names: Mapping[int, str], *, decode: bool = False) -> Rules:
    """Returns what files without a manifest are measured by: the types of the features, if they are there."""
    extras = (feature for extra in EXTRA_FEATURES.values() for feature in extra)
    return Rules((*FEATURES, *extras), class_names, of_dataset=False, decode=decode)


def values(features: Features, key: str, dtype: str) -> tuple[Any, ...]:
    """Returns the values under a key; none if they are of another type."""
    found = features.get(key)
    return found[1] if found is not None and found[0] == dtype else ()


def only(features: Features, key: str, dtype: str) -> Any:
    """Returns the value under a key; None unless it is the only one, and of the type."""
    found = values(features, key, dtype)
    return found[0] if len(found) == 1 else None


def check_example(features: Features, rules: Rules) -> list[Problem]:
    """Returns what is wrong with an example, but for its picture and its masks."""
    if not rules.of_dataset and not _has_values(features, keys.IMAGE_ENCODED):
        message = f"there is no {keys.IMAGE_ENCODED}; it has {_some([*features]) or 'no feature at all'}"
        return [("not_a_detection_example", message)]
    problems = [*_check_table(features, rules), *_check_lists(features, rules)]
    sides = [values(features, key, "float") for key in SIDES]
    if len({len(side) for side in sides}) == 1:
        problems += _check_boxes(features, sides)
        problems += _check_numbers(features, len(sides[0]))
    problems += _check_classes(features, rules)
    # What is not as it should be may well stand in another place.
    if rules.of_dataset and all(code == "feature_unlisted" for code, _ in problems):
        problems += _check_order(features, sides)
    return problems


def _has_values(features: Features, key: str) -> bool:
    return bool(features.get(key, _NONE)[0])


def _some(names: Sequence[str]) -> str:
    """Returns the first of some names, quoted."""
    more = len(names) - _MOST_NAMED
    return ", ".join(map(quoted, names[:_MOST_NAMED])) + (f" and {more:,} more" if more > 0 else "")


def _check_table(features: Features, rules: Rules) -> Iterator[Problem]:
    missing, dtypes, counts = [], [], []
    for key, dtype, scalar in rules.table:
        found, content = features.get(key, _NONE)
        if not found:
            missing.append(key)
        elif found != dtype:
            # Masks of floats are another of the classic API's two ways.
            if rules.of_dataset or key != keys.OBJECT_MASK:
                dtypes.append(f"{key} holds {found} values instead of {dtype}")
        elif scalar and len(content) != 1:
            counts.append(f"{key} holds {len(content)} values instead of one")
    if rules.of_dataset and missing:
        yield "feature_missing", f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    if rules.of_dataset and features.keys() != rules.keys:
        unlisted = sorted(features.keys() - rules.keys)
        if unlisted:
            verb = "is" if len(unlisted) == 1 else "are"
            yield "feature_unlisted", f"{_some(unlisted)} {verb} not in the manifest's list"
    if dtypes:
        yield "feature_dtype", "; ".join(dtypes)
    if counts:
        yield "feature_count", "; ".join(counts)


def _check_lists(features: Features, rules: Rules) -> Iterator[Problem]:
    """Compares the lengths of lists whose values belong together."""
    wrong = []
    for first, others in rules.lists:
        length = len(features.get(first, _NONE)[1])
        for key in others:
            count = len(features.get(key, _NONE)[1])
            # Of other programs, a list without a value says that nothing is known.
            if count != length and key in features and (count or rules.of_dataset or key in SIDES):
                wrong.append(f"{key} holds {count} values, and {first} {length}")
    if wrong:
        yield "lists_unequal", "; ".join(wrong)


def _object(features: Features, number: int, count: int) -> str:
    """Returns what one of so many objects is called in messages."""
    texts = values(features, keys.CLASS_TEXT, "bytes")
    return f"object {number}" + (f" ({quoted(texts[number])})" if len(texts) == count else "")


def _check_boxes(features: Features, sides: list[tuple[float, ...]]) -> Iterator[Problem]:
    found: dict[str, list[str]] = {}
    for i, (xmin, ymin, xmax, ymax) in enumerate(zip(*sides, strict=True)):
        if not (0 <= xmin < xmax <= 1 and 0 <= ymin < ymax <= 1):
            code, message = _fault_of_box(xmin, ymin, xmax, ymax)
            found.setdefault(code, []).append(f"{_object(features, i, len(sides[0]))} has {message}")
    for code, messages in found.items():
        yield code, _first_of(messages)


def _fault_of_box(xmin: float, ymin: float, xmax: float, ymax: float) -> Problem:
    """Returns what is wrong with a box that is not as it should be."""
    sides = {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}
    for name, value in sides.items():
        if not math.isfinite(value):
            return "box_not_finite", f"{name} {value}"
    for low, high in (("xmin", "xmax"), ("ymin", "ymax")):
        if sides[low] > sides[high]:
            return "box_reversed", f"{low} {sides[low]:.6g} above {high} {sides[high]:.6g}"
        if sides[low] == sides[high]:
            return "box_empty", f"{low} and {high} {sides[low]:.6g}"
    name, value = max(sides.items(), key=lambda side: abs(side[1] - 0.5))
    message = f"{name} {value:.8g}, where 0 to 1 is the picture"
    outside = xmin >= 1 or ymin >= 1 or xmax <= 0 or ymax <= 0 or not 1 - _FAR <= value <= _FAR
    return "box_outside" if outside else "box_overshoots", message


def _first_of(messages: Sequence[str]) -> str:
    more = len(messages) - 1
    return messages[0] + (f" (and {more} more)" if more else "")


def _check_numbers(features: Features, count: int) -> Iterator[Problem]:
    flags, areas = [], []
    for key in _FLAGS:
        for i, flag in enumerate(values(features, key, "int64")[:count]):
            if flag not in (0, 1):
                flags.append(f"{_object(features, i, count)} has {key.rsplit('/', 1)[-1]} {flag}")
    for i, area in enumerate(values(features, keys.OBJECT_AREA, "float")[:count]):
        if not 0 < area < math.inf:
            areas.append(f"{_object(features, i, count)} has area {area:.6g}")
    if flags:
        yield "flag_invalid", _first_of(flags)
    if areas:
        yield "area_invalid", _first_of(areas)


def _check_classes(features: Features, rules: Rules) -> Iterator[Problem]:
    found: dict[str, list[str]] = {}
    for what, label_key, text_key in (
        ("object {}", keys.CLASS_LABEL, keys.CLASS_TEXT),
        ("class {} of the image", keys.IMAGE_CLASS_LABEL, keys.IMAGE_CLASS_TEXT),
    ):
        labels, texts = values(features, label_key, "int64"), values(features, text_key, "bytes")
        for i, label in enumerate(labels):
            text = texts[i] if len(texts) == len(labels) else None
            fault = _fault_of_class(label, text, rules)
            if fault:
                found.setdefault(fault[0], []).append(f"{what.format(i)} has label {label}{fault[1]}")
    for code, messages in found.items():
        yield code, _first_of(messages)


def _fault_of_class(label: int, text: bytes | None, rules: Rules) -> Problem | None:
    """Returns what is wrong with a class, if anything is; the message goes on from its id."""
    name = rules.class_names.get(label)
    if name is not None:
        if text is None or text == name.encode():
            return None
        return "class_text_differs", f", which is {quoted(name)}, and text {quoted(text)}"
    called = f" ({quoted(text)})" if text is not None else ""
    if label <= 0 and not rules.of_dataset:
        return "class_not_positive", f"{called}, where ids start from 1"
    return ("class_unknown", f"{called}, which the label map does not have") if rules.class_names else None


def _check_order(features: Features, sides: list[tuple[float, ...]]) -> Iterator[Problem]:
    """Compares each object, and each class of the image, with the one before it; bytes sort as their characters do."""
    texts = values(features, keys.CLASS_TEXT, "bytes")
    objects = list(zip(texts, *sides, strict=False))
    if len(objects) == len(texts) and objects != sorted(objects):
        at = next(i for i in range(1, len(objects)) if objects[i] < objects[i - 1])
        called = _object(features, at, len(objects))
        yield "boxes_unsorted", f"{called} is to stand before {_object(features, at - 1, len(objects))}"
    classes = values(features, keys.IMAGE_CLASS_TEXT, "bytes")
    for i, (one, other) in enumerate(pairwise(classes), 1):
        if one >= other:
            where = f"before {quoted(one)}" if other < one else "there once"
            yield "labels_unsorted", f"class {i} of the image ({quoted(other)}) is to stand {where}"
            return
