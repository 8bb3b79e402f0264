"""`shardbox xml_to_csv`: Pascal VOC XML files become one CSV, a row for each box."""

import argparse
import csv
import io
import shlex
from collections import Counter
from collections.abc import Iterator

from rich.console import Console

from beam_pipelines.boxes import object_text
from beam_pipelines.candidates import file_name, stem
from beam_pipelines.command_line.flags import add_max_rejects_flag
from beam_pipelines.file_names import without_extension
from beam_pipelines.listing import FileSet
from beam_pipelines.planning import refuse_rejects
from beam_pipelines.records import AnnotatedObject, Annotation, RecordError, Reject
from beam_pipelines.rejects import REPAIRS
from beam_pipelines.steps.left_out import LeftOut
from beam_pipelines.steps.sources import read_annotations
from beam_pipelines.whole_files import written_whole
from presentation.terminal import say
from presentation.wording import counted

COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
"""As the classic script xml_to_csv.py of github.com/datitran/raccoon_dataset names them."""

MORE_COLUMNS = ("truncated", "difficult", "pose")

EXAMPLE = """example:
  shardbox xml_to_csv --annotations voc/Annotations --output labels.csv

The columns are those of the classic script xml_to_csv.py. An image without objects gets a row with an empty class
and box. What could not be read is listed in labels.csv.rejects.jsonl.
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument(
        "--annotations",
        nargs="+",
        required=True,
        metavar="PATTERN_OR_DIR",
        help="Pascal VOC XML files; a folder means all below it",
    )
    parser.add_argument("--output", required=True, metavar="FILE.csv", help="the table to write")
    parser.add_argument("--all_columns", action="store_true", help=f"add {', '.join(MORE_COLUMNS)} behind the others")
    parser.add_argument("--overwrite", action="store_true", help="replace the file that is there")
    add_max_rejects_flag(parser, "annotations")


def run(values: argparse.Namespace, screen: Console) -> None:
    """Writes the table, and says what is in it.

    Raises:
        UsageError, DatasetError: with a sentence for a person.
    """
    files = FileSet.of("annotations", values.annotations)
    files.check()
    rejects = f"{values.output}.rejects.jsonl"
    with written_whole([rejects, values.output], values.overwrite, [files]) as create:
        conversion = _Conversion(LeftOut(rejects, create), values.all_columns)
        text = io.TextIOWrapper(create(values.output), encoding="utf-8", newline="")
        table = csv.writer(text, lineterminator="\n")
        table.writerow(COLUMNS + (MORE_COLUMNS if values.all_columns else ()))
        for name, above, found in read_annotations(files):
            table.writerows(conversion.rows(name, above, found))
        text.flush()
        refuse_rejects(conversion.left_out.survey, values.max_rejects, "annotations")
    conversion.left_out.show(screen)
    for line in conversion.remarks():
        say(screen, line)
    advice = f"shardbox split_csv --rows {shlex.quote(values.output)} --output splits"
    say(screen, f"{values.output}: {conversion.summary()}; next: {advice}")


def image_name(annotation: Annotation, name: str, above: int) -> str:
    """Returns what a row calls the image: its file name, in the folder of the annotation.

    Two sequences with frames of equal names stay apart by that.

    Args:
        annotation: as parsed; without `<filename>` the image is called like the annotation file.
        name: path of the annotation file below the annotations' base.
        above: length of its part above the pattern's own root.
    """
    folder, slash, own = name[above:].rpartition("/")
    given = annotation.filename.replace("\\", "/").rpartition("/")[2].strip()
    return f"{folder}{slash}{_in_one_line(given) or without_extension(own)}"


def rows_of(annotation: Annotation, image: str, all_columns: bool) -> list[tuple[object, ...]]:
    """Returns the row of each object; one with an empty class and box if there is none.

    Coordinates stay the text of the file.

    Args:
        annotation: as parsed.
        image: what rows call it.
        all_columns: whether `MORE_COLUMNS` follow.
    """
    size = (annotation.width, annotation.height)
    if not annotation.objects:
        return [(image, *size, *[""] * (len(COLUMNS) - 3 + all_columns * len(MORE_COLUMNS)))]
    return [
        (
            *(image, *size, *map(_in_one_line, one[:5])),
            *((_in_one_line(text) for text in (one.truncated, one.difficult, one.pose)) if all_columns else ()),
        )
        for one in annotation.objects
    ]


class _Conversion:
    """Makes rows of annotations, and counts what a person should know."""

    def __init__(self, left_out: LeftOut, all_columns: bool):
        self.left_out = left_out
        self._all_columns = all_columns
        self._images: dict[str, str] = {}
        self._shared: list[tuple[str, str, str]] = []
        self._elsewhere: list[tuple[str, str]] = []
        self._classes = Counter[str]()
        self._repairs = Counter[str]()
        self._flagged = self._empty = 0

    def rows(self, name: str, above: int, found: Annotation | Reject) -> list[tuple[object, ...]]:
        """Returns the rows of one annotation file."""
        if isinstance(found, Reject):
            self.left_out.add(found)
            return []
        image = image_name(found, name, above)
        annotation = found._replace(objects=tuple(self._whole(found, name, image)))
        self.left_out.survey.images += 1
        first = self._images.setdefault(image, name)
        if first != name:
            self._shared.append((image, first, name))
        if stem(name) not in (stem(image), file_name(image)):
            self._elsewhere.append((name, image))
        self._classes.update(_in_one_line(one.name) for one in annotation.objects)
        self._repairs.update(annotation.repairs)
        self._flagged += sum(map(_is_flagged, annotation.objects))
        self._empty += not annotation.objects
        return rows_of(annotation, image, self._all_columns)

    def _whole(self, annotation: Annotation, name: str, image: str) -> Iterator[AnnotatedObject]:
        """Yields the objects that can be rows."""
        for one in annotation.objects:
            try:
                _check(one)
            except RecordError as error:
                self.left_out.add(Reject(error.code, "box", name, image, error.message, object_text(one)))
            else:
                yield one

    def remarks(self) -> Iterator[str]:
        """Yields lines on what is odd, and on what the table does not tell."""
        for code, number in sorted(self._repairs.items()):
            yield f"{counted(number, 'time')} {code}: {REPAIRS[code]}"
        if self._shared:
            image, first, other = self._shared[0]
            yield (
                f"{counted(len(self._shared), 'annotation')} of an image that another one is of, such as '{other}' "
                f"and '{first}' of '{image}': their rows together are read as one image"
            )
        if self._elsewhere:
            name, image = self._elsewhere[0]
            verb, whose = ("names", "its") if len(self._elsewhere) == 1 else ("name", "their")
            yield (
                f"{counted(len(self._elsewhere), 'annotation')} {verb} another image in <filename> than {whose} own "
                f"name, such as '{name}' of '{image}': rows follow <filename>, while `shardbox build` takes an image "
                f"of the annotation's own name first"
            )
        if self._flagged and not self._all_columns:
            yield (
                f"{counted(self._flagged, 'object')} marked as truncated or difficult, or with a pose: "
                "--all_columns keeps that"
            )

    def summary(self) -> str:
        """Returns what the table holds."""
        boxes = counted(sum(self._classes.values()), "box", "boxes")
        classes = counted(len(self._classes), "class", "classes")
        without = f" ({self._empty:,} without objects)" if self._empty else ""
        return f"{boxes} of {classes} in {counted(len(self._images), 'image')}{without}"


def _check(one: AnnotatedObject) -> None:
    """Refuses an object that would be no row: one without a class or without all of a box is none.

    Raises:
        RecordError: `class_missing` or `box_missing`.
    """
    if not one.name:
        raise RecordError("class_missing", "the object has no class name")
    if not any(one[1:5]):
        raise RecordError("box_missing", "the object has no upright box")


def _is_flagged(one: AnnotatedObject) -> bool:
    marked = any(text.lower() not in ("", "0", "false") for text in (one.truncated, one.difficult))
    return marked or one.pose.lower() not in ("", "unspecified")


def _in_one_line(text: str) -> str:
    """Text without line breaks, because a row is a line."""
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
