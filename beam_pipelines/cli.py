"""The command `shardbox`."""

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from types import FrameType
from typing import NoReturn

from rich.console import Console

from beam_pipelines.failures import DatasetError, UsageError, first_cause
from beam_pipelines.run_log import Log
from beam_pipelines.suggestions import did_you_mean
from beam_pipelines.worker_processes import kill_workers_until_exit

_EXAMPLE = """example:
  shardbox build --annotations 'voc/Annotations/*.xml' --images voc/JPEGImages \\
      --output out --splits train=0.8,validation=0.1,test=0.1

Every option of Apache Beam is passed on, such as --runner or --direct_num_workers.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit code: 0, 1 for data that make no dataset, 2 for a wrong command."""
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

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup wishes
            signal.signal(number, interrupt)
    try:
        return _dispatch(given)
    except UsageError as error:
        return _say(screen, str(error), 2)
    except DatasetError as error:
        return _say(screen, error.sentence, 1)
    except KeyboardInterrupt:
        _leave(screen, log)
    except BrokenPipeError:
        return 1
    except Exception as error:
        if interrupted.is_set():  # Beam turns the KeyboardInterrupt of a step into an error of its own
            _leave(screen, log)
        log.kept = True
        log.write(traceback.format_exc())
        return _say(screen, f"{first_cause(str(error))}\nThe whole story is in {log.name}.", 1)


def _dispatch(given: list[str]) -> int:
    commands: dict[str, tuple[Callable[[list[str]], int], str]] = {
        "build": (_build, "annotations and images → a finished dataset of sharded TFRecords"),
    }
    parser = argparse.ArgumentParser(
        prog="shardbox",
        description="From annotated pictures to sharded TFRecords.",
        epilog="commands:\n" + "\n".join(f"  {name:12} {text}" for name, (_, text) in commands.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"shardbox {version('shardbox')}")
    parser.add_argument("command", nargs="?", help="one of those below; `shardbox COMMAND --help` tells its flags")
    if given and given[0] in commands:
        return commands[given[0]][0](given[1:])
    if given and not given[0].startswith("-"):
        raise UsageError(f"there is no command '{given[0]}'{did_you_mean(given[0], commands)}")
    parser.parse_args(given)
    parser.print_help()
    return 0 if given else 2


def _build(given: list[str]) -> int:
    # Beam takes a second to import: not for --version, nor for a wrong command.
    from beam_pipelines.building import build  # noqa: PLC0415
    from beam_pipelines.options import add_build_flags, parse_build_options  # noqa: PLC0415

    if "-h" in given or "--help" in given:
        parser = argparse.ArgumentParser(
            prog="shardbox build", epilog=_EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        add_build_flags(parser)
        parser.print_help()
        return 0
    build(parse_build_options(given), Console(highlight=False), Console(stderr=True, highlight=False))
    return 0


def _say(screen: Console, sentence: str, code: int) -> int:
    screen.print(f"shardbox: {sentence}", markup=False, emoji=False)
    return code


def _leave(screen: Console, log: Log) -> NoReturn:
    """Ends at once: Beam's worker threads would otherwise go on until their work is done."""
    _say(screen, "interrupted; the dataset was not finished", 130)
    log.close()
    sys.stdout.flush()
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
