"""The images of tables, and which of them must not be parted: copies of one picture, and groups.

What rows say is held in a few bytes, so that memory grows with the images.
"""

import re
from array import array
from collections.abc import Iterator

from beam_pipelines.buckets import in_buckets
from beam_pipelines.candidates import bases_of
from beam_pipelines.deduplication import UniteGroups
from beam_pipelines.examination import Examiner
from beam_pipelines.failures import DatasetError
from beam_pipelines.reading import ReadFailure
from beam_pipelines.records import (
    AnnotatedObject,
    Annotation,
    ListedImage,
    Pair,
    Picture,
    RecordError,
    Reject,
    Row,
    Sheet,
)
from beam_pipelines.rows.matching import match_paths
from beam_pipelines.rows.sheets import unite
from beam_pipelines.splits.census import classes_of
from beam_pipelines.steps.left_out import LeftOut

_NOT_KEPT = len(("mask", "source", "row"))
"""The last fields of an object; of the source only that there is one decides whether it becomes a box."""


class Images:
    """What the rows say of each image.

    Images are numbered from 0 as they come.

    Args:
        with_objects: whether boxes are kept, 100 bytes each: only a look at the picture tells which are good.

    Attributes:
        numbers: path as rows give it → number.
        classes: by number: the classes of its rows, each once.
        groups: by number: the group that its rows name; '' if they do not; None once the image is left out.
    """

    def __init__(self, with_objects: bool = False):
        self.numbers: dict[str, int] = {}
        self.classes: list[tuple[str, ...]] = []
        self.groups: list[str | None] = []
        self._sources: list[str] = []
        self._lines = array("Q")
        self._objects: list[list[str]] = []
        self._sizes: list[tuple[int, int]] = []
        self._other_groups: dict[int, str] = {}
        self._with_objects = with_objects

    def add(self, row: Row, source: str) -> int:
        """Adds a row of the table `source`. Returns the number of its image."""
        number = self.numbers.get(row.image)
        if number is None:
            number = self._meet(row, source)
        elif row.group != self.groups[number]:
            self._other_groups.setdefault(number, row.group)
        one = row.object
        name = one.name if one else row.label
        if name:
            known = self.classes[number]
            if name not in known:
                self.classes[number] = (*known, name)
            if self._with_objects:
                self._objects[number].append(name if one is None else "\n".join(_texts(one)))
        return number

    def group_of(self, path: str) -> str:
        """Returns the group that the rows of an image name.

        Raises:
            RecordError: if they name several.
        """
        number = self.numbers[path]
        if number in self._other_groups:
            unite(self.sheets(path))
        return self.groups[number] or ""

    def sheets(self, path: str) -> Iterator[Sheet]:
        """Yields the rows of an image: a sheet for each group that they name."""
        number = self.numbers[path]
        source, line = self._sources[number], self._lines[number]
        objects: list[AnnotatedObject] = []
        labels: list[str] = []
        if self._with_objects:
            for text in self._objects[number]:
                name, *fields = text.split("\n")  # which no cell holds
                if fields:
                    objects.append(AnnotatedObject._make((name, *fields, "", source, 0)))
                else:
                    labels.append(name)
        size = self._sizes[number] if self._with_objects else (0, 0)
        for group in (self.groups[number], self._other_groups.get(number)):
            if group is not None:
                content = Annotation(path, "", "", *size, tuple(objects), (), tuple(labels), group)
                yield Sheet(content, source, line, "")

    def _meet(self, row: Row, source: str) -> int:
        number = self.numbers[row.image] = len(self.numbers)
        self.classes.append(())
        self.groups.append(row.group)
        self._sources.append(source)
        self._lines.append(row.object.row if row.object else 0)
        if self._with_objects:
            self._objects.append([])
            self._sizes.append((row.width, row.height))
        return number


def _texts(one: AnnotatedObject) -> Iterator[str]:
    return map(str, one[:-_NOT_KEPT])


def group_by_path(images: Images, group_by: str | None, left_out: LeftOut) -> None:
    """Names the group of each image: as its rows do, else by a regular expression on its path, else the path itself.

    Args:
        images: of which the groups are set.
        group_by: as in `Examiner`.
        left_out: takes images whose rows contradict each other; its survey counts the others.
    """
    pattern = None if group_by is None else re.compile(group_by)
    for path, number in images.numbers.items():
        try:
            group = images.group_of(path)
        except RecordError as error:
            _leave_out(images, path, error, left_out)
            continue
        left_out.survey.images += 1
        if not group and pattern is not None:
            found = pattern.search(path)
            part: str | None = found[pattern.groups and 1] if found else None  # None too for a group left out by `?`
            left_out.survey.groups_not_found += part is None
            images.groups[number] = path if part is None else part
        else:
            images.groups[number] = group or path


def group_by_content(images: Images, examiner: Examiner, left_out: LeftOut) -> None:
    """Names the group of each image as `shardbox build` does, which looks at the pictures.

    The classes of an image are then those of its good boxes.

    Args:
        images: of which groups and classes are set; with objects.
        examiner: where tables and images are, and how to look at them.
        left_out: takes images that are missing or cannot become examples; its survey counts the others.

    Raises:
        DatasetError: if an image cannot be read now, but perhaps later.
    """
    listed: list[ListedImage] = []
    for item in in_buckets(examiner.images.names(), "images", 1):
        if isinstance(item, Reject):
            left_out.add(item)
        else:
            listed.extend(item[1].images)
    found, refused = match_paths(listed, images.numbers, bases_of(examiner.images, examiner.annotations))
    for path in sorted(refused):
        _leave_out(images, path, refused[path], left_out)
    paths: dict[str, list[str]] = {}
    for path, image in found.items():
        paths.setdefault(image, []).append(path)
    links = UniteGroups()
    parents = links.create_accumulator()
    contents: dict[str, str] = {}
    for image in sorted(paths):
        try:
            picture = _examine(examiner, image, images, paths[image])
        except RecordError as error:
            for path in paths[image]:
                _leave_out(images, path, error, left_out)
            continue
        left_out.survey.images += 1
        left_out.survey.groups_not_found += "group_not_found" in picture.repairs
        links.add_input(parents, (contents.setdefault(picture.sha256, picture.group), picture.group))
        for path in paths[image]:
            number = images.numbers[path]
            images.groups[number], images.classes[number] = picture.group, tuple(classes_of(picture.signature))
    roots = links.extract_output(parents)
    images.groups = [None if group is None else roots.get(group, group) for group in images.groups]


def _examine(examiner: Examiner, image: str, images: Images, paths: list[str]) -> Picture:
    """What `shardbox build` sees in a picture.

    Raises:
        RecordError: if it cannot become an example.
    """
    sheet = unite(sheet for path in paths for sheet in images.sheets(path))
    try:
        return examiner.examine(Pair(sheet.source, image, (), sheet.annotation))[0]
    except (RecordError, MemoryError):
        raise
    except ReadFailure as error:
        raise DatasetError(f"{error}: run the same command again") from None
    except Exception as error:
        raise RecordError("unexpected", f"{type(error).__name__}: {error}") from error


def _leave_out(images: Images, path: str, error: RecordError, left_out: LeftOut) -> None:
    sheet = next(images.sheets(path))
    left_out.add(Reject(error.code, "image", sheet.source, path, error.message, row=sheet.row))
    images.groups[images.numbers[path]] = None
