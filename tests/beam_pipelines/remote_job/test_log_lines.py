"""A text file whose lines go to the log."""

import logging

from beam_pipelines.remote_job.log_lines import LogLines


def test_what_is_printed_is_logged(caplog):
    caplog.set_level(logging.INFO)
    print("Traceback\n  File x", file=LogLines())
    print("", file=LogLines())
    assert [record.getMessage() for record in caplog.records] == ["Traceback\n  File x"]
