"""What a person is told of a job that runs elsewhere, and what Ctrl-C does with it."""

import io
import os
import signal
import threading

import pytest
from apache_beam.runners.runner import PipelineState
from rich.console import Console

from beam_pipelines.remote_job import waiting
from beam_pipelines.remote_job.handed_over import HandedOver
from beam_pipelines.remote_job.interrupts import noted


class Result:
    """Beam's handle of a job that goes on until it is told to end."""

    def __init__(self, error=None, stubborn=None):
        self.ended = threading.Event()
        self.state = PipelineState.RUNNING
        self._error, self._stubborn = error, stubborn

    def wait_until_finish(self):
        assert self.ended.wait(20)
        if self._error:
            raise self._error
        return self.state

    def end(self, state=PipelineState.DONE):
        self.state = state
        self.ended.set()

    def cancel(self):
        if self._stubborn:
            raise self._stubborn
        self._error = RuntimeError("cancelled")
        self.end(PipelineState.CANCELLED)


class Job(HandedOver):
    """Has figures, and ends when they are told."""

    texts = ("", "looking at pictures: 64", "looking at pictures: 64", "writing examples: 8")

    def progress(self):
        self.__dict__.setdefault("asked", []).append(1)
        number = len(self.__dict__["asked"])
        if number > len(self.texts):
            self.result.end()
            raise ConnectionError("the cluster does not answer")
        return self.texts[number - 1]


def job_of(result, kind=HandedOver, page="http://cluster:8081"):
    return kind("shardbox-build-1", "FlinkRunner", result, page)


def wait_for(job, written, **screen):
    with noted() as interrupts:
        waiting.wait_for(job, Console(file=written, width=200, **screen), interrupts)


def wait(job, **screen):
    written = io.StringIO()
    wait_for(job, written, **screen)
    return written.getvalue()


def after(seconds, do):
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()


def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)


def test_the_name_and_the_page_are_told():
    result = Result()
    after(0.1, result.end)
    assert wait(job_of(result)) == "job 'shardbox-build-1' runs on FlinkRunner: http://cluster:8081\n"
    after(0.1, (quiet := Result()).end)
    assert wait(job_of(quiet, page="")) == "job 'shardbox-build-1' runs on FlinkRunner\n"


def test_figures_are_told_when_they_are_new(monkeypatch):
    monkeypatch.setattr(waiting, "_LINE_SECONDS", 0.0)
    assert wait(job_of(Result(), Job)).splitlines()[1:] == ["looking at pictures: 64", "writing examples: 8"]


def test_a_terminal_shows_figures_in_one_line(monkeypatch):
    monkeypatch.setattr(waiting, "_STATUS_SECONDS", 0.0)
    shown = wait(job_of(Result(), Job), force_terminal=True)
    assert "waiting for workers" in shown
    assert "writing examples: 8" in shown


def test_a_failure_is_raised_as_it_came():
    result = Result(error := RuntimeError("no slots"))
    after(0.1, lambda: result.end(PipelineState.FAILED))
    with pytest.raises(RuntimeError) as raised:
        wait(job_of(result))
    assert raised.value is error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_where_nobody_can_be_asked_the_job_is_cancelled(number):
    before = signal.getsignal(number)
    result, written = Result(), io.StringIO()
    after(0.3, lambda: interrupt(number))
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(result), written)
    assert result.state == PipelineState.CANCELLED
    assert written.getvalue().splitlines()[1:] == [
        "cancelling job 'shardbox-build-1' …",
        "job 'shardbox-build-1' was cancelled",
    ]
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("answer", ["n", ""])
def test_a_person_may_go_on_waiting(monkeypatch, answer):
    result = Result()

    def asked(_prompt=""):
        after(0.3, result.end)
        return answer

    monkeypatch.setattr("builtins.input", asked)
    after(0.3, interrupt)
    shown = wait(job_of(result), force_terminal=True)
    assert "Cancel the job 'shardbox-build-1' on FlinkRunner?" in shown
    assert result.state == PipelineState.DONE


@pytest.mark.parametrize("answer", ["y", EOFError(), "Ctrl-C"])
def test_a_person_cancels(monkeypatch, answer):
    result, written, times = Result(), io.StringIO(), []

    def asked(_prompt=""):
        times.append(1)
        if answer == "Ctrl-C":
            interrupt()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr("builtins.input", asked)
    after(0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(result), written, force_terminal=True)
    assert result.state == PipelineState.CANCELLED
    assert "job 'shardbox-build-1' was cancelled" in written.getvalue()
    assert len(times) == 1  # also the first Ctrl-C at the question is an answer


def test_two_signals_at_once_cancel_too(monkeypatch):
    monkeypatch.setattr(waiting, "_LOOK_SECONDS", 1.0)
    result, written = Result(), io.StringIO()
    after(0.2, interrupt)
    after(0.4, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(result), written, force_terminal=True)
    assert result.state == PipelineState.CANCELLED
    assert "Cancel the job" not in written.getvalue()
    assert "job 'shardbox-build-1' was cancelled" in written.getvalue()


def test_who_does_not_wait_for_the_cancelling_is_told_that_the_job_may_go_on(monkeypatch):
    written, result = io.StringIO(), Result()
    monkeypatch.setattr(result, "cancel", lambda: after(0.3, interrupt))
    after(0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(result), written)
    result.end()
    assert written.getvalue().splitlines()[1:] == [
        "cancelling job 'shardbox-build-1' …",
        "job 'shardbox-build-1' may go on: see http://cluster:8081",
    ]


def test_a_job_that_does_not_end_is_named(monkeypatch):
    monkeypatch.setattr(waiting, "_CANCEL_SECONDS", 0.3)
    written, result = io.StringIO(), Result()
    monkeypatch.setattr(result, "cancel", lambda: None)
    after(0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(result), written)
    result.end()
    assert written.getvalue().splitlines()[-1] == (
        "job 'shardbox-build-1' was told to end, and has not: see http://cluster:8081"
    )


def test_a_job_that_cannot_be_cancelled_is_named():
    written = io.StringIO()
    after(0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        wait_for(job_of(Result(stubborn=ConnectionError("gone"))), written)
    assert written.getvalue().splitlines()[-1] == (
        "job 'shardbox-build-1' could not be cancelled (ConnectionError) and may go on: see http://cluster:8081"
    )
