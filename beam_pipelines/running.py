"""How the job is run: on which runner, and what becomes of a run that fails."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, StandardOptions
from apache_beam.runners import create_runner
from rich.console import Console

from beam_pipelines.command_line.beam_flags import full_name
from beam_pipelines.failures import DatasetError, sentence_of
from beam_pipelines.file_names import is_remote
from beam_pipelines.garbage import searched_rarely
from beam_pipelines.output_folder import remove_folder, remove_if_empty, swap_began
from beam_pipelines.remote_job.endpoints import check_endpoints
from beam_pipelines.remote_job.handed_over import HandedOver, hand_over, name_job
from beam_pipelines.remote_job.interrupts import Interrupts, noted
from beam_pipelines.remote_job.job_servers import sheltered_from_ctrl_c
from beam_pipelines.remote_job.log_lines import LogLines
from beam_pipelines.remote_job.waiting import wait_for
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from presentation.terminal import say

_MANY = 20_000
"""Images from which a second process pays for its start."""
_MOST_PROCESSES = 8
_RUNNERS = ("DirectRunner", "FlinkRunner", "DataflowRunner", "PrismRunner", "SparkRunner", "PortableRunner")
_LOCAL = ("directrunner", "fnapirunner", "bundlebaseddirectrunner")


def choose_runner(given: Sequence[str], images: int | None) -> tuple[str, ...]:
    """Returns the flags for Beam: those given, and a local default where they name no runner.

    Args:
        given: flags that the command did not know itself.
        images: how many there are; None if they are not on this machine.

    Raises:
        UsageError: if the runner named is none, or not to be trusted with data.
    """
    runner = _runner_in(given)
    if runner is not None:
        _check_runner(runner)
        return tuple(given)
    # Without this flag Beam would first try Prism, a program that it downloads.
    flags = [*given, "--runner=DirectRunner", "--allow_unsafe_triggers"]
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    untouched = not any(flag.startswith(("--direct_running_mode", "--direct_num_workers")) for flag in given)
    if untouched and processes > 1 and (images is None or images >= _MANY):
        flags += ["--direct_running_mode=multi_processing", f"--direct_num_workers={processes}"]
    return tuple(flags)


def _check_runner(name: str) -> None:
    if "dask" in name.lower():
        raise UsageError(f"--runner '{name}' computes only a part of a job like this one, and says nothing of it")
    try:
        create_runner(name)
    except ValueError:
        raise UsageError(f"--runner '{name}' is not known to Beam{did_you_mean(name, _RUNNERS)}") from None


def is_local(flags: Sequence[str]) -> bool:
    """Returns whether the flags let the job run in processes of this machine that can be watched."""
    return full_name(_runner_in(flags) or "") in _LOCAL


def _runner_in(flags: Sequence[str]) -> str | None:
    runner: str | None = PipelineOptions(list(flags)).view_as(StandardOptions).runner
    return runner


def run_pipeline(
    job: beam.PTransform, flags: Sequence[str], screen: Console | None = None, purpose: str = "job"
) -> None:
    """Runs the job to its end.

    Args:
        job: the whole graph.
        flags: for Beam, which name a runner.
        screen: for what a person is told of a job that runs elsewhere; None for nothing.
        purpose: the command, for the name of such a job.

    Raises:
        UsageError: the runner needs what was not given, or is not there.
        DatasetError: with a sentence for a person, where the cause is known.
        RuntimeError: as the runner raised it, otherwise.
    """
    options = PipelineOptions(list(flags))
    elsewhere = not is_local(flags)
    if elsewhere:
        check_endpoints(options)
        name_job(options, purpose)
    pipeline = make_pipeline(options)
    pipeline | "Build" >> job
    try:
        with searched_rarely():
            if elsewhere:
                _run_elsewhere(pipeline, options, screen or Console(quiet=True))
            else:
                pipeline.run().wait_until_finish()
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise DatasetError(sentence) from error


def make_pipeline(options: PipelineOptions) -> beam.Pipeline:
    """Returns an empty pipeline.

    Raises:
        UsageError: the runner needs what was not given.
    """
    try:
        return beam.Pipeline(options=options)
    except ValueError as error:  # of Beam's validators: what a runner needs and was not given
        reasons = str(error).removeprefix("Pipeline has validations errors:").split("\n")
        raise UsageError("; ".join(reason.strip().rstrip(".") for reason in reasons if reason.strip())) from None


def check_reach(flags: Sequence[str], places: Mapping[str, Sequence[str]]) -> None:
    """Refuses files of this machine's disks for a runner whose workers can have no part in them.

    Args:
        flags: for Beam, which name a runner.
        places: flag → the paths or patterns that it was given.

    Raises:
        UsageError: quoting the first.
    """
    if full_name(_runner_in(flags) or "") != "dataflowrunner":
        return
    for flag, paths in places.items():
        for path in paths:
            if not is_remote(path):
                raise UsageError(
                    f"{flag} '{path}' is on a disk of this machine, which Dataflow's workers do not see: "
                    "copy it to a bucket, and give gs://BUCKET/…"
                )


def _run_elsewhere(pipeline: beam.Pipeline, options: PipelineOptions, screen: Console) -> None:
    screen.file = screen.file  # the one of now, also while another takes the place of sys.stderr
    # Workers in threads of this process print there what the runner tells, too.
    with redirect_stderr(LogLines()), noted() as interrupts:
        job = _handed_over(pipeline, options, screen, interrupts)
        wait_for(job, screen, interrupts)


def _handed_over(
    pipeline: beam.Pipeline, options: PipelineOptions, screen: Console, interrupts: Interrupts
) -> HandedOver:
    """Starts a job. A signal meanwhile is answered once the runner has it: only then it can be cancelled."""
    name = options.view_as(GoogleCloudOptions).job_name
    first = f"handing job '{name}' over first; Ctrl-C again leaves at once"
    interrupts.when_noted = lambda: say(screen, first)
    try:
        with sheltered_from_ctrl_c():
            return hand_over(pipeline.run(), options)
    except BaseException:
        if interrupts.number is None:
            raise
        say(screen, f"job '{name}' was perhaps handed over, and may go on")
        raise KeyboardInterrupt from None
    finally:
        interrupts.when_noted = None
        interrupts.listen()  # Beam takes Ctrl-C for itself where it starts a job server


@contextmanager
def cleaned_up(temp: str, made: str | None) -> Iterator[None]:
    """Removes a run's temporary folder if the run fails before it has begun to replace anything.

    Args:
        temp: the temporary folder.
        made: the folder around it, if this run has made it: it goes too if it is empty.
    """
    try:
        yield
    except BaseException:
        if not swap_began(temp):
            remove_folder(temp)
            if made is not None:
                remove_if_empty(made)
        raise
