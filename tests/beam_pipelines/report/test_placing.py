"""A page that takes the place of another."""

import os

import pytest

from beam_pipelines.report.placing import place

from ..made import contents, put


def test_a_page_takes_the_place_of_another(tmp_path):
    place("new", str(tmp_path / "a/b/page.html"))
    place("newer é", str(tmp_path / "a/b/page.html"))
    assert contents(tmp_path) == {"a/b/page.html": "newer é".encode()}


def test_a_page_that_cannot_be_placed_leaves_the_old_one(tmp_path, monkeypatch):
    put(tmp_path, "page.html", "old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        place("new", str(tmp_path / "page.html"))
    assert contents(tmp_path) == {"page.html": b"old"}
