"""What a launcher of flex templates wants of the program that it starts: the job in a file, and no waiting.

The launcher gives `--template_location`, reads the job there when the program has ended, and hands it to Dataflow.
"""

from collections.abc import Sequence

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from beam_pipelines.building import describe_job
from beam_pipelines.command_line.options import BuildOptions
from beam_pipelines.inputs import find_inputs
from beam_pipelines.output_folder import inspect_output
from beam_pipelines.running import choose_runner, make_pipeline
from presentation.refusals import UsageError


def template_location(flags: Sequence[str]) -> str | None:
    """Returns where a launcher expects the job; None if there is no launcher.

    Args:
        flags: for Beam.
    """
    location: str | None = PipelineOptions(list(flags)).view_as(GoogleCloudOptions).template_location
    return location


def leave_job(options: BuildOptions) -> None:
    """Writes the job to `--template_location`, with all that its workers need beside it, and runs nothing.

    Raises:
        UsageError: with a sentence for a person, if the job cannot be as asked.
    """
    if options.dry_run:
        raise UsageError("--dry_run waits for what the job finds out, and --template_location for no job: drop one")
    inputs = find_inputs(options)
    predecessor = inspect_output(options.output, options.overwrite)
    pipeline = make_pipeline(PipelineOptions(list(choose_runner(options.beam, None))))
    pipeline | "Build" >> describe_job(options, inputs, predecessor, None)
    pipeline.run()
