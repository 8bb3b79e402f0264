"""Counts that cross processes by small files."""

import pickle
from threading import Thread

from beam_pipelines.progress import STAGES, ProgressMark, read_progress

from .made import contents, put


def test_what_is_flushed_is_seen(tmp_path):
    mark = ProgressMark(str(tmp_path), "examine")
    assert read_progress(str(tmp_path)) == dict.fromkeys(STAGES, 0) == {"examine": 0, "write": 0}
    for _ in range(10):
        mark.add()
    mark.flush()
    assert read_progress(str(tmp_path)) == {"examine": 10, "write": 0}
    mark.add()
    mark.flush()
    assert read_progress(str(tmp_path)) == {"examine": 11, "write": 0}


def test_now_and_then_it_is_seen_by_itself(tmp_path):
    mark = ProgressMark(str(tmp_path), "write")
    for _ in range(1000):
        mark.add()
    assert 900 < read_progress(str(tmp_path))["write"] <= 1000


def test_all_workers_add_up(tmp_path):
    marks = [ProgressMark(str(tmp_path), stage) for stage in ("examine", "examine", "write")]

    def work(mark):
        for _ in range(200):
            mark.add()
        mark.flush()

    threads = [Thread(target=work, args=(mark,)) for mark in marks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_progress(str(tmp_path)) == {"examine": 400, "write": 200}


def test_a_copy_for_another_worker_counts_for_itself(tmp_path):
    mark = ProgressMark(str(tmp_path), "write")
    mark.add()
    mark.flush()
    other = pickle.loads(pickle.dumps(mark))
    other.add()
    other.flush()
    del mark
    assert read_progress(str(tmp_path)) == {"examine": 0, "write": 2}


def test_nobody_watches(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mark = ProgressMark(None, "write")
    for _ in range(100):
        mark.add()
    mark.flush()
    assert list(tmp_path.iterdir()) == []


def test_the_watcher_has_gone(tmp_path):
    mark = ProgressMark(str(tmp_path / "gone"), "write")
    for _ in range(1000):
        mark.add()
    mark.flush()
    assert contents(tmp_path) == {}


def test_other_and_unfinished_files_are_no_counts(tmp_path):
    put(tmp_path, "manifest.json", "x" * 20)
    put(tmp_path, "write-abc", b"\1\0\0")
    assert read_progress(str(tmp_path)) == {"examine": 0, "write": 0}
