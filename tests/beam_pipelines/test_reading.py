"""Reading whole files, and which failures are those of the file."""

import errno
import os

import pytest

from beam_pipelines.reading import ReadFailure, read_file, read_record
from beam_pipelines.records import RecordError

from .made import put


def test_a_file_is_read_whole(tmp_path, monkeypatch):
    content = bytes(range(256)) * 40
    path = str(put(tmp_path, "a.bin", content))
    assert read_file(path) == content
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 1000)))
    assert read_file(path) == content


def test_a_named_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert read_file(str(tmp_path / "pipe")) == b""


def test_a_file_that_is_not_there_is_rejected(tmp_path):
    with pytest.raises(RecordError) as failure:
        read_record(str(tmp_path / "a.jpg"), "image_unreadable")
    assert (failure.value.code, failure.value.message) == (
        "image_unreadable",
        "cannot be read: No such file or directory",
    )


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.ESTALE, errno.ETIMEDOUT])
def test_what_may_pass_is_for_the_runner_to_try_again(tmp_path, monkeypatch, number):
    def fail(path, flags):
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(ReadFailure, match=os.strerror(number)):
        read_record(str(tmp_path / "a.jpg"), "image_unreadable")


def test_no_failure_of_a_remote_store_is_that_of_the_file():
    with pytest.raises(ReadFailure, match=r"nowhere://a/b\.jpg"):
        read_record("nowhere://a/b.jpg", "image_unreadable")
