"""Which records fit what a person knows of them: a name, an id, a class."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile, RecordSet
from beam_pipelines.record_files.views import Values, parse_features, short_name, view_example
from beam_pipelines.records import RecordError, shard_number
from data_contract import features as keys
from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from presentation.wording import printable

_MOST_REMEMBERED = 10_000
"""Names that a misspelt one is compared with; more would take long."""
_MOST_CHOICES = 10


class Criteria(NamedTuple):
    """What a record must have; None for whatever it has."""

    source_id: str | None = None
    filename: str | None = None
    """A path as in image/filename, or its end."""
    class_name: str | None = None
    """Of an object, or of the whole image; as views have it."""

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return any(criterion is not None for criterion in self)


def among(word: str, known: Sequence[str]) -> str:
    """Returns '; did you mean X?', or what there is if nothing is near."""
    near = did_you_mean(word, known)
    if near or not known:
        return printable(near)
    shown = ", ".join(known[:_MOST_CHOICES]) + (", …" if len(known) > _MOST_CHOICES else "")
    return printable(f"; there is {shown}" if len(known) == 1 else f"; there are {shown}")


class Search:
    """Looks for records, and remembers what was near.

    Raises:
        UsageError: if the manifest knows no such class.
    """

    def __init__(self, criteria: Criteria, records: RecordSet):
        self._criteria = criteria
        self._records = records
        self._seen = 0
        self._damaged = 0
        self._known = dict.fromkeys(records.class_ids if criteria.class_name is not None else ())
        if records.manifest and criteria.class_name is not None and criteria.class_name not in self._known:
            near = among(criteria.class_name, list(self._known))
            raise UsageError(f"--class '{criteria.class_name}': the dataset has no such class{near}")

    def ordered(self, files: Sequence[RecordFile]) -> list[RecordFile]:
        """Returns the files that may hold such a record, the likely ones first.

        Raises:
            UsageError: if none may, by the manifest.
        """
        name, manifest = self._criteria.class_name, self._records.manifest
        if manifest and name is not None:
            having = {split for split, content in manifest.splits.items() if _has(content.boxes, content.labels, name)}
            splits = ", ".join(dict.fromkeys(file.split for file in files))
            files = [file for file in files if file.split in having]
            if not files:
                raise UsageError(f"--class '{name}': by the manifest, no record has it in {splits}")
        number = self._criteria.source_id
        if not (manifest and number and number.isdecimal() and len(number) <= 19):
            return list(files)
        likely = {
            content.shards[min(shard_number(int(number), len(content.shards)), len(content.shards) - 1)].name
            for content in manifest.splits.values()
            if content.shards
        }
        return sorted(files, key=lambda file: file.name not in likely)

    def takes(self, frame: Frame) -> bool:
        """Returns whether a record fits; a damaged one does not."""
        self._seen += 1
        try:
            features = {} if frame.code else parse_features(frame.data)
        except RecordError:
            features = {}
        self._damaged += not features
        view = view_example(features, self._records.class_names)
        wanted = self._criteria
        classes = {*view.labels, *(one.name for one in view.objects), *_texts(features)}
        if wanted.class_name is not None:
            self._remember(*sorted(classes - {""}))
        elif wanted.filename is not None:
            self._remember(view.filename if "/" in wanted.filename else view.filename.rsplit("/", 1)[-1])
        else:
            self._remember(view.source_id)
        return (
            wanted.class_name in (None, *classes)
            and wanted.source_id in (None, view.source_id)
            and (wanted.filename is None or f"/{view.filename}".endswith("/" + wanted.filename.lstrip("/")))
        )

    def nothing_found(self) -> str:
        """Says that no record fits."""
        wanted = self._criteria
        flags = {"--class": wanted.class_name, "--filename": wanted.filename, "--source_id": wanted.source_id}
        given = " and ".join(f"{flag} '{value}'" for flag, value in flags.items() if value is not None)
        return f"{given}: no record of {self._seen:,} fits"

    def nearest(self) -> tuple[str, list[str]]:
        """Returns what is looked for, and what a person may have meant instead."""
        wanted = self._criteria
        word = next(w for w in (wanted.class_name, wanted.filename, wanted.source_id) if w is not None)
        names = list(self._known)
        if word in names:
            return word, []  # it is the other criteria that do not fit
        if wanted.class_name is None and not did_you_mean(word, names):
            return word, []  # a list of classes is a help, one of files is none
        return word, names

    def passed_over(self) -> str:
        """Says how many records could not be read; '' for none."""
        if not self._damaged:
            return ""
        what = "one that cannot be read was" if self._damaged == 1 else f"{self._damaged:,} that cannot be read were"
        return f" ({what} passed over)"

    def _remember(self, *names: str) -> None:
        if len(self._known) < _MOST_REMEMBERED:
            self._known.update(dict.fromkeys(names))


def _has(boxes: Mapping[str, int], labels: Mapping[str, int], name: str) -> bool:
    return any(count and short_name(one) == name for counts in (boxes, labels) for one, count in counts.items())


def _texts(features: Mapping[str, Values]) -> set[str]:
    """Returns the classes of objects whose lists do not fit together, and which are no objects therefore."""
    dtype, values = features.get(keys.CLASS_TEXT, ("", ()))
    return {short_name(value.decode("utf-8", "replace")) for value in values} if dtype == "bytes" else set()
