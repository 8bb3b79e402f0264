"""Makes the page, from the statistics of all examples and the few records that it shows."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.record_files.reading import read_records_at
from beam_pipelines.report.gallery import choose, draw_figures
from beam_pipelines.report.hints import hints_of
from beam_pipelines.report.page import RejectSample, render_page
from beam_pipelines.report.page_data import order_of_splits
from beam_pipelines.report.sketch import Sketch
from data_contract.manifest import Manifest

_SAMPLES = 3
_LONGEST_LINE = 2**16
_MOST_LINES = 1_000_000
"""Of files of rejects, that are searched for samples of rare codes."""


def make_page(
    manifest: Manifest | None, class_ids: Mapping[str, int], sketch: Sketch, path_of: Callable[[str], str]
) -> str:
    """Returns the text of index.html: the same for the same dataset, wherever it lies.

    Args:
        manifest: of the dataset; None for record files of others.
        class_ids: class name → id; if there are none, the records tell them.
        sketch: statistics of all examples.
        path_of: returns where the file of a name can be read now.

    Raises:
        OSError: if a file cannot be read.
    """
    class_ids = class_ids or sketch.class_ids
    splits = order_of_splits(manifest.splits if manifest else (), (split for split, _ in sketch.cells))
    class_names = {number: name for name, number in class_ids.items()}
    figures = draw_figures(
        choose(sketch, splits), class_names, lambda file, places: read_records_at(path_of(file), places)
    )
    rejects = sample_rejects(manifest, path_of) if manifest else []
    return render_page(manifest, class_ids, sketch, figures, rejects, hints_of(sketch))


def sample_rejects(manifest: Manifest, path_of: Callable[[str], str]) -> list[RejectSample]:
    """Returns the first few rejects of each code, in the order of their files; lines that are none are passed over."""
    wanted = {code: min(_SAMPLES, count) for code, count in manifest.rejects.counts.items()}
    found: list[RejectSample] = []
    counts = Counter[str]()
    for line in islice(_lines(manifest, path_of), _MOST_LINES):
        reject = _read_reject(line)
        if reject is not None and counts[reject.code] < wanted.get(reject.code, 0):
            counts[reject.code] += 1
            found.append(reject)
            if counts == wanted:
                break
    return found


def _lines(manifest: Manifest, path_of: Callable[[str], str]) -> Iterator[bytes]:
    for part in manifest.rejects.files:
        try:
            file = FileSystems.open(path_of(part.name), compression_type=CompressionTypes.UNCOMPRESSED)
        except OSError:  # the counts are in the manifest
            continue
        with file:
            while line := file.readline(_LONGEST_LINE):
                yield line


def _read_reject(line: bytes) -> RejectSample | None:
    try:
        fields = json.loads(line)
        texts = [fields[name] for name in ("code", "source", "image", "message")]
    except (ValueError, KeyError, TypeError):
        return None
    number = fields.get("line", 0)
    if not (all(isinstance(text, str) for text in texts) and isinstance(number, int)):
        return None
    code, source, image, message = texts
    return RejectSample(code, source, number, image, message)
