"""`shardbox-train benchmark_input`: a dataset → how many images a second can be read from it."""

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import readable_size
from trainer.configuration import add_settings_flags, settings_from
from trainer.settings import Settings

if TYPE_CHECKING:
    from trainer.input_pipeline.measuring import Rate

EXAMPLE = """examples:
  shardbox-train benchmark_input --data out
  shardbox-train benchmark_input --data out --split validation --seconds 30 --set input.image_size=640

Measured are the decoder of pictures alone, the decoder with scaling to the square and batching, and the pipeline that
trains, without and with augmentation, from the files (pipeline) and from decoded pictures in memory (input.cache).
Each is measured three times, in turn; shown are the best images/s and the least processor time of an image, and how
the images/s compare with those of the first two lines.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("--data", required=True, metavar="DIR", help="the dataset that `shardbox build` wrote")
    parser.add_argument("--split", metavar="NAME", help="read this split (default: training.split)")
    parser.add_argument(
        "--seconds", default="10", metavar="N", help="for each way of reading, three rounds together (default: 10)"
    )
    add_settings_flags(parser)


def run(values: argparse.Namespace, screen: Console) -> None:
    """Measures, and prints a table.

    Raises:
        UsageError, TrainingError: with a sentence for a person.
    """
    seconds = _seconds(values.seconds)
    settings = settings_from(values)
    if values.split:
        training = settings.training.model_copy(update={"split": values.split})
        settings = settings.model_copy(update={"training": training})
    from trainer.dataset_folder import open_dataset  # noqa: PLC0415 (TensorFlow takes seconds to load)
    from trainer.input_pipeline.caching import cache_bytes  # noqa: PLC0415
    from trainer.input_pipeline.measuring import measure_input  # noqa: PLC0415

    dataset = open_dataset(values.data, lambda line: say(screen, line))
    memory = cache_bytes(dataset, settings)
    say(screen, _what(settings, dataset.split(settings.training.split).images))
    with screen.status(f"measuring, {seconds:g} s for each line of the table"):
        rates = list(measure_input(dataset, settings, seconds))
    screen.print(_table(rates))
    if not any(rate.name.startswith("memory") for rate in rates):
        say(screen, f"not measured from memory: the pictures would take {readable_size(memory)} of it")


def _what(settings: Settings, images: int) -> str:
    told = settings.input
    return (
        f"{images:,} images of split {settings.training.split} at {told.image_size} px ({told.resize}), "
        f"batches of {told.batch_size}"
    )


def _table(rates: Sequence["Rate"]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("what")
    for header in ("images/s", "CPU ms", "of decode", "and scale"):
        table.add_column(header, justify="right")
    for rate in rates:
        shares = [f"{rate.images / bare.images:.2f}" for bare in rates[:2]]
        table.add_row(rate.name, f"{rate.images:,.0f}", f"{rate.milliseconds:.2f}", *shares)
    return table


def _seconds(text: str) -> float:
    """Parses --seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 3600:
        raise UsageError(f"--seconds {text}: a number above 0, up to 3600, is wanted")
    return seconds
