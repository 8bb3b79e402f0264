"""What came out of many pictures, in a table."""

from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from presentation.terminal import say
from presentation.wording import counted, printable
from trainer.detection.finding import PictureFile
from trainer.detection.results import PictureResult
from trainer.export.description import Description


class Tally:
    """Counts pictures and what is found on them.

    Args:
        description: of the detector.
        min_score: from which on detections were kept.
    """

    def __init__(self, description: Description, min_score: float):
        self.description = description
        self.min_score = min_score
        self._detections = Counter[str]()
        self._pictures = Counter[str]()
        self._seen = self._with_detections = 0
        self._most = 0
        self._remarks: list[str] = []
        self.unreadable = 0
        """Pictures."""
        self.fullest: PictureFile | None = None
        """The picture with the most detections, the first of equals; None if there is no detection."""

    def add_unreadable(self, picture: PictureFile, reason: str) -> None:
        """Counts a picture that is left out."""
        self.unreadable += 1
        self._remarks.append(f"left out: {picture.path}: {reason}")

    def add_undrawn(self, picture: PictureFile, reason: str) -> None:
        """Notes that a picture has no drawing."""
        self._remarks.append(f"not drawn: {picture.path}: {reason}")

    def add(self, picture: PictureFile, result: PictureResult) -> None:
        """Counts a picture."""
        detections = result.detections
        self._seen += 1
        self._with_detections += bool(detections)
        self._detections.update(found.name for found in detections)
        self._pictures.update({found.name for found in detections})
        if len(detections) > self._most:
            self._most, self.fullest = len(detections), picture

    def show(self, screen: Console, seconds: float) -> None:
        """Prints what could not be read, the detections of each class, and how fast it went.

        Args:
            screen: where.
            seconds: that all pictures took together.
        """
        for line in self._remarks:
            say(screen, printable(line))
        if self._detections:
            screen.print(self._table())
        total = counted(self._detections.total(), "detection")
        of = f"{self._with_detections:,} of {counted(self._seen, 'picture')}"
        rate = f"{self._seen / seconds:,.1f} pictures/s" if seconds > 0 else ""
        say(screen, f"{total} with a score of {self.min_score:g} or more on {of}, {rate}")

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("class")
        for title in ("id", "detections", "pictures"):
            table.add_column(title, justify="right")
        for name, number in self.description.classes.items():
            if name in self._detections:
                counts = (number, self._detections[name], self._pictures[name])
                table.add_row(Text(printable(name)), *(f"{count:,}" for count in counts))
        return table
