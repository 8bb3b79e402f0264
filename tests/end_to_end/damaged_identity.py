"""Damage done to what tells examples apart and where they belong, see `damaged`."""

from beam_pipelines.verification.findings import Finding

from .damaged import ALL, Dataset, damage, error


@damage
def source_id_that_is_no_number(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, source_id=("bytes", [b"good-001.jpg"]))
    data.change(name, 2, source_id=("bytes", [str(2**63).encode()]))
    return [
        error("source_id_invalid", name, 1, "image/source_id is 'good-001.jpg'"),
        error("source_id_invalid", name, 2, "image/source_id is '9223372036854775808'"),
    ]


@damage
def record_twice(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    content, number = data.records(name), data.ids(name)[2]
    data.rewrite(name, [*content[:3], content[2], *content[3:]], told=False)
    message = "it holds 8 records, all whole, and the manifest says 7; is it a shard of another run?"
    same = f"it has the source_id {number} of record 2 of {name}, and the same picture"
    return [error("file_differs", name, ALL, message), error("source_id_repeated", name, 3, same)]


@damage
def records_unsorted(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    content, ids = data.records(name), data.ids(name)
    data.rewrite(name, [*content[:3], content[4], content[3], *content[5:]])
    return [error("source_id_unsorted", name, 4, f"source_id {ids[3]} comes after {ids[4]}")]


@damage
def record_of_another_shard(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 0), data.shard("train", 2)
    moved, *rest = data.records(home)
    number = data.ids(home)[0]
    data.rewrite(home, rest)
    data.rewrite(name, [moved, *data.records(name)])
    return [error("shard_wrong", name, 0, f"source_id {number} belongs to shard 0 of 3")]


@damage
def shards_of_other_numbers(data: Dataset) -> list[Finding]:
    """As of another run: that most of their records belong elsewhere is no news then."""
    one, other = data.shard("train", 0), data.shard("train", 2)
    content = {name: data.records(name) for name in (one, other)}
    data.rewrite(one, content[other][1:], told=False)
    data.rewrite(other, content[one][1:], told=False)
    guess = "is it a shard of another run?"
    return [
        error("file_differs", one, ALL, f"it holds 7 records, all whole, and the manifest says 6; {guess}"),
        error("file_differs", other, ALL, f"it holds 5 records, all whole, and the manifest says 8; {guess}"),
    ]


@damage
def picture_in_two_splits(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 1), data.shard("test", 0)
    copied = data.examples(home)[4]["image/encoded"][0]
    data.put_picture(name, 5, copied)
    return [error("split_leak", name, 5, f"the same picture as record 4 of {home}")]


@damage
def example_in_two_splits(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 0), data.shard("test", 0)
    data.rewrite(name, [*data.records(name)[:1], data.records(home)[1], *data.records(name)[1:]])
    recount = data.manifest.splits["test"].boxes | {}
    kind = data.examples(home)[1]["image/object/class/text"][0].decode()
    data.edit_manifest(lambda tree: tree["splits"]["test"].update(boxes={**recount, kind: recount[kind] + 1}))
    return [error("split_leak", name, 1, f"the same picture as record 1 of {home}")]
