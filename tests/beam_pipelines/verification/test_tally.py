"""What was found in parts of the files is the same in whatever order they are merged."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.tally import MOST_PAIRS, OTHER_NAMES, Contents, Tally, bound_names, count_names

names = st.sampled_from(["a", "b"])
counts = st.dictionaries(names, st.integers(1, 9)).map(Counter)
contents = st.builds(Contents, *[st.integers(0, 9)] * 4, counts, counts, st.booleans())


@st.composite
def tallies(draw: st.DrawFn, file: str) -> Tally:
    tally = Tally()
    tally.splits = draw(st.dictionaries(names, contents))
    for record in range(draw(st.integers(0, 3))):
        tally.remark(draw(names), "no", "because", file, record)
        tally.classes.setdefault((draw(names), draw(st.integers(0, 2))), (file, record))
        tally.findings.add(Finding(draw(names), "error", file, record, "m"))
    return tally


def merged(parts: list[Tally]) -> Tally:
    whole = Tally()
    for part in parts:
        whole.merge(Tally.from_json(json.loads(json.dumps(part.as_json()))))
    return whole


@given(st.tuples(*(tallies(file) for file in "xyz")))
def test_the_order_of_parts_does_not_matter(parts: tuple[Tally, Tally, Tally]):
    first, second, third = parts
    expected = merged([first, second, third]).as_json()
    assert merged([third, merged([second, first])]).as_json() == expected
    assert merged([merged([second, third]), first]).as_json() == expected


def test_counts_are_summed_and_first_places_stay():
    one, other = Tally(), Tally()
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


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), min_size=1, max_size=4), st.integers(1, 9))
def test_names_are_bounded_the_same_however_they_come(parts: list[list[str]], most: int):
    everything = Counter(name for part in parts for name in part)
    kept = sorted(everything)[:most]
    rest = everything.total() - sum(everything[name] for name in kept)
    expected = Counter({name: everything[name] for name in kept}) + Counter({OTHER_NAMES: rest})
    for order in (parts, parts[::-1]):
        whole = Tally(most)
        for part in order:
            one = Tally(most)
            for name in part:
                count_names(one.split("a").boxes, [name], most)
            whole.merge(one)
        assert whole.split("a").boxes == expected


def test_names_are_bounded_while_they_are_counted():
    counts = Counter[str]()
    for i in range(1000):
        count_names(counts, [f"{i:04d}"], 10)
        assert len(counts) <= 20 + 1
    bound_names(counts, 10)
    assert counts == {**{f"{i:04d}": 1 for i in range(10)}, OTHER_NAMES: 990}


def test_pairs_of_names_and_ids_are_bounded():
    one, other = Tally(), Tally()
    one.classes = {(f"{i:06d}", 1): ("a", i) for i in range(MOST_PAIRS)}
    other.classes = {(f"{i:06d}", 1): ("b", i) for i in range(100, MOST_PAIRS + 100)}
    one.merge(other)
    assert one.classes == {(f"{i:06d}", 1): ("a", i) for i in range(MOST_PAIRS)}
