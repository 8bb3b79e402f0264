"""The work of `shardbox-train detect`, once it is known what is to be done."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trainer.detection.detecting import Seen, detect_all
from trainer.detection.drawings import drawing
from trainer.detection.exported_detector import ExportedDetector
from trainer.detection.finding import PictureFile
from trainer.detection.outputs import LINES_NAME, Places
from trainer.detection.results import json_line
from trainer.detection.tally import Tally
from trainer.detection.voc_xml import voc_xml
from trainer.whole_files import make_whole, write_whole


def look_at(
    places: Mapping[PictureFile, Places], model: str, output: str, tally: Tally, *, batch_size: int, screen: Console
) -> float:
    """Writes what is on pictures, and counts it. Returns the seconds that this took, without loading the model.

    Args:
        places: the pictures, and where their files go.
        model: folder of the export.
        output: folder of the lines of JSON; they are there when all is done.
        tally: told of each picture.
        batch_size: pictures that are given to the model at a time.
        screen: shows how far it is, if it is a terminal.

    Raises:
        TrainingError: the model cannot be loaded.
    """
    with screen.status("loading the model"):
        detector = ExportedDetector(model)
    start = time.monotonic()

    def look(lines_path: str) -> None:
        with open(lines_path, "x", encoding="utf-8", newline="\n") as lines, _progress(screen, len(places)) as advance:
            for one in detect_all(detector, list(places), tally.min_score, batch_size):
                if isinstance(one, Seen):
                    tally.add(one.picture, one.result)
                    lines.write(json_line(one.result))
                    _write_files(one, places[one.picture], tally)
                else:
                    tally.add_unreadable(one.picture, one.reason)
                advance()

    os.makedirs(output, exist_ok=True)
    make_whole(os.path.join(output, LINES_NAME), look)
    return time.monotonic() - start


def _write_files(one: Seen, places: Places, tally: Tally) -> None:
    if places.annotation:
        _write(places.annotation, voc_xml(one.picture.path, one.result).encode())
    if places.drawing:
        try:
            drawn = drawing(one.prepared, one.result, tally.description)
        except OSError as error:  # Pillow is stricter than TensorFlow
            tally.add_undrawn(one.picture, str(error))
        else:
            _write(places.drawing, drawn)


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_whole(path, data)


@contextmanager
def _progress(screen: Console, total: int) -> Iterator[Callable[[], None]]:
    """Shows a bar while the block runs, and gives what moves it on."""
    columns = (TextColumn("looking at pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
