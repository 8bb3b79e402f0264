"""Signals are noted while a job is elsewhere, and left to others before and after."""

import os
import signal
import threading

import pytest

from beam_pipelines.remote_job.interrupts import Interrupts, noted

EVERY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def handlers():
    return [signal.getsignal(number) for number in EVERY]


@pytest.mark.parametrize("number", EVERY)
def test_the_first_is_noted_and_a_second_interrupts(number):
    before, told = handlers(), []
    with noted() as interrupts:
        assert interrupts.number is None
        interrupts.when_noted = lambda: told.append("noted")
        os.kill(os.getpid(), number)
        assert (interrupts.number, told) == (number, ["noted"])
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        interrupts.answered()
        assert interrupts.number is None
        os.kill(os.getpid(), number)
        assert (interrupts.number, told) == (number, ["noted"] * 2)
    assert handlers() == before


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with noted() as interrupts:
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupts.number is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_that_another_took_is_taken_back():
    before = handlers()
    with noted() as interrupts:
        signal.signal(signal.SIGINT, lambda *_: pytest.fail("it was not taken back"))
        interrupts.listen()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.number == signal.SIGINT
    assert handlers() == before


def test_a_thread_beside_the_main_one_can_note_nothing_and_changes_nothing():
    before, seen = handlers(), []

    def run():
        with noted() as interrupts:
            seen.append((type(interrupts), handlers()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert seen == [(Interrupts, before)]
