"""`shardbox-train` and `python -m trainer`."""

import sys

from presentation.signals import end_silently_on_ctrl_c


def command() -> None:
    """Runs the command in a process of its own."""
    end_silently_on_ctrl_c()
    from trainer.cli import main  # noqa: PLC0415

    code = main()
    # Nobody can act on what TensorFlow's pools complain about while the interpreter is taken apart.
    sys.unraisablehook = lambda _: None
    sys.exit(code)


if __name__ == "__main__":
    command()
