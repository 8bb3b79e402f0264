"""Parsers of single values on the command line; each quotes what is wrong and names the nearest right one."""

import argparse
import math
import re
from collections.abc import Callable
from typing import Any

from beam_pipelines.splits.fractions import check_name
from presentation.suggestions import did_you_mean

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def one_of(*choices: str) -> Callable[[str], str]:
    """Returns a parser of a word that must be one of `choices`."""

    def choose(text: str) -> str:
        if text not in choices:
            near = did_you_mean(text, choices)
            raise argparse.ArgumentTypeError(f"'{text}' is not one of {', '.join(choices)}{near}")
        return text

    return choose


def reporting(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Lets the sentence of a ValueError through, which argparse would replace by one of its own."""

    def parse_or_report(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse_or_report


def parse_whole_number(text: str) -> int:
    """Parses a whole number of 64 bits.

    Raises:
        ValueError: quoting what is wrong.
    """
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a whole number") from None
    if abs(number) >= 2**63:
        raise ValueError(f"'{text}' is too large: take a number below 2**63")
    return number


def parse_fraction(text: str) -> float:
    """Parses a number from 0 to 1.

    Raises:
        ValueError: quoting what is wrong.
    """
    hint = "a fraction from 0 to 1, such as 0.01"
    try:
        number = float(text)
    except ValueError:
        near = f"; did you mean {float(text[:-1]) / 100:g}?" if re.fullmatch(r"\d+(\.\d+)?%", text) else ""
        raise ValueError(f"'{text}' is not {hint}{near}") from None
    if not (math.isfinite(number) and 0 <= number <= 1):
        near = f"; did you mean {number / 100:g}?" if 1 < number <= 100 else ""
        raise ValueError(f"'{text}' is not {hint}{near}")
    return number


def parse_regular_expression(text: str) -> str:
    """Returns the text of a regular expression that can be compiled.

    Raises:
        ValueError: quoting what is wrong.
    """
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is not a regular expression: {error}") from None
    return text


def parse_num_shards(text: str) -> int | dict[str, int]:
    """Parses '10' or 'train=8,test=1'.

    Raises:
        ValueError: quoting what is wrong.
    """
    if "=" not in text:
        return _count(text)
    counts: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        if name.strip() in counts:
            raise ValueError(f"'{text}' names split '{name.strip()}' twice")
        counts[name.strip()] = _count(number)
    return counts


def _count(text: str) -> int:
    if not re.fullmatch(r"\s*0*[1-9]\d{0,4}\s*", text):
        raise ValueError(f"'{text}' is not a number of shards: from 1 to 99999, or SPLIT=NUMBER,…")
    return int(text)


def parse_split_lists(text: str) -> dict[str, str]:
    """Parses 'train=a.txt,validation=b.txt'. Returns the file of each split, in the order of the text.

    Raises:
        ValueError: quoting what is wrong.
    """
    files: dict[str, str] = {}
    for part in text.split(","):
        name, _, file = (piece.strip() for piece in part.partition("="))
        if not name or not file:
            guess = name if re.fullmatch(r"[A-Za-z]\w*", name) else "train"
            raise ValueError(f"'{part.strip()}' is not NAME=FILE: write, for example, {guess}={guess}.txt")
        check_name(name, {})
        for other in files:
            if other.lower() == name.lower():  # one file where the file system ignores case
                raise ValueError(f"'{text}' names the split '{name}' twice ('{other}', '{name}'): give it one file")
        files[name] = file
    return files


def parse_size(text: str) -> int:
    """Parses '256MiB', '100 MB' or '1000000' as bytes.

    Raises:
        ValueError: quoting what is wrong.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get(found[2].upper()) if found else None
    size = float(found[1]) * unit if found and unit else math.inf
    if not math.isfinite(size):
        raise ValueError(f"'{text}' is not a size, such as 256MiB, 100MB or 1GiB")
    if round(size) < 1:
        raise ValueError(f"'{text}' is less than one byte")
    return round(size)
