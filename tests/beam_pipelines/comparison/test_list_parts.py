"""The list of differences, in parts and merged."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.comparison import list_parts
from beam_pipelines.comparison.differences import Difference, as_json, difference_of
from beam_pipelines.comparison.list_parts import list_line, merge_parts, part_of, write_part

from .made_images import image


def added(name: str, split: str = "train") -> Difference:
    return difference_of(None, image(name, split=split))


def written(folder: Path, parts: list[list[Difference]]) -> list[str]:
    return [write_part(part, str(folder)) for part in parts]


def merged(parts: list[str], folder: Path) -> list[object]:
    return [json.loads(line) for line in merge_parts(parts, str(folder))]


def test_a_line():
    one = added("é\t\n\udce9.jpg")
    name, tree = list_line(one).split(b"\t")
    assert (name, tree[-1:]) == ('"é\\t\\n\\udce9.jpg"'.encode(), b"\n")
    assert (json.loads(name), json.loads(tree)) == ("é\t\n\udce9.jpg", as_json(one))


def test_a_part_is_sorted_by_more_than_names(tmp_path):
    found = [added("b.jpg"), added("a.jpg", "val"), added("a.jpg", "test")]
    first, second = (write_part(iter(found), str(tmp_path)) for _ in range(2))
    assert first != second
    assert Path(first).read_bytes() == b"".join(map(list_line, [found[2], found[1], found[0]]))


@pytest.mark.parametrize("most_open", [2, 3, 64])
def test_parts_are_merged_by_name_in_rounds(tmp_path, monkeypatch, most_open):
    monkeypatch.setattr(list_parts, "_MOST_OPEN", most_open)
    opened: list[str] = []
    numbers = []
    plain = list_parts.FileSystems.open

    @contextmanager
    def watched(path: str, **options: object) -> Iterator[IO[bytes]]:
        opened.append(path)
        numbers.append(len(opened))
        with plain(path, **options) as file:
            yield file
        opened.remove(path)

    monkeypatch.setattr(list_parts.FileSystems, "open", watched)
    names = [f"{number:02}.jpg" for number in range(20)]
    parts = written(tmp_path, [[added(name), added(name, "val")] for name in reversed(names)])
    expected = [as_json(added(name, split)) for name in names for split in ("train", "val")]
    assert merged(parts, tmp_path) == expected
    assert max(numbers) == min(most_open, len(parts))
    assert len(list(tmp_path.iterdir())) <= most_open


def test_nothing_to_merge(tmp_path):
    assert merged([], tmp_path) == []
    assert merged(written(tmp_path, [[added("a.jpg")]]), tmp_path) == [as_json(added("a.jpg"))]


@given(st.text(max_size=5), st.integers(1, 5000))
def test_all_of_one_name_go_to_one_part(name, number):
    part = part_of(added(name), number)
    assert 0 <= part < number
    assert part == part_of(added(name, "val"), number)
