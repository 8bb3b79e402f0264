"""`shardbox-train` and `python -m trainer`."""

import sys

from trainer.cli import main


def command() -> None:
    """Runs the command in a process of its own."""
    code = main()
    # Nobody can act on what TensorFlow's pools complain about while the interpreter is taken apart.
    sys.unraisablehook = lambda _: None
    sys.exit(code)


if __name__ == "__main__":
    command()
