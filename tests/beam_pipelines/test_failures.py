"""Sentences for a person, found again in whatever a runner makes of an exception."""

import pickle
import traceback

import apache_beam as beam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.failures import DatasetError, first_cause, sentence_of

from .made import pipeline_here

SENTENCE = "class 'a\"b' \\ naïve café:\n  two lines, [brackets] and 'quotes'"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_sentence_travels_as_text(sentence):
    error = DatasetError(sentence)
    assert sentence_of(error) == sentence
    assert (
        sentence_of(RuntimeError(f"Traceback (most recent call last):\n x.DatasetError: {error}\n\nmore")) == sentence
    )
    assert sentence_of(RuntimeError(str(RuntimeError(f"{error} [while running 'Plan']")))) == sentence


def test_a_sentence_travels_by_pickle():
    again = pickle.loads(pickle.dumps(DatasetError(SENTENCE)))
    assert (again.sentence, str(again)) == (SENTENCE, str(DatasetError(SENTENCE)))


def test_steps_that_beam_adds_are_taken_away():
    steps = " [while running 'Build/Plan or refuse'] [while running 'Build']"
    assert sentence_of(DatasetError(SENTENCE + steps)) == SENTENCE
    assert sentence_of(RuntimeError(f"x {DatasetError(SENTENCE + steps)} y")) == SENTENCE


@pytest.mark.parametrize("runner", ["FnApiRunner", "BundleBasedDirectRunner"])
def test_a_sentence_comes_through_a_runner(runner):
    def refuse(_):
        raise DatasetError(SENTENCE)

    with pytest.raises(Exception) as raised, pipeline_here(runner) as pipeline:  # noqa: PT011 (any that a runner takes)
        pipeline | beam.Create([1]) | "Plan or refuse" >> beam.Map(refuse)
    assert sentence_of(raised.value) == SENTENCE


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device"), "The disk is full: free some space and run the same command again."),
        (
            RuntimeError("x\nOSError: [Errno 122] Disk quota exceeded"),
            "The disk quota is used up: free some space, then run the command again.",
        ),
        (
            RuntimeError("Traceback\n  PermissionError: [Errno 13] Permission denied: '/x'\nRuntimeError: y"),
            "A file or folder may not be read or written: PermissionError: [Errno 13] Permission denied: '/x'",
        ),
        (RuntimeError("MemoryError"), "The machine ran out of memory: MemoryError"),
        (
            OSError(24, "Too many open files"),
            "Too many open files: raise the limit with `ulimit -n`.",
        ),
        (
            RuntimeError("x\nCaused by: org.NoResourceAvailableException: Could not acquire the minimum"),
            "The cluster has fewer free task slots than the job wants: lower --parallelism, or free some of them.",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "java"),
            "A program that the runner needs is not installed (docs/runners.md tells what each wants): "
            "[Errno 2] No such file or directory: 'java'",
        ),
        (
            RuntimeError(
                '<_R of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "Socket closed"\n>'
            ),
            "The program to which the job was handed over is not there any more, and the job perhaps not either: "
            "Socket closed",
        ),
        (
            RuntimeError("Unable to fetch remote prism binary at https://x.org/prism.zip: no such name"),
            "The runner's program cannot be fetched: name one that is on this machine with --flink_job_server_jar or "
            "--prism_location (docs/runners.md tells how to make them): "
            "Unable to fetch remote prism binary at https://x.org/prism.zip: no such name",
        ),
        (RuntimeError("ValueError: x\n<_R of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE"), None),
        (RuntimeError("Errno 130"), None),
        (RuntimeError("division by zero"), None),
        (KeyError("x"), None),
    ],
)
def test_well_known_causes(error, sentence):
    assert sentence_of(error) == sentence


def test_the_first_cause_of_a_wrapped_traceback():
    try:
        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError:
        text = traceback.format_exc()
    assert first_cause(text) == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "no reason given"),
        (" \n ", "no reason given"),
        ("one\ntwo\n", "two"),
        ("  lxml.etree.XMLSyntaxError: x\nValueError: y", "lxml.etree.XMLSyntaxError: x"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("Dataflow pipeline failed. State: FAILED, Error:\nNone", "Dataflow pipeline failed. State: FAILED, Error:"),
        ("An Error in a sentence\nlast", "last"),
        (
            '<_R of RPC that ended with:\n\tstatus = StatusCode.X\n\tdetails = "it is gone"\n\tdebug = "y"\n>',
            "it is gone",
        ),
        (
            "job failed: java.lang.RuntimeException: Error received: Traceback (most recent call last):\n"
            "  File x\nRuntimeError: Traceback (most recent call last):\nValueError: y\n\tat org.apache.X\n"
            "java.util.concurrent.ExecutionException: z",
            "ValueError: y",
        ),
        (
            "job failed: x\njava.util.concurrent.CompletionException: a\n\tat org.y\nCaused by: java.lang.E: b\n"
            "\t... 3 more\nCaused by: java.io.IOException: no room\n\tat org.z",
            "java.io.IOException: no room",
        ),
    ],
)
def test_first_causes(text, cause):
    assert first_cause(text) == cause
