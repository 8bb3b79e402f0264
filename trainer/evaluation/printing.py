"""The figures of an evaluation on a terminal."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from presentation.terminal import say
from presentation.wording import counted, printable
from trainer.evaluation.coco import CocoFigures
from trainer.evaluation.page import figure
from trainer.evaluation.page_data import findings, rows_of
from trainer.evaluation.result import Evaluation

_MOST_ROWS = 60
_HEADERS = ("class", "objects", "mAP", "mAP50", "mAP75", "AR100", "VOC", "precision", "recall")


def print_evaluation(evaluation: Evaluation, screen: Console) -> None:
    """Prints a row for each class, those with the most objects first, a total, and what is worth knowing."""
    metrics, rows = evaluation.metrics, rows_of(evaluation)
    step = "" if evaluation.step is None else f" of step {evaluation.step:,}"
    counts = f"{counted(metrics.pictures, 'picture')}, {counted(metrics.objects, 'object')}"
    say(screen, f"{evaluation.checkpoint} weights{step} on {printable(evaluation.split)}: {counts}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for header in _HEADERS:
        table.add_column(header, justify="left" if header == "class" else "right", overflow="fold")
    for row in rows[:_MOST_ROWS]:
        one = row.metrics
        values = (*_coco(one.coco), one.voc_ap50, one.precision, one.recall)
        table.add_row(Text(printable(one.name)), f"{one.objects:,}", *map(figure, values))
    table.add_section()
    values = (*_coco(metrics.coco), metrics.voc_ap50, metrics.confusion.precision, metrics.confusion.recall)
    table.add_row("all", f"{metrics.objects:,}", *map(figure, values))
    screen.print(table)
    if len(rows) > _MOST_ROWS:
        say(screen, f"the {_MOST_ROWS} classes with the most objects of {counted(len(rows), 'class', 'classes')}")
    say(screen, f"precision and recall: of detections with a score of {figure(metrics.confusion.score)} or more")
    for sentence in findings(evaluation):
        say(screen, printable(sentence))


def _coco(figures: CocoFigures) -> Sequence[float | None]:
    return figures.ap, figures.ap50, figures.ap75, figures.ar100
