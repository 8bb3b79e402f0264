"""`shardbox build`: annotations or rows, and images, become a finished dataset."""

import argparse
from collections.abc import Sequence

from rich.console import Console

from beam_pipelines.building import build
from beam_pipelines.command_line.flags import add_build_flags
from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.flex_template.launching import leave_job, template_location

EXAMPLE = """examples:
  shardbox build --annotations 'voc/Annotations/*.xml' --images voc/JPEGImages \\
      --output out --splits train=0.8,validation=0.1,test=0.1
  shardbox build --rows boxes.csv --columns image=path,label=classes --images pictures --output out

Every option of Apache Beam is passed on, such as --runner or --direct_num_workers.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    add_build_flags(parser)


def run(given: Sequence[str], screen: Console, progress_screen: Console) -> None:
    """Builds the dataset that the command line after `build` asks for.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    options = parse_build_options(given)
    if location := template_location(options.beam):
        leave_job(options)
        screen.print(f"The job is in '{location}', for a launcher of Dataflow to start.", markup=False)
    else:
        build(options, screen, progress_screen)
