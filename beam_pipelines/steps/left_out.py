"""What a step leaves out: counted, written beside the step's output, and shown to a person."""

from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

from rich.console import Console

from beam_pipelines.records import Reject
from beam_pipelines.rejects import REMEDIES
from beam_pipelines.summary import table_of_reasons
from beam_pipelines.survey import Survey
from beam_pipelines.writing import reject_line
from presentation.terminal import say


class LeftOut:
    """The rejects of one step. Their file is made with the first of them.

    Attributes:
        path: of the file.
        survey: counts them, and what the step counts besides.
    """

    def __init__(self, path: str, create: Callable[[str], BinaryIO]):
        self.path = path
        self.survey = Survey()
        self._create = create
        self._file: BinaryIO | None = None

    def add(self, reject: Reject) -> None:
        """Counts a reject and writes its line."""
        self.survey.add(reject, seed=0)
        if self._file is None:
            self._file = self._create(self.path)
        self._file.write(reject_line(reject).encode("utf-8", "backslashreplace"))

    def show(self, screen: Console) -> None:
        """Prints how many there are of each code, what to do about them, and where they are listed; or nothing."""
        if not self.survey.rejects:
            return
        counts = Counter[str]()
        for (_, code), number in self.survey.rejects.items():
            counts[code] += number
        screen.print(table_of_reasons("Rejects", counts, REMEDIES))
        say(screen, f"Listed in {self.path}")
