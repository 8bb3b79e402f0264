"""What is counted of records, in bounded memory."""

from typing import Any

from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.verification.examples import Rules, rules_of_others
from beam_pipelines.verification.records import RecordCheck
from beam_pipelines.verification.repeats import Marks
from beam_pipelines.verification.tally import MOST_NAMES, MOST_PAIRS, OTHER_NAMES, Tally
from data_contract.example_pb2 import Example
from data_contract.features import FEATURES


def record(names: list[str], labels: list[int], whole: list[str] | None = None) -> bytes:
    example = Example()
    feature = example.features.feature
    feature["image/encoded"].bytes_list.value.append(b"")
    for side in ("xmin", "ymin", "xmax", "ymax"):
        feature[f"image/object/bbox/{side}"].float_list.value.extend([0.0 if "min" in side else 1.0] * len(labels))
    feature["image/object/class/text"].bytes_list.value.extend(name.encode() for name in names)
    feature["image/object/class/label"].int64_list.value.extend(labels)
    feature["image/class/text"].bytes_list.value.extend(name.encode() for name in whole or ())
    return example.SerializeToString()


def counted(rules: Rules, *records: bytes) -> Tally:
    tally = Tally(rules.most_names)
    check = RecordCheck(RecordFile("/a", "a", "train"), (0, 1), rules, tally, Marks(0))
    for number, data in enumerate(records):
        check.problems(number, data)
    return tally


def test_names_of_others_are_shortened_and_bounded():
    names = [f"{i:06d}" for i in range(MOST_NAMES + 7)]
    long = "\N{CAT}" * 300
    tally = Tally()
    tally.merge(counted(rules_of_others({}), record(names, [1] * len(names)), record([long], [2], [long, "dog"])))
    contents = tally.split("train")
    kept = dict.fromkeys(names[:MOST_NAMES], 1)
    assert contents.boxes == {**kept, OTHER_NAMES: 8}
    assert contents.labels == {"\N{CAT}" * 199 + "…": 1, "dog": 1}
    assert len(tally.classes) == MOST_PAIRS


def test_of_a_dataset_the_names_of_the_manifest_are_counted():
    """Of however many and however long ones, and all others together."""
    classes = {i + 1: f"{i:0300d}" for i in range(MOST_NAMES + 5)}
    rules = Rules(FEATURES, classes, of_dataset=True)
    names = [*classes.values(), "strange", "other"]
    tally = Tally(rules.most_names)
    tally.merge(counted(rules, record(names, [*classes, 1, 2])))
    assert tally.split("train").boxes == {**dict.fromkeys(classes.values(), 1), OTHER_NAMES: 2}
    assert tally.classes == {}


def test_names_of_ids_alone():
    rules = rules_of_others({1: "cat"})
    assert counted(rules, record([], [1, 1, 7])).split("train").boxes == {"cat": 2, "class 7": 1}


def test_what_is_no_example_leaves_the_counts_open():
    tally = counted(rules_of_others({}), b"\xff")
    assert (tally.split("train").damaged, tally.split("train").records) == (True, 0)


def test_numbers_are_held_against_the_shard():
    rules = Rules(FEATURES, {1: "cat"}, of_dataset=True)
    check = RecordCheck(RecordFile("/a", "a", "train"), (1, 2), rules, Tally(), Marks(0))

    def told(number: int, stated: bytes) -> list[tuple[str, str]]:
        example = Example.FromString(record([], []))
        example.features.feature["image/source_id"].bytes_list.value.append(stated)
        found: list[Any] = check.problems(number, example.SerializeToString())
        return [(code, message) for code, message in found if code.startswith(("source", "shard"))]

    half = 2**62
    assert told(0, str(half + 5).encode()) == []
    assert told(1, str(half + 4).encode()) == [
        ("source_id_unsorted", "source_id 4611686018427387908 comes after 4611686018427387909")
    ]
    assert told(2, b"7" + b"0" * 17) == [
        ("source_id_unsorted", "source_id 700000000000000000 comes after 4611686018427387908"),
        ("shard_wrong", "source_id 700000000000000000 belongs to shard 0 of 2"),
    ]
    assert told(3, b"1" * 500) == [("source_id_invalid", f"image/source_id is '{'1' * 79}…'")]
    assert told(4, b"\x1b") == [("source_id_invalid", "image/source_id is '\N{REPLACEMENT CHARACTER}'")]
