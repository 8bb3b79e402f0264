"""On which runner a job runs, and what is left of one that fails."""

import io
import os
import signal
import threading

import apache_beam as beam
import pytest
from apache_beam.runners.runner import PipelineState
from rich.console import Console

from beam_pipelines.failures import DatasetError
from beam_pipelines.running import check_reach, choose_runner, cleaned_up, is_local, run_pipeline
from presentation.refusals import UsageError

from .made import contents, put

ONE_PROCESS = ("--runner=DirectRunner", "--allow_unsafe_triggers")
HERE = ("--runner=BundleBasedDirectRunner",)


@pytest.fixture(autouse=True)
def cores(monkeypatch):
    """Sets the number of processor cores."""

    def have(number):
        monkeypatch.setattr(os, "cpu_count", lambda: number)

    have(4)
    return have


def processes(number):
    return (*ONE_PROCESS, "--direct_running_mode=multi_processing", f"--direct_num_workers={number}")


@pytest.mark.parametrize(
    ("images", "flags"),
    [(0, ONE_PROCESS), (19_999, ONE_PROCESS), (20_000, processes(4)), (10**8, processes(4)), (None, processes(4))],
)
def test_the_size_decides(images, flags):
    assert choose_runner((), images) == flags


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Dirctrunner", "--runner 'Dirctrunner' is not known to Beam; did you mean DirectRunner?"),
        ("Kubernetes", "--runner 'Kubernetes' is not known to Beam"),
        ("DaskRunner", "--runner 'DaskRunner' computes only a part of a job like this one, and says nothing of it"),
    ],
)
def test_a_wrong_runner_is_refused(name, sentence):
    with pytest.raises(UsageError) as refusal:
        choose_runner((f"--runner={name}",), 10)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("number", "flags"), [(1, ONE_PROCESS), (None, ONE_PROCESS), (2, processes(2)), (64, processes(8))]
)
def test_the_machine_decides(cores, number, flags):
    cores(number)
    assert choose_runner((), 50_000) == flags


@pytest.mark.parametrize(
    "given",
    [("--runner=FlinkRunner", "--flink_master=x"), ("--runner", "DirectRunner"), ("--runner=PrismRunner",)],
)
def test_a_runner_that_was_given_is_taken(given):
    assert choose_runner(given, 50_000) == given


@pytest.mark.parametrize("given", [("--direct_num_workers=1",), ("--direct_running_mode", "multi_threading")])
def test_a_mode_that_was_given_is_taken(given):
    assert choose_runner(given, 50_000) == (*given, *ONE_PROCESS)


def test_other_flags_stay():
    assert choose_runner(("--temp_location=/x",), 50_000) == ("--temp_location=/x", *processes(4))


@pytest.mark.parametrize(
    ("flags", "local"),
    [
        (ONE_PROCESS, True),
        (("--runner", "FnApiRunner"), True),
        (HERE, True),
        (("--runner=direct",), True),
        (("--runner=apache_beam.runners.direct.direct_runner.DirectRunner",), True),
        (("--runner=FlinkRunner",), False),
        (("--runner=DataflowRunner",), False),
    ],
)
def test_what_can_be_watched(flags, local):
    assert is_local(flags) is local


def test_what_a_runner_lacks_is_a_wrong_command():
    with pytest.raises(UsageError, match=r"^Invalid GCS bucket .*; Missing required option: project$"):
        run_pipeline(Job(str), ("--runner=DataflowRunner", "--temp_location=gs://b/t", "--region=europe-west1"))


def test_a_disk_of_this_machine_is_out_of_dataflows_reach():
    places = {"--images": ("gs://bucket/a", "pictures/*.jpg"), "--output": ("out",)}
    check_reach(("--runner=FlinkRunner",), places)
    check_reach((), places)
    check_reach(("--runner=DataflowRunner",), {"--output": ("gs://bucket/a",)})
    with pytest.raises(UsageError) as refused:
        check_reach(("--runner=DataflowRunner",), places)
    assert str(refused.value) == (
        "--images 'pictures/*.jpg' is on a disk of this machine, which Dataflow's workers do not see: "
        "copy it to a bucket, and give gs://BUCKET/…"
    )


class Job(beam.PTransform):
    """Calls a function once."""

    def __init__(self, function):
        super().__init__()
        self._function = function

    def expand(self, pipeline):
        return pipeline | beam.Create(["x"]) | "Plan or refuse" >> beam.Map(self._function)


