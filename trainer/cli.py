"""The command `shardbox-train`.

Each of its commands is a module below `steps`, with

- `EXAMPLE`: lines shown below the flags by `--help`;
- `add_flags(parser)`: adds the flags, with their help;
- `run(values, screen)`: does the work, prints to `screen` what came out, and raises `UsageError` or `TrainingError`
  with a sentence for a person. It may return an exit code.

TensorFlow takes seconds to load: a step loads the rooms that need it when its flags are known to be right.
"""

import argparse
import importlib
import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NamedTuple

from rich.console import Console

from presentation.argument_parser import Parser
from presentation.commands import answer_without_command, end_with
from presentation.refusals import UsageError
from presentation.run_log import Log
from presentation.signals import handle
from presentation.terminal import PIPE_CLOSED, Output
from trainer.failures import TrainingError


class Command(NamedTuple):
    """A line of the help, and what a person does after an interruption."""

    purpose: str
    interrupted: str = "interrupted"


COMMANDS = {
    "fit": Command("a dataset → a trained detector", "interrupted; the same command goes on from the last checkpoint"),
    "evaluate": Command("a trained detector and a split → COCO mAP, and a page to look at"),
    "export": Command("a trained detector → a SavedModel that needs none of this"),
    "detect": Command("an exported detector and pictures → boxes, drawn and as text"),
    "preview": Command("a dataset → a sheet of augmented pictures with their boxes"),
    "benchmark_input": Command("a dataset → how many images a second can be read from it"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit code: 0, 1 for what does not work out, 2 for a wrong command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    # TensorFlow and Keras read these when they are loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        log = Log()
    except OSError as error:
        return _say(screen, f"there is no place for temporary files: {error.strerror or error}", 1)
    handle(_interrupt, signal.SIGINT, signal.SIGTERM)
    logging.basicConfig(stream=log, level=logging.INFO, force=True)
    try:
        with log.takes_stderr():
            return _run(given, screen, log)
    finally:
        log.close()


def _run(given: list[str], screen: Console, log: Log) -> int:
    try:
        return _dispatch(given)
    except UsageError as error:
        return _say(screen, str(error), 2)
    except TrainingError as error:
        return _say(screen, str(error), 1)
    except KeyboardInterrupt:
        return _say(screen, COMMANDS[given[0]].interrupted if given and given[0] in COMMANDS else "interrupted", 130)
    except BrokenPipeError:
        return PIPE_CLOSED
    except Exception as error:
        log.kept = True
        log.write(traceback.format_exc())
        return _say(screen, f"{_cause(error)}\nThe whole story is in {log.name}.", 1)


def _cause(error: Exception) -> str:
    """Returns the line that tells most of an error that nobody foresaw."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # TensorFlow tells of an error in a graph behind the lines of code that led to it.
    causes = [line for line in lines if re.match(r"\w+(Error|Exception): ", line)]
    return [*causes, *lines, type(error).__name__][0]


def _dispatch(given: list[str]) -> int:
    if given and given[0] in COMMANDS:
        return _run_command(given[0], given[1:])
    purposes = {name: command.purpose for name, command in COMMANDS.items()}
    description = "From a dataset of sharded TFRecords to a detector that is served."
    return answer_without_command(given, "shardbox-train", description, purposes)


def _run_command(name: str, given: list[str]) -> int:
    module = importlib.import_module(f"trainer.steps.{name}")
    shows_help = "-h" in given or "--help" in given
    parser = Parser(
        prog=f"shardbox-train {name}",
        description=COMMANDS[name].purpose,
        epilog=module.EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_flags(parser)
    if shows_help:
        parser.print_help()
        return 0
    return module.run(parser.parse_all(given), Output()) or 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(screen: Console, sentence: str, code: int) -> int:
    return end_with(sentence, code, "shardbox-train", screen)


if __name__ == "__main__":
    sys.exit(main())
