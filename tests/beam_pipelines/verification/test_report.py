"""What was found in parts of the files is the same in whatever order they are merged."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.report import Contents, Report

names = st.sampled_from(["a", "b"])
counts = st.dictionaries(names, st.integers(1, 9)).map(Counter)
contents = st.builds(Contents, *[st.integers(0, 9)] * 4, counts, counts, st.booleans())


@st.composite
def reports(draw: st.DrawFn, file: str) -> Report:
    report = Report()
    report.splits = draw(st.dictionaries(names, contents))
    for record in range(draw(st.integers(0, 3))):
        report.remark(draw(names), "no", "because", file, record)
        report.classes.setdefault((draw(names), draw(st.integers(0, 2))), (file, record))
        report.findings.add(Finding(draw(names), "error", file, record, "m"))
    return report


def merged(parts: list[Report]) -> Report:
    whole = Report()
    for part in parts:
        whole.merge(Report.from_json(json.loads(json.dumps(part.as_json()))))
    return whole


@given(st.tuples(*(reports(file) for file in "xyz")))
def test_the_order_of_parts_does_not_matter(parts: tuple[Report, Report, Report]):
    first, second, third = parts
    expected = merged([first, second, third]).as_json()
    assert merged([third, merged([second, first])]).as_json() == expected
    assert merged([merged([second, third]), first]).as_json() == expected


def test_counts_are_summed_and_first_places_stay():
    one, other = Report(), Report()
    one.split("train").add(Contents(1, 2, 3, 4, Counter(cat=5), Counter(dog=6), False))
    other.split("train").add(Contents(10, 20, 30, 40, Counter(cat=50, ant=1), Counter(), True))
    for record in (7, 8):
        other.remark("Datumaro", "no", "why", "a", record)
    one.remark("Datumaro", "no", "why", "b", 0)
    one.classes["cat", 1] = ("b", 3)
    other.classes["cat", 1] = ("a", 9)
    assert merged([one, other]).as_json() == {
        "splits": {
            "train": {
                "files": 11,
                "records": 22,
                "bytes": 33,
                "negatives": 44,
                "boxes": {"ant": 1, "cat": 55},
                "labels": {"dog": 6},
                "damaged": True,
            }
        },
        "findings": [],
        "readers": [["Datumaro", "no", "why", 3, "a", 7]],
        "classes": [["cat", 1, "a", 9]],
    }
