"""What Beam would change in a program, and does not."""

import logging
import sys
from types import SimpleNamespace

import apache_beam as beam
import pytest
from apache_beam.runners.portability import local_job_service
from apache_beam.utils import interactive_utils

from beam_pipelines.dataframe.quiet_beam import quiet_beam


def state() -> tuple[object, ...]:
    """What is replaced for a while."""
    return (
        *(logging.root.handlers[:], logging.root.level, local_job_service.SubprocessSdkWorker),
        *(interactive_utils.is_in_ipython, beam.pipeline.is_in_ipython),
    )


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [None, ValueError("x"), KeyboardInterrupt()])
def test_all_is_as_before(error: BaseException | None):
    before = state()
    try:
        with quiet_beam():
            assert state() != before
            logging.root.setLevel(1)
            if error:
                fail(error)
    except (ValueError, KeyboardInterrupt) as raised:
        assert raised is error  # noqa: PT017
    assert state() == before


def test_a_handler_that_the_program_adds_meanwhile_stays():
    mine = logging.NullHandler()
    with quiet_beam():
        logging.root.addHandler(mine)
    assert mine in logging.root.handlers
    logging.root.removeHandler(mine)


def test_whoever_listens_hears(caplog: pytest.LogCaptureFixture):
    with quiet_beam():
        logging.getLogger("apache_beam").warning("listen")
    assert caplog.messages == ["listen"]


def test_nothing_is_logged_where_nobody_listens(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(logging.root, "handlers", [])
    with quiet_beam():
        logging.warning("nobody listens")
    assert logging.root.handlers == []
    assert capsys.readouterr() == ("", "")


def test_a_pipeline_in_ipython_is_not_the_users(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(execution_count=7)))
    assert interactive_utils.is_in_ipython()
    before = set(sys.modules)
    with quiet_beam(), beam.Pipeline() as pipeline:
        made = pipeline | "Make" >> beam.Create([1])
    assert made.producer.full_label.partition("/")[0] == "Make"
    assert not {name for name in set(sys.modules) - before if "interactive" in name}
