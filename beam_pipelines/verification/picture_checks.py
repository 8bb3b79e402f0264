"""Checks the picture of an example, and its masks, against what is said of them."""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from beam_pipelines.masks import values as mask_values
from beam_pipelines.pictures import png, signatures
from beam_pipelines.pictures.probing import Probe, probe
from beam_pipelines.records import RecordError
from beam_pipelines.verification.examples import Features, Problem, Rules, only, values
from beam_pipelines.verification.findings import quoted
from data_contract import features as keys

_PORTABLE = ("jpeg", "png")
_OTHER_SPELLINGS = {b"jpg": b"jpeg"}
_REASONS = {
    "reencoded_format": "is not stored as baseline or progressive JPEG, nor as PNG",
    "reencoded_color": "is in CMYK, or in another colour model of four channels",
    "reencoded_depth": "has more than 8 bits a channel",
}


class PictureCheck(NamedTuple):
    """What the picture of an example is."""

    problems: list[Problem]
    digest: bytes
    """SHA-256 of its bytes; empty if there are none."""
    format: str
    """'jpeg', 'png', 'bmp', 'gif', 'tiff' or 'webp', by content; '' if it cannot be told or decoded."""


def check_picture(features: Features, rules: Rules) -> PictureCheck:
    """Checks the picture of an example, its masks and its class map.

    Of a picture that is damaged, that alone is told.
    """
    data = only(features, keys.IMAGE_ENCODED, "bytes")
    if data is None:
        return PictureCheck([], b"", "")
    digest = hashlib.sha256(data)
    try:
        found = probe(data, rules.decode)
    except RecordError as error:
        return PictureCheck([(error.code, _as_clause(error.message))], digest.digest(), "")
    problems = [*_compare(features, found, rules), *_check_digest(features, digest.hexdigest())]
    problems += _check_masks(features, (found.width, found.height), rules)
    return PictureCheck(problems, digest.digest(), found.format)


def _as_clause(sentence: str) -> str:
    return (sentence[:1].lower() + sentence[1:]).rstrip(".")


def _compare(features: Features, found: Probe, rules: Rules) -> Iterator[Problem]:
    size = only(features, keys.IMAGE_WIDTH, "int64"), only(features, keys.IMAGE_HEIGHT, "int64")
    wrong = [
        f"{key} is {stated}, and the picture's {actual}"
        for key, stated, actual in zip(
            (keys.IMAGE_WIDTH, keys.IMAGE_HEIGHT), size, (found.width, found.height), strict=True
        )
        if stated is not None and stated != actual
    ]
    if wrong:
        yield "image_size_differs", "; ".join(wrong)
    stated = only(features, keys.IMAGE_FORMAT, "bytes")
    if stated is not None:
        meant = stated if rules.of_dataset else _OTHER_SPELLINGS.get(stated.lower(), stated.lower())
        if meant != found.format.encode():
            message = f"{keys.IMAGE_FORMAT} is {quoted(stated)}, and the picture a {found.format.upper()}"
            yield "image_format_differs", message
    if found.reencode or found.format not in _PORTABLE:
        yield "image_not_portable", f"the {found.format.upper()} {_REASONS[found.reencode or 'reencoded_format']}"
    if found.orientation != 1:
        yield "image_rotated", f"the {found.format.upper()} has the EXIF orientation {found.orientation}"


def _check_digest(features: Features, digest: str) -> Iterator[Problem]:
    stated = only(features, keys.IMAGE_SHA256, "bytes")
    if stated is not None and stated != digest.encode():
        yield "sha256_differs", f"{keys.IMAGE_SHA256} is {quoted(stated)}, and the picture's {digest}"


def _check_masks(features: Features, size: tuple[int, int], rules: Rules) -> Iterator[Problem]:
    found: dict[str, list[str]] = {}
    maps = values(features, keys.CLASS_MAP_ENCODED, "bytes")
    for key, files in ((keys.OBJECT_MASK, values(features, keys.OBJECT_MASK, "bytes")), (keys.CLASS_MAP_ENCODED, maps)):
        for i, data in enumerate(files):
            what = f"the mask of object {i}" if key == keys.OBJECT_MASK else "the class map"
            try:
                _check_mask(data, size, rules, binary=key == keys.OBJECT_MASK)
            except RecordError as error:
                found.setdefault(error.code, []).append(f"{what} {error.message}")
    stated = only(features, keys.CLASS_MAP_FORMAT, "bytes")
    if maps and stated not in (None, b"png"):
        found.setdefault("mask_unreadable", []).append(f"{keys.CLASS_MAP_FORMAT} is {quoted(stated)} and not 'png'")
    for code, messages in found.items():
        more = len(messages) - 1
        yield code, messages[0] + (f" (and {more} more)" if more else "")


def _check_mask(data: bytes, size: tuple[int, int], rules: Rules, *, binary: bool) -> None:
    """Raises RecordError: mask_unreadable, mask_size_differs or mask_values; the message goes on from a name."""
    try:
        header = png.scan(data) if signatures.format_of(data) == "png" else None
    except RecordError as error:
        raise RecordError("mask_unreadable", f"cannot be read: {_as_clause(error.message)}") from None
    if header is None:
        raise RecordError("mask_unreadable", "is no PNG")
    if (header.width, header.height) != size:
        message = f"has {header.width} × {header.height} pixels, its picture {size[0]} × {size[1]}"
        raise RecordError("mask_size_differs", message)
    if not rules.of_dataset:  # what other programs put into their pixels is their affair
        return
    if header.color != 0 or header.depth != 8:
        raise RecordError("mask_unreadable", "has not one channel of 8 bits")
    if rules.decode:
        mask_values.check_png(data, *size, numbers=True)
        low, high = mask_values.read_numbers(data).getextrema()
        if binary and (high != 1 or low not in (0, 1)):
            raise RecordError("mask_values", f"holds values from {low} to {high}")
