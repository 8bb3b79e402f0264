"""Equal pictures in two splits, and equal numbers, against a search through all pairs."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.verification.findings import Finding, Findings
from beam_pipelines.verification.repeats import NO_ID, Marks, Side, find_repeats

SIDES = (Side("a0", "a"), Side("a1", "a"), Side("b0", "b"))

Mark = tuple[int, int, int]
"""(file, content, number); its place in the list is its record."""


def found(marks: list[Mark], *, reverse: bool = False, of_dataset: bool = True, known: bool = False) -> list[Finding]:
    """Sorted, as all buckets together tell them."""
    return sorted(told(marks, reverse=reverse, of_dataset=of_dataset, known=known))


def told(marks: list[Mark], *, reverse: bool = False, of_dataset: bool = True, known: bool = False) -> Findings:
    parcels: dict[int, list[bytes]] = {}
    for file in range(len(SIDES)):
        one = Marks(file)
        for record, (home, content, number) in enumerate(marks):
            if home == file:
                one.add(record, bytes([content] * 31 + [0]), number)
                if record % 3 == 0:  # in several parcels
                    for bucket, data in one.take():
                        parcels.setdefault(bucket, []).append(data)
        for bucket, data in one.take():
            parcels.setdefault(bucket, []).append(data)
    findings = Findings()
    for bucket, some in parcels.items():
        ordered = some[::-1] if reverse else some
        findings.merge(find_repeats(bucket, ordered, SIDES, of_dataset=of_dataset, leaks_known=known))
    return findings


def place(at: tuple[int, int]) -> str:
    return f"record {at[1]} of {SIDES[at[0]].name}"


def by_pairs(marks: list[Mark]) -> list[Finding]:
    """The same by comparing each with each before it."""
    findings: dict[tuple[str, tuple[int, int]], Finding] = {}
    places = {(file, record): (content, number) for record, (file, content, number) in enumerate(marks)}
    first = {
        "split_leak": {content: min(at for at in places if places[at][0] == content) for content, _ in places.values()},
        "source_id": {number: min(at for at in places if places[at][1] == number) for _, number in places.values()},
    }
    for before, after in combinations(sorted(places), 2):
        content, number = places[after]
        file, record = after
        leaks = places[before][0] == content and SIDES[file].split != SIDES[before[0]].split
        if leaks and before == first["split_leak"][content]:
            message = f"the same picture as {place(before)}"
            findings["split_leak", after] = Finding("split_leak", "error", SIDES[file].name, record, message)
        if number != NO_ID and before == first["source_id"].get(number) and not leaks:
            picture = "the same" if places[before][0] == content else "another"
            message = f"it has the source_id {number} of {place(before)}, and {picture} picture"
            findings["id", after] = Finding("source_id_repeated", "error", SIDES[file].name, record, message)
    return sorted(findings.values())


marks = st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from([3, 4, 259, 2**63 - 1, 0, NO_ID]))


@given(st.lists(marks, max_size=25), st.booleans())
def test_all_that_repeats_is_found_and_nothing_else(some: list[Mark], reverse: bool):
    assert found(some, reverse=reverse) == by_pairs(some)


def test_a_leak_that_was_known_is_a_warning_and_its_number_is_still_checked():
    some = [(0, 1, 7), (2, 1, 7)]
    assert found(some) == [Finding("split_leak", "error", "b0", 1, "the same picture as record 0 of a0")]
    assert found(some, known=True) == [
        Finding(
            "source_id_repeated", "error", "b0", 1, "it has the source_id 7 of record 0 of a0, and the same picture"
        ),
        Finding("split_leak", "warning", "b0", 1, "the same picture as record 0 of a0"),
    ]


def test_numbers_of_others_are_digests_that_are_not_told():
    expected = "it has the source_id of record 0 of a0, and another picture"
    assert found([(0, 1, 7), (1, 2, 7)], of_dataset=False) == [
        Finding("source_id_repeated", "warning", "a1", 1, expected)
    ]


def test_parcels_are_taken_before_they_grow_large():
    one = Marks(0)
    for record in range(2**16):
        assert not one.is_full
        one.add(record, record.to_bytes(4, "little") * 8, record)
    assert one.is_full
    assert sum(len(data) for _, data in one.take()) == 2 * 36 * 2**16
    assert not one.is_full
    assert list(one.take()) == []


def test_leaks_between_files_of_others_are_warned_of():
    expected = Finding("split_leak", "warning", "b0", 1, "the same picture as record 0 of a0")
    assert found([(0, 1, NO_ID), (2, 1, NO_ID)], of_dataset=False) == [expected]


def test_what_stands_in_every_record_is_counted_and_does_not_travel():
    """Such as a source_id of 0, or one picture for all."""
    one = Marks(0)
    for record in range(5000):
        one.add(record, bytes(32), 7)
    parcels = dict(one.take())
    assert {bucket: len(data) for bucket, data in parcels.items()} == {0: 32 * 36, 256 + 7: 32 * 36}
    ids = find_repeats(256 + 7, [parcels[256 + 7]], SIDES, of_dataset=True, leaks_known=False)
    assert ids.counts() == {("source_id_repeated", "error"): 4999}
    assert [finding.record for finding in ids] == list(range(1, 21))


def test_leaks_and_numbers_that_do_not_travel_are_counted():
    marks = [(file, content, number) for file, content, number in ((0, 1, 3), (1, 1, 4), (2, 1, 5)) for _ in range(300)]
    findings = told(marks)
    assert findings.counts() == {("source_id_repeated", "error"): 3 * 299, ("split_leak", "error"): 300}
    assert {(one.code, one.record) for one in findings if one.file == "b0"} == {
        *(("split_leak", 600 + i) for i in range(20)),
        *(("source_id_repeated", 601 + i) for i in range(20)),
    }
