"""`shardbox verify`: says whether a dataset, or record files of others, are whole."""

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from beam_pipelines.command_line.beam_flags import parse_with_beam
from beam_pipelines.verification.printing import print_verdict
from beam_pipelines.verification.running import verify
from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from presentation.terminal import say

EXAMPLE = """examples:
  shardbox verify dataset
  shardbox verify dataset --decode --json
  shardbox verify train.record 'validation/*.tfrecord.gz'

A dataset is held against its manifest.json. Of record files of other programs, the table says who reads them. Exit code
0: no error; 1: an error; 2: a wrong command.

Every option of Apache Beam is passed on, such as --runner=DirectRunner or --direct_num_workers=4.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument(
        "places", nargs="*", metavar="DIR|FILE", help="folder of a dataset, or files of records, or patterns of them"
    )
    parser.add_argument("--decode", action="store_true", help="decode every picture and mask to its last pixel")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")


def run(given: Sequence[str], screen: Console, progress_screen: Console) -> int:
    """Checks what the command line after `verify` names. Returns the exit code.

    Raises:
        UsageError: quoting what is wrong.
    """
    parser = Parser(prog="shardbox verify")
    add_flags(parser)
    values, beam = parse_with_beam(parser, given)
    if not values.places:
        raise UsageError("nothing to verify: give the folder of a dataset, or files of records")
    clock = time.monotonic()
    verdict = verify(values.places, decode=values.decode, beam=beam, progress_screen=progress_screen)
    if values.json:
        say(screen, json.dumps(_unicode(verdict.as_json()), indent=1))
    else:
        print_verdict(verdict, time.monotonic() - clock, screen)
    return 1 if verdict.count("error") else 0


def _unicode(value: Any) -> Any:
    r"""Returns the same JSON with `\udc80` for a byte of a file's name that is no UTF-8: parsers refuse surrogates."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_unicode(key): _unicode(one) for key, one in value.items()}
    return [_unicode(one) for one in value] if isinstance(value, list) else value
