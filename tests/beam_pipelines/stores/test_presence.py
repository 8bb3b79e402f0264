"""Which files are there."""

import pytest
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.stores.presence import exists, present, sizes_below

from ..made import put


def test_files_of_a_store_and_of_the_disk(tmp_path):
    put(tmp_path, "a/b.txt", "four")
    put(tmp_path, "a/c/d.txt", "")
    put(tmp_path, "ab.txt")
    for start in ("fake://", ""):
        there = {f"{start}{tmp_path}/a/{name}" for name in ("b.txt", "c/d.txt")}
        assert present(f"{start}{tmp_path}/a", [*there, f"{start}{tmp_path}/a/e"]) == there
        assert present(f"{start}{tmp_path}/a", []) == set()
        assert [exists(path) for path in (*there, f"{start}{tmp_path}/a/e")] == [True, True, False]
    assert sizes_below(f"fake://{tmp_path}/a/") == {"b.txt": 4, "c/d.txt": 0}


@pytest.mark.parametrize(("status", "answer"), [(404, False), (403, None)])
def test_a_failure_that_means_no(monkeypatch, status, answer):
    """Of Azure, Beam's function fails for a file that is not there."""
    cause = Exception("said no")
    cause.code = status

    def fail(path):
        raise BeamIOError("exists failed", {path: cause})

    monkeypatch.setattr(FileSystems, "exists", fail)
    if answer is None:
        with pytest.raises(BeamIOError):
            exists("fake://a")
    else:
        assert exists("fake://a") is answer
