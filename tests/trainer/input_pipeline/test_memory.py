"""How much memory is free."""

from pathlib import Path

import pytest

from trainer.input_pipeline import memory

TEXTS = {
    "/proc/meminfo": "MemTotal: 1000 kB\nMemFree: 5 kB\nMemAvailable:     700 kB\n",
    "/sys/fs/cgroup/memory.max": "500000\n",
    "/sys/fs/cgroup/memory.current": "200000\n",
}


@pytest.fixture
def machine(monkeypatch):
    texts = dict(TEXTS)

    def read_text(path, encoding=None):
        if str(path) not in texts:
            raise FileNotFoundError(path)
        return texts[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)
    return texts


def test_what_a_container_allows(machine):
    assert memory.free_memory() == 300_000


@pytest.mark.parametrize("limit", ["max\n", "900000000\n", None])
def test_what_a_machine_has(machine, limit):
    if limit is None:
        del machine["/sys/fs/cgroup/memory.max"]
    else:
        machine["/sys/fs/cgroup/memory.max"] = limit
    assert memory.free_memory() == 700 * 1024


def test_half_of_a_machine_that_does_not_tell(machine, monkeypatch):
    machine.clear()
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert memory.free_memory() == 500 * 4096
