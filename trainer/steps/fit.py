"""`shardbox-train fit`: a dataset → a trained detector."""

import argparse

from rich.console import Console

from presentation.terminal import say
from trainer.configuration import add_settings_flags, settings_from

EXAMPLE = """
example:
  shardbox-train fit --data out --model_dir runs/first --config configs/training/small.yaml --set training.steps=2000

The same command goes on with a run that was stopped, exactly as if it had not been.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of `shardbox-train fit`."""
    parser.add_argument("--data", required=True, metavar="DIR", help="the dataset that `shardbox build` wrote")
    parser.add_argument(
        "--model_dir", required=True, metavar="DIR", help="folder of the run; new, or of a run to go on with"
    )
    parser.add_argument("--restart", action="store_true", help="begin the run in --model_dir anew")
    add_settings_flags(parser)


def run(values: argparse.Namespace, screen: Console) -> None:
    """Trains, and tells what came out."""
    settings = settings_from(values)
    from trainer.training.fitting import fit  # noqa: PLC0415 (TensorFlow takes seconds to load)

    fitted = fit(values.data, values.model_dir, settings, screen, values.restart)
    best = fitted.best
    if best:
        say(screen, f"best: mAP {best['mAP']:.3f} on {best['split']}, at step {best['step']:,}")
    say(screen, f"{fitted.steps:,} steps in {values.model_dir}, {fitted.seconds:,.0f} s")
    say(screen, f"next: shardbox-train evaluate --data {values.data} --model_dir {values.model_dir}")
