"""Runs of the steps in this process, and small tables, for the tests of this folder."""

from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from beam_pipelines.failures import DatasetError
from presentation.argument_parser import Parser
from presentation.refusals import UsageError

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax"
BAD_ROW = ",40,30,cat,1,2,3,4"
BAD_ROW_IS = "the column 'filename' is empty: name the image of the row"


def run(step: ModuleType, *arguments: object) -> list[str]:
    """Runs a step with flags as they are typed. Returns the lines on a screen of 100 columns."""
    parser = Parser()
    step.add_flags(parser)
    screen = Console(file=StringIO(), width=100, highlight=False)
    step.run(parser.parse_all([str(argument) for argument in arguments]), screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def refused(step: ModuleType, *arguments: object) -> str:
    """Runs a step that must refuse. Returns its sentence."""
    with pytest.raises((UsageError, DatasetError)) as caught:
        run(step, *arguments)
    return caught.value.sentence if isinstance(caught.value, DatasetError) else str(caught.value)


def write_rows(path: Path, *lines: str, header: str = HEADER) -> Path:
    """Writes a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in (header, *lines)))
    return path


def names_in(folder: Path) -> list[str]:
    """All files and folders below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
