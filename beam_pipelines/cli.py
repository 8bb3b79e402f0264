"""The command `shardbox`.

Each of its commands is a module below `steps`, which is loaded only when it is asked for: Beam takes a second to
import. A module has

- `EXAMPLE`: lines shown below the flags by `--help`;
- `add_flags(parser)`: adds the flags, with their help;
- `run(values, screen)`: does the work, prints to `screen` what came out, and raises `UsageError` or `DatasetError`
  with a sentence for a person. Flags that `add_flags` does not know have been refused before. It may return an exit
  code.

Commands that pass flags on to Beam (`takes_beam_flags`) have `run(given, screen, progress_screen)` instead: they parse
the command line after their name themselves, with `beam_flags.parse_with_beam`.
"""

import argparse
import importlib
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NamedTuple, NoReturn

from rich.console import Console

from beam_pipelines.failures import DatasetError, first_cause, sentence_of
from beam_pipelines.worker_processes import kill_workers, kill_workers_until_exit
from presentation.argument_parser import Parser
from presentation.commands import answer_without_command, end_with
from presentation.refusals import UsageError
from presentation.run_log import Log
from presentation.signals import handle
from presentation.terminal import PIPE_CLOSED, Output


class Command(NamedTuple):
    """A line of the help, and what is to be known of a command before its module is loaded."""

    purpose: str
    makes: str
    """What is not finished if the command is interrupted."""
    takes_beam_flags: bool = False


COMMANDS = {
    "build": Command(
        "annotations or rows, and images → a finished dataset of sharded TFRecords",
        "dataset",
        takes_beam_flags=True,
    ),
    "csv_to_tfrecords": Command("rows of boxes, and images → a TFRecord file", "TFRecord file", takes_beam_flags=True),
    "diff": Command("two datasets → what changed between them", "comparison", takes_beam_flags=True),
    "label_map": Command("classes of rows, of XML files, or from the command line → label_map.pbtxt", "label map"),
    "report": Command("a dataset, or record files → a page to look at", "report", takes_beam_flags=True),
    "show": Command("one record as text, and as a picture with its boxes", "picture"),
    "split_csv": Command("rows of boxes → two CSVs, to train and to evaluate", "CSV"),
    "verify": Command("a dataset, or record files → what is wrong with them", "check", takes_beam_flags=True),
    "xml_to_csv": Command("Pascal VOC XML files → one CSV, a row for each box", "CSV"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit code: 0, 1 for data that are not as wanted, 2 for a wrong command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        log = Log()
    except OSError as error:
        return _say(screen, f"there is no place for temporary files: {error.strerror or error}", 1)
    logging.basicConfig(stream=log, level=logging.INFO, force=True)
    try:
        with log.takes_stderr():
            return _run(given, screen, log)
    finally:
        log.close()


def _run(given: list[str], screen: Console, log: Log) -> int:
    interrupted = threading.Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if not interrupted.is_set():
            interrupted.set()
            threading.Thread(target=kill_workers_until_exit, daemon=True).start()
        raise KeyboardInterrupt

    handle(interrupt, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        return _dispatch(given)
    except UsageError as error:
        return _say(screen, str(error), 2)
    except DatasetError as error:
        return _say(screen, error.sentence, 1)
    except KeyboardInterrupt:
        _leave(screen, log, given)
    except BrokenPipeError:
        return PIPE_CLOSED
    except Exception as error:
        if interrupted.is_set():  # Beam turns the KeyboardInterrupt of a step into an error of its own
            _leave(screen, log, given)
        if isinstance(error, OSError) and (sentence := sentence_of(error)):
            return _say(screen, sentence, 1)
        log.kept = True
        log.write(traceback.format_exc())
        return _say(screen, f"{first_cause(str(error))}\nThe whole story is in {log.name}.", 1)


def _dispatch(given: list[str]) -> int:
    if given and given[0] in COMMANDS:
        return _run_command(given[0], given[1:])
    purposes = {name: command.purpose for name, command in COMMANDS.items()}
    return answer_without_command(given, "shardbox", "From annotated pictures to sharded TFRecords.", purposes)


def _run_command(name: str, given: list[str]) -> int:
    module = importlib.import_module(f"beam_pipelines.steps.{name}")
    if "-h" in given or "--help" in given:
        shown = argparse.ArgumentParser(
            prog=f"shardbox {name}",
            description=COMMANDS[name].purpose,
            epilog=module.EXAMPLE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_flags(shown)
        shown.print_help()
        return 0
    screen = Output()
    if COMMANDS[name].takes_beam_flags:
        return module.run(given, screen, Console(stderr=True, highlight=False)) or 0
    parser = Parser(prog=f"shardbox {name}")
    module.add_flags(parser)
    return module.run(parser.parse_all(given), screen) or 0


def _say(screen: Console, sentence: str, code: int) -> int:
    return end_with(sentence, code, "shardbox", screen)


def _leave(screen: Console, log: Log, given: list[str]) -> NoReturn:
    """Ends at once: Beam's worker threads would otherwise go on until their work is done."""
    output = COMMANDS[given[0]].makes if given and given[0] in COMMANDS else "command"
    _say(screen, f"interrupted; the {output} was not finished", 130)
    log.close()
    kill_workers()
    sys.stdout.flush()
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
