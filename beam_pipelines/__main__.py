"""`shardbox` and `python -m beam_pipelines`."""

import sys

from presentation.signals import end_silently_on_ctrl_c


def command() -> None:
    """Runs the command in a process of its own."""
    end_silently_on_ctrl_c()
    from beam_pipelines.cli import main  # noqa: PLC0415

    sys.exit(main())


if __name__ == "__main__":
    command()
