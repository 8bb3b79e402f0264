"""Values of a manifest, and how a complaint shows them."""

import pytest

from data_contract.manifest_fields import Field, ManifestError


def test_a_path_grows_with_every_step():
    root = Field({"splits": {"train": {"shards": [{"bytes": 7}, {"bytes": 8}]}}})
    shards = list(root["splits"]["train"]["shards"].items())
    assert [shard["bytes"] for shard in shards] == [
        Field(7, "splits.train.shards[0].bytes"),
        Field(8, "splits.train.shards[1].bytes"),
    ]


def test_fields_whose_names_are_data():
    assert list(Field({"b": 1, "a": 2}, "seen").fields()) == [("b", Field(1, "seen.b")), ("a", Field(2, "seen.a"))]
    assert Field({"b": 1, "a": 2}, "seen").counts() == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": 1}, "an object"),
        ([1], "an array"),
        (False, "false"),
        ("猫" * 100, '"' + "猫" * 76 + "..."),
        ("x" * 78, '"' + "x" * 78 + '"'),
    ],
)
def test_a_wrong_value_is_shown_in_short(value: object, shown: str):
    with pytest.raises(ManifestError) as caught:
        Field(value, "here").integer()
    assert str(caught.value) == f"here is {shown}: expected a whole number."
