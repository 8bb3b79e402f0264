"""Values on the command line: what they mean, and the sentence for each that is wrong."""

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.command_line.flag_values import (
    one_of,
    parse_fraction,
    parse_num_shards,
    parse_regular_expression,
    parse_size,
    parse_split_lists,
    parse_whole_number,
    reporting,
)


def refusal(parse, text):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 (the whole message is compared)
        parse(text)
    assert type(refused.value) is ValueError
    return str(refused.value)


def test_one_of():
    choose = one_of("keep", "merge")
    assert choose("merge") == "merge"
    for text, near in (("merg", "; did you mean merge?"), ("Keep", "; did you mean keep?"), ("", "")):
        with pytest.raises(argparse.ArgumentTypeError) as refused:
            choose(text)
        assert str(refused.value) == f"'{text}' is not one of keep, merge{near}"


def test_reporting_lets_sentences_through():
    assert reporting(parse_whole_number)("7") == 7
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        reporting(parse_whole_number)("x")
    assert str(refused.value) == "'x' is not a whole number"


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_whole_numbers(number):
    assert parse_whole_number(str(number)) == number


@pytest.mark.parametrize("text", ["", "x", "1.5", "1e3", "0x10", "9" * 5000])
def test_no_whole_numbers(text):
    assert refusal(parse_whole_number, text) == f"'{text}' is not a whole number"


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63)), "9" * 30])
def test_too_large_numbers(text):
    assert refusal(parse_whole_number, text) == f"'{text}' is too large: take a number below 2**63"


@given(st.floats(0, 1))
def test_fractions(number):
    assert parse_fraction(str(number)) == number


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("50%", "; did you mean 0.5?"),
        ("0.5%", "; did you mean 0.005?"),
        ("50 %", ""),
        ("-5%", ""),
        ("5", "; did you mean 0.05?"),
        ("100", "; did you mean 1?"),
        ("101", ""),
        ("-0.1", ""),
        ("nan", ""),
        ("inf", ""),
        ("1/2", ""),
        ("", ""),
    ],
)
def test_no_fractions(text, near):
    assert refusal(parse_fraction, text) == f"'{text}' is not a fraction from 0 to 1, such as 0.01{near}"


def test_regular_expressions():
    assert parse_regular_expression(r"^([^/]+)/") == r"^([^/]+)/"
    assert refusal(parse_regular_expression, "(a") == (
        "'(a' is not a regular expression: missing ), unterminated subpattern at position 0"
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", 10),
        (" 7 ", 7),
        ("99999", 99_999),
        ("007", 7),
        ("train=8,test=1", {"train": 8, "test": 1}),
        (" train = 8 , test=01", {"train": 8, "test": 1}),
        ("train=8", {"train": 8}),
    ],
)
def test_numbers_of_shards(text, number):
    assert parse_num_shards(text) == number


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        *[(text, text) for text in ("", "0", "-1", "1.5", "100000", "x", "8,1", "1 0")],
        *[("train=0", "0"), ("train=8,test", ""), ("train=8,", ""), ("train=a", "a"), ("train==8", "=8")],
    ],
)
def test_no_numbers_of_shards(text, wrong):
    message = f"'{wrong}' is not a number of shards: from 1 to 99999, or SPLIT=NUMBER,…"
    assert refusal(parse_num_shards, text) == message


def test_a_split_named_twice():
    assert refusal(parse_num_shards, "a=1,b=2, a =3") == "'a=1,b=2, a =3' names split 'a' twice"


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("train=a.txt", [("train", "a.txt")]),
        ("validation=b.txt,train=a.txt", [("validation", "b.txt"), ("train", "a.txt")]),
        (" train = a b/c.txt , t-2=gs://x/y=z ", [("train", "a b/c.txt"), ("t-2", "gs://x/y=z")]),
    ],
)
def test_lists_of_splits(text, files):
    assert list(parse_split_lists(text).items()) == files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not NAME=FILE: write, for example, train=train.txt"),
        ("a.txt", "'a.txt' is not NAME=FILE: write, for example, train=train.txt"),
        ("test", "'test' is not NAME=FILE: write, for example, test=test.txt"),
        ("a=b.txt,test= ", "'test=' is not NAME=FILE: write, for example, test=test.txt"),
        ("a=b.txt,", "'' is not NAME=FILE: write, for example, train=train.txt"),
        ("=a.txt", "'=a.txt' is not NAME=FILE: write, for example, train=train.txt"),
        (
            "my split=a.txt",
            "'my split' cannot name a split, because it begins the names of files: "
            "use a letter, then letters, digits, - and _, for example my_split",
        ),
        (
            "report=a.txt",
            "'report' cannot name a split, because a file of the dataset has that name: use report_split",
        ),
        (
            "a=1.txt,b=2.txt,A=3.txt",
            "'a=1.txt,b=2.txt,A=3.txt' names the split 'A' twice ('a', 'A'): give it one file",
        ),
        ("a=1.txt,a=1.txt", "'a=1.txt,a=1.txt' names the split 'a' twice ('a', 'a'): give it one file"),
    ],
)
def test_no_lists_of_splits(text, message):
    assert refusal(parse_split_lists, text) == message


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1000000", 10**6),
        ("256MiB", 2**28),
        ("256mib", 2**28),
        ("100 MB", 10**8),
        (" 1.5 KiB ", 1536),
        ("2GiB", 2**31),
        ("1GB", 10**9),
        ("3KB", 3000),
        ("5B", 5),
        ("0.5B", 0),
    ],
)
def test_sizes(text, size):
    if size:
        assert parse_size(text) == size
    else:
        assert refusal(parse_size, text) == f"'{text}' is less than one byte"


@pytest.mark.parametrize(
    "text", ["", "MiB", "256 M", "-1MB", "1e6", "1,5MB", "ten", "1 TiB", "9" * 400, "1" * 400 + "GB"]
)
def test_no_sizes(text):
    assert refusal(parse_size, text) == f"'{text}' is not a size, such as 256MiB, 100MB or 1GiB"
