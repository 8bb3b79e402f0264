"""The log of a run."""

import os
import tempfile

from presentation.run_log import Log


def test_what_is_said_after_the_end_reaches_no_other_file(tmp_path):
    log = Log()
    log.write("before")
    log.kept = True
    log.close()
    with open(tmp_path / "another", "wb") as other:  # which takes the number of the closed one
        log.write("after")
        log.close()
        other.write(b"own")
    assert (tmp_path / "another").read_bytes() == b"own"
    with open(log.name, "rb") as file:
        assert file.read() == b"before"
    os.unlink(log.name)


def test_it_goes_unless_it_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    log = Log()
    assert os.listdir(tmp_path) == [os.path.basename(log.name)]
    log.close()
    assert os.listdir(tmp_path) == []
