"""Fractions as text and as turns, and the sentence about empty splits."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beam_pipelines.splits.fractions import (
    RESOLUTION,
    Turns,
    explain_empty,
    format_fractions,
    parse_fractions,
    weights_of,
)

DEFAULT = {"train": 0.8, "validation": 0.1, "test": 0.1}
WEIGHTS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "fractions"),
    [
        ("train=0.8,validation=0.1,test=0.1", DEFAULT),
        ("all=1", {"all": 1.0}),
        (" a = .5 , b-2_x = 5e-1 ", {"a": 0.5, "b-2_x": 0.5}),
        ("a=0.333333,b=0.333333,c=0.333333", {"a": 0.333333, "b": 0.333333, "c": 0.333333}),
        ("test=0.3,train=0.7", {"test": 0.3, "train": 0.7}),
    ],
)
def test_parse_fractions(text, fractions):
    parsed = parse_fractions(text)
    assert list(parsed.items()) == list(fractions.items())


@pytest.mark.parametrize(
    ("text", "quoted", "advice"),
    [
        ("", "''", "write, for example, train=0.8"),
        ("train", "'train'", "train=0.8"),
        ("train:0.7,test:0.3", "'train:0.7'", "train=0.7"),
        ("a=0.5,", "''", "NAME=NUMBER"),
        ("=1", "'=1'", "NAME=NUMBER"),
        ("a=", "'a='", "a=0.8"),
        ("a=half,b=0.5", "'half'", "is not a number"),
        ("a=80%,b=20%", "'a=80%'", "write the fraction, a=0.8"),
        ("a=0,b=1", "'a=0'", "leave a out"),
        ("a=-0.1,b=1.1", "'a=-0.1'", "leave a out"),
        ("a=nan,b=1", "'a=nan'", "between 0.000001 and 1"),
        ("a=inf", "'a=inf'", "between 0.000001 and 1"),
        ("a=0.0000001,b=0.9999999", "'a=0.0000001'", "between 0.000001 and 1"),
        ("train=80,test=20", "add up to 100,", "write train=0.8,test=0.2"),
        ("train=0.8,test=0.1", "add up to 0.9,", "write train=0.888889,test=0.111111"),
        ("a=0.5,b=0.499998", "add up to 0.999998,", "write a=0.500001,b=0.499999"),
        ("a=0.5,a=0.5", "'a'", "name it once"),
        ("Train=0.5,train=0.5", "'train'", "name it once"),
        ("my split=1", "'my split'", "for example my_split"),
        ("../x=1", "'../x'", "for example x"),
        ("9=1", "'9'", "for example train"),
        ("manifest=1", "'manifest'", "use manifest_split"),
        ("Rejects=1", "'Rejects'", "use Rejects_split"),
    ],
)
def test_parse_fractions_refuses(text, quoted, advice):
    with pytest.raises(ValueError, match=re.escape(quoted)) as caught:
        parse_fractions(text)
    assert advice in str(caught.value)


@given(st.lists(st.floats(1e-6, 1000), min_size=1, max_size=8))
def test_what_is_formatted_can_be_parsed(numbers):
    fractions = {f"s{i}": number for i, number in enumerate(numbers)}
    parsed = parse_fractions(format_fractions(fractions))
    assert list(parsed) == list(fractions)
    for name, fraction in parsed.items():
        assert fraction == pytest.approx(fractions[name] / sum(numbers), abs=len(numbers) / RESOLUTION)


def test_weights_are_the_smallest_whole_numbers():
    assert weights_of(DEFAULT) == (8, 1, 1)
    assert weights_of({"all": 1.0}) == (1,)
    assert weights_of({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}) == (333_334, 333_333, 333_333)
    assert weights_of({"a": 1e-9, "b": 1}) == (1, 999_999)


def deal(weights, length):
    """The rule of `Turns`, word for word and in exact numbers. Yields who has got how much, before each position."""
    given = [0] * len(weights)
    for position in range(length):
        yield list(given)
        deficits = [Fraction(w, sum(weights)) * (position + 1) - had for w, had in zip(weights, given, strict=True)]
        given[deficits.index(max(deficits))] += 1
    yield given


@given(WEIGHTS)
def test_turns_go_by_the_greatest_deficit_beyond_the_first_round(weights):
    length = 2 * sum(weights) + 3
    turns = Turns(weights, length)
    assert [turns.before(position) for position in range(length + 1)] == list(deal(weights, length))


@given(WEIGHTS, st.integers(0, 10**6))
def test_every_beginning_of_a_line_has_its_shares(weights, position):
    given = Turns(weights, position).before(position)
    assert sum(given) == position
    for weight, count in zip(weights, given, strict=True):
        share = Fraction(weight * position, sum(weights))
        assert -1 < share - count < max(1, len(weights) - 1)


@given(st.integers(0, 100))
def test_turns_that_were_cut_short_are_the_same(length):
    long, short = Turns((8, 1, 1, 90), 1000), Turns((8, 1, 1, 90), length)
    assert short.before(length) == long.before(length)


def test_explain_empty():
    assert explain_empty(5, DEFAULT, ["test"]) == (
        "5 pictures (a group counts as one) leave the split test of --splits train=0.8,validation=0.1,test=0.1 empty: "
        "every fraction must be at least 0.2, for example --splits train=0.6,validation=0.2,test=0.2; "
        "or use --splits all=1"
    )
    assert explain_empty(1, DEFAULT, ["validation", "test"]) == (
        "1 picture (a group counts as one) cannot fill 3 splits: use --splits all=1"
    )
    assert "the splits validation and test of" in explain_empty(4, DEFAULT, ["validation", "test"])
    assert explain_empty(0, DEFAULT, list(DEFAULT)) == (
        "No picture is left to fill the splits train, validation and test"
    )


def test_explain_empty_stays_near_to_what_was_asked_for():
    sentence = explain_empty(50_000, {"train": 0.99999, "test": 0.00001}, ["test"])
    assert "for example --splits train=0.99998,test=0.00002;" in sentence


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 8), st.integers(0, 20_000), st.data())
def test_the_example_fills_every_split(splits, more, data):
    numbers = data.draw(st.lists(st.floats(1e-6, 1), min_size=splits, max_size=splits))
    fractions = {f"s{i}": number / sum(numbers) for i, number in enumerate(numbers)}
    groups = splits + data.draw(st.sampled_from([0, 1, 2, 3, more % 50, more]))
    example = re.search(r"for example --splits ([^;]+);", explain_empty(groups, fractions, ["s0"]))
    assert example
    parsed = parse_fractions(example[1])
    assert list(parsed) == list(fractions)
    assert min(Turns(weights_of(parsed), groups).before(groups)) >= 1