def raising(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize("flags", [HERE, ONE_PROCESS])
def test_a_job_that_ends(tmp_path, flags):
    run_pipeline(Job(lambda name: str(put(tmp_path, name))), flags)
    assert contents(tmp_path) == {"x": b"x"}


@pytest.mark.parametrize("flags", [HERE, ONE_PROCESS])
def test_a_job_that_fails_with_a_sentence(flags):
    with pytest.raises(DatasetError) as refused:
        run_pipeline(Job(raising(DatasetError("1 class is 'new'"))), flags)
    assert refused.value.sentence == "1 class is 'new'"
    with pytest.raises(DatasetError) as refused:
        run_pipeline(Job(raising(OSError(28, "No space left on device"))), flags)
    assert refused.value.sentence == "The disk is full: free some space and run the same command again."


@pytest.mark.parametrize("flags", [HERE, ONE_PROCESS])
def test_a_job_that_fails_for_no_known_reason(flags):
    with pytest.raises(Exception, match="what is this") as raised:
        run_pipeline(Job(raising(ValueError("what is this"))), flags)
    assert not isinstance(raised.value, DatasetError)


class Started:
    """Beam's handle of a job that goes on until it is cancelled."""

    def __init__(self):
        self.state = PipelineState.RUNNING
        self._ended = threading.Event()

    def wait_until_finish(self):
        assert self._ended.wait(20)

    def cancel(self):
        self.state = PipelineState.CANCELLED
        self._ended.set()


@pytest.fixture
def handed_over(monkeypatch):
    """Hands a job over in a way of the test's own, and returns what is said until an interrupt ends it."""

    def hand_over(start):
        monkeypatch.setattr(beam.Pipeline, "run", lambda _: start())
        said = io.StringIO()
        with pytest.raises(KeyboardInterrupt):
            run_pipeline(
                Job(str),
                ("--runner=PortableRunner", "--job_endpoint=embed", "--job_name=nightly"),
                Console(file=said, width=200),
            )
        return said.getvalue().splitlines()

    return hand_over


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


FIRST = "handing job 'nightly' over first; Ctrl-C again leaves at once"


def test_a_job_that_is_interrupted_while_it_is_handed_over_is_cancelled(handed_over):
    job = Started()

    def start():
        interrupt()
        # As Beam does once it has started a job server.
        signal.signal(signal.SIGINT, lambda *_: pytest.fail("Ctrl-C was left to Beam"))
        return job

    assert handed_over(start) == [
        FIRST,
        "job 'nightly' runs on PortableRunner",
        "cancelling job 'nightly' …",
        "job 'nightly' was cancelled",
    ]
    assert job.state == PipelineState.CANCELLED


@pytest.mark.parametrize("then", [interrupt, raising(ConnectionError("the job server has gone"))])
def test_a_job_of_which_nothing_is_known_after_an_interrupt_is_named(handed_over, then):
    def start():
        interrupt()
        then()

    assert handed_over(start) == [FIRST, "job 'nightly' was perhaps handed over, and may go on"]


@pytest.fixture
def temp(tmp_path):
    put(tmp_path, "out/temp/train/00000-x")
    return tmp_path / "out/temp"


@pytest.mark.parametrize("error", [DatasetError("x"), KeyboardInterrupt()])
@pytest.mark.parametrize("made", [True, False])
def test_a_run_that_fails_leaves_nothing(temp, error, made):
    with pytest.raises(type(error)), cleaned_up(str(temp), str(temp.parent) if made else None):
        raise error
    assert temp.parent.exists() is not made
    assert not temp.exists()


def test_a_folder_that_holds_something_stays(temp):
    put(temp.parent, "notes.txt")
    with pytest.raises(ValueError, match="x"), cleaned_up(str(temp), str(temp.parent)):
        raise ValueError("x")
    assert contents(temp.parent) == {"notes.txt": b"x"}


def test_a_run_that_has_begun_to_replace_leaves_its_notes(temp):
    put(temp, "finish.json", "[]")
    before = contents(temp)
    with pytest.raises(ValueError, match="x"), cleaned_up(str(temp), str(temp.parent)):
        raise ValueError("x")
    assert contents(temp) == before


def test_a_run_that_ends_keeps_all(temp):
    with cleaned_up(str(temp), str(temp.parent)):
        pass
    assert contents(temp) == {"train/00000-x": b"x"}
