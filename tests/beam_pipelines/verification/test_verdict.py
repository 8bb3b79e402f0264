"""What is concluded of what was counted in all files."""

from collections import Counter
from dataclasses import replace

from beam_pipelines.verification.findings import Finding, Findings
from beam_pipelines.verification.tally import OTHER_NAMES, Contents, Tally
from beam_pipelines.verification.verdict import ReaderVerdict, conclude

from .test_pipeline import SET

OTHERS = replace(SET, manifest=None)


def of_others(tally: Tally) -> tuple[Finding, ...]:
    return conclude(OTHERS, Findings(), tally).findings


def disagreeing(file: str, record: int, message: str) -> Finding:
    return Finding("classes_disagree", "warning", file, record, message)


def test_names_with_two_ids_and_ids_with_two_names():
    tally = Tally()
    tally.classes = {("cat", 1): ("a-0", 3), ("cat", 2): ("a-1", 0), ("dog", 3): ("a-0", 4), ("\x1b", 3): ("a-0", 5)}
    assert of_others(tally) == (
        disagreeing("a-0", 3, "'cat' has id 1 here, and elsewhere 2"),
        disagreeing("a-0", 4, "id 3 is 'dog' here, and elsewhere '\N{REPLACEMENT CHARACTER}'"),
        disagreeing("a-0", 5, "id 3 is '\N{REPLACEMENT CHARACTER}' here, and elsewhere 'dog'"),
        disagreeing("a-1", 0, "'cat' has id 2 here, and elsewhere 1"),
    )


def test_one_name_with_very_many_ids():
    """As of a program that writes a running number."""
    tally = Tally()
    tally.classes = {("cat", number): ("a-0", number) for number in range(10_000)}
    verdict = conclude(OTHERS, Findings(), tally)
    assert verdict.counts == {("classes_disagree", "warning"): 10_000}
    assert verdict.findings[1].message == "'cat' has id 1 here, and elsewhere 0, 2, 3"


def test_contents_against_the_manifest():
    tally = Tally()
    tally.splits["a"] = Contents(2, 5, 30, 1, Counter({"cat": 4, OTHER_NAMES: 2}), Counter(cat=1))
    assert [one.message for one in conclude(SET, Findings(), tally).findings] == [
        "in a, it counts 0 boxes of a class that it does not have, and there are 2",
        "in a, it counts 0 images labelled 'cat', and there are 1",
        "in a, it counts 0 negatives, and there are 1",
        "in a, it counts 5 boxes of 'cat', and there are 4",
    ]
    tally.splits["a"].damaged = True
    assert conclude(SET, Findings(), tally).findings == ()


def test_errors_come_first_in_the_order_of_the_table():
    tally = Tally()
    for code, severity in (("split_leak", "error"), ("unnamed_file", "warning"), ("file_missing", "error")):
        tally.findings.add(Finding(code, severity, "a-0", -1, "m"))
    verdict = conclude(OTHERS, Findings(), tally)
    assert list(verdict.counts) == [("file_missing", "error"), ("split_leak", "error"), ("unnamed_file", "warning")]
    assert (verdict.count("error"), verdict.count("warning")) == (2, 1)


def test_what_readers_say_is_counted_and_placed():
    tally = Tally()
    for record in (4, 5):
        tally.remark("FiftyOne", "no", "why", "a-1", record)
    tally.remark("FiftyOne", "but", "or so", "a-0", 0)
    tally.remark("TF Model Garden", "but", "whatever", "a-0", -1)
    found = conclude(OTHERS, Findings(), tally)
    assert found.readers["FiftyOne"] == ReaderVerdict("no", ("why (2 times, first in record 4 of a-1)",))
    assert found.readers["TF Model Garden"] == ReaderVerdict("yes, but", ("whatever (in a-0)",))
    assert found.readers["Object Detection API"] == ReaderVerdict("yes", ())
