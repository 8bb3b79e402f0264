"""Findings are counted, and the first of each code and file are kept, in whatever order parts are merged."""

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.rejects import REMEDIES
from beam_pipelines.verification.findings import FINDINGS, Finding, Findings, quoted, severity_of

KEPT = 20

findings = st.builds(
    Finding,
    st.sampled_from(["record_corrupt", "split_leak"]),
    st.sampled_from(["error", "warning"]),
    st.sampled_from(["a", "b"]),
    st.integers(-1, 60),
    st.sampled_from(["x", "y"]),
)


def gathered(some: list[Finding]) -> Findings:
    found = Findings()
    for one in some:
        found.add(one)
    return found


@given(st.lists(st.lists(findings, max_size=60), max_size=4), st.randoms(use_true_random=False))
def test_parts_can_be_merged_in_any_order(parts: list[list[Finding]], random):
    everything = [one for part in parts for one in part]
    random.shuffle(parts)
    merged = Findings()
    for part in parts:
        random.shuffle(part)
        merged.merge(Findings.from_json(json.loads(json.dumps(gathered(part).as_json()))))
    expected: list[Finding] = []
    for key in {one[:3] for one in everything}:
        expected += sorted(one for one in everything if one[:3] == key)[:KEPT]
    order = {"b": 0, "a": 1}
    assert merged.in_order(order) == sorted(expected, key=lambda one: (order[one.file], one.record, one.code, *one))
    assert merged.counts() == Counter(one[:2] for one in everything)
    assert bool(merged) is bool(everything)


@pytest.mark.parametrize("step", [1, -1])
def test_the_first_are_kept(step: int):
    """In whatever order they come."""
    some = [Finding("a", "error", "f", i, "m") for i in range(50)]
    found = gathered(some[::step])
    assert found.in_order({}) == some[:KEPT]
    assert found.counts() == {("a", "error"): 50}


def test_order():
    some = [
        Finding("b", "error", "second", 0, "m"),
        Finding("a", "error", "first", 3, "m"),
        Finding("b", "error", "first", 3, "m"),
        Finding("z", "error", "first", -1, "m"),
        Finding("z", "error", "no file of the set", -1, "m"),
        Finding("z", "error", "another", -1, "m"),
    ]
    expected = [some[i] for i in (5, 4, 3, 1, 2, 0)]
    assert gathered(some).in_order({"first": 0, "second": 1}) == expected


def test_one_code_of_one_file_can_be_counted_and_forgotten():
    found = gathered([Finding("a", "error", "f", i, "m") for i in range(50)] + [Finding("b", "error", "f", 1, "m")])
    assert (found.count("f", "a"), found.count("g", "a")) == (50, 0)
    found.discard("f", "a")
    assert found.counts() == {("b", "error"): 1}


@pytest.mark.parametrize(
    ("code", "of_dataset", "of_others"),
    [
        ("record_corrupt", "error", "error"),
        ("split_leak", "error", "warning"),
        ("unnamed_file", "warning", "warning"),
        ("class_unknown", "error", "warning"),
        ("box_overshoots", "error", "warning"),
        ("box_outside", "error", "error"),
    ],
)
def test_what_a_dataset_promises_and_others_do_not(code: str, of_dataset: str, of_others: str):
    assert severity_of(code, of_dataset=True) == of_dataset
    assert severity_of(code, of_dataset=False) == of_others


def test_remedies_are_sentences():
    for text in FINDINGS.values():
        assert re.fullmatch(r"([A-Z]|image/|difficult).{20,105}\.", text), text


def test_every_way_in_which_a_picture_fails_is_a_finding():
    assert {code for code in REMEDIES if code.startswith("image_")} - FINDINGS.keys() == {
        *("image_missing", "image_ambiguous", "image_unreadable"),
    }


def test_one_may_stand_for_many():
    found = Findings()
    found.add(Finding("a", "error", "f", 3, "m"), 1000)
    found.add(Finding("a", "error", "f", 2, "m"))
    assert found.counts() == {("a", "error"): 1001}
    assert [one.record for one in found] == [2, 3]


def test_messages_are_short_and_printable():
    found = Findings()
    found.add(Finding("a", "error", "f", 0, "bell \x07" + "x" * 5000))
    (one,) = found
    assert one.message == "bell \N{REPLACEMENT CHARACTER}" + "x" * 994


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"cat", "'cat'"),
        ("n\u00e4ive", "'n\u00e4ive'"),
        (b"\xff\x1b[2J\n", "'\ufffd\ufffd[2J\ufffd'"),
        ("\udc80", "'\ufffd'"),
        ("x" * 80, f"'{'x' * 80}'"),
        ("x" * 81, f"'{'x' * 79}\u2026'"),
        ("\u00e4".encode() * 10_000, "'" + "\u00e4" * 79 + "\u2026'"),
        ("\U0001f408".encode() * 81, "'" + "\U0001f408" * 79 + "\u2026'"),
    ],
)
def test_quotes_are_short_and_printable(value: str | bytes, expected: str):
    assert quoted(value) == expected
