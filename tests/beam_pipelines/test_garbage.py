"""How often Python looks for reference cycles."""

import gc

import pytest

from beam_pipelines.garbage import search_rarely, searched_rarely


@pytest.fixture(autouse=True)
def _restored():
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_a_process_searches_rarely_and_not_among_what_it_has():
    search_rarely()
    assert gc.get_threshold() == (50_000, 20, 100)
    assert gc.get_freeze_count() > 1000
    assert gc.isenabled()


def test_a_users_own_settings_come_back():
    gc.set_threshold(123, 4, 5)
    with searched_rarely():
        assert gc.get_threshold() == (50_000, 20, 100)
    assert (gc.get_threshold(), gc.get_freeze_count()) == ((123, 4, 5), 0)
