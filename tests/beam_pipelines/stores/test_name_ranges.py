"""Ranges of names: together they hold every name once, and there are enough of them."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.stores import name_ranges
from beam_pipelines.stores.clients import Page
from beam_pipelines.stores.name_ranges import NameRange, find_ranges, names_in

from ..made_sorted_store import SortedStore, set_up

PREFIX = "fake://bucket/pictures/"


def listed(names_below):
    return [list(names_in(PREFIX, names)) for names in names_below]


def store_of(monkeypatch, names, page=1000):
    return set_up(monkeypatch, SortedStore([f"pictures/{name}" for name in names] + ["pictures", "z.jpg"], page))


LETTERS = st.sampled_from("ab01/_é\ud7ff\ue000\U0010ffff")


@given(names=st.sets(st.text(LETTERS, min_size=1, max_size=5), max_size=80), page=st.integers(1, 7))
def test_every_name_is_in_one_range(names, page):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name_ranges, "ENOUGH", 12)
        store_of(patch, names, page)
        assert list(chain(*listed(find_ranges(PREFIX)))) == sorted(PREFIX + name for name in names)


def test_what_fits_on_a_page_is_one_range_and_one_request(monkeypatch):
    store = store_of(monkeypatch, [f"{i:04}.jpg" for i in range(1000)])
    assert find_ranges(PREFIX) == [NameRange()]
    assert len(store.requests) == 1


def test_numbered_pictures_are_dealt_out_evenly(monkeypatch):
    store = store_of(monkeypatch, [f"IMG_{i:09}.jpg" for i in range(40_000)], page=100)
    ranges = find_ranges(PREFIX)
    assert len(store.requests) < 600
    sizes = [len(part) for part in listed(ranges)]
    assert sum(sizes) == 40_000
    assert len(sizes) == 400
    assert max(sizes) == 100
    start = "pictures/IMG_0000"
    assert ranges[:2] == [NameRange("", f"{start}001"), NameRange(f"{start}001", f"{start}002")]


def test_small_branches_are_not_divided(monkeypatch):
    store_of(monkeypatch, ["a1", "a2", *(f"b{i:03}" for i in range(500))], page=10)
    ranges = find_ranges(PREFIX)
    assert ranges[0] == NameRange("", "pictures/b00")
    assert [len(part) for part in listed(ranges)[:3]] == [2, 10, 10]


def test_a_file_that_is_called_like_a_border_is_in_the_range_before(monkeypatch):
    store_of(monkeypatch, ["a", "a1", "a2", "b", "b1"], page=2)
    ranges = find_ranges(PREFIX)
    assert ranges == [NameRange("", "pictures/b"), NameRange("pictures/b", "")]
    assert listed(ranges) == [[f"{PREFIX}{name}" for name in part] for part in (["a", "a1", "a2", "b"], ["b1"])]


def test_a_folder_of_many_alphabets_costs_no_request_for_each_letter(monkeypatch):
    names = [chr(0x4E00 + i) for i in range(5000)]
    store = store_of(monkeypatch, names, page=2)
    assert sum(map(len, listed(find_ranges(PREFIX)))) == 5000
    assert len({prefix for prefix, _ in store.requests}) < 200


def test_a_store_that_lists_out_of_order_is_not_trusted(monkeypatch):
    store = store_of(monkeypatch, ["a"])
    pages = iter([Page(["pictures/c"], more=True), Page(["pictures/b"], more=False)])
    store.page = lambda prefix, after: next(pages)
    with pytest.raises(OSError, match="the store lists out of order: 'pictures/b' after 'pictures/c'"):
        list(names_in(PREFIX, NameRange()))


def test_without_a_listing_from_any_name_on_there_are_no_ranges(monkeypatch):
    store = store_of(monkeypatch, ["a"])
    monkeypatch.setattr(store, "lister", lambda _: None)
    assert find_ranges(PREFIX) == []
    assert find_ranges("other://bucket/pictures/") == []
