"""Writes the page of record files that are there already, with one pass over their records."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsSingleton, PCollection

from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.output_folder import make_folder, part_of, write_text
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.report.making import make_page
from beam_pipelines.report.sketch import Sketch
from beam_pipelines.report.sketching import SketchRecords


@dataclass
class WriteReport(beam.PTransform):
    """Writes the page about some record files. Returns its path.

    Attributes:
        records: a dataset, or files of others.
        output: path of the page; a file that is there is replaced.
    """

    records: RecordSet
    output: str

    def expand(self, pipeline: beam.Pipeline) -> PCollection:
        """Statistics where the files are, then the page on one worker."""
        records = self.records
        sketch = pipeline | "Take statistics" >> SketchRecords(
            records.files, records.class_names, records.manifest is not None
        )
        once = pipeline | "Once all is read" >> beam.Create([None], reshuffle=False)
        write = beam.FlatMap(_write, records, self.output, AsSingleton(sketch)).with_output_types(str)
        return once | "Write the page" >> write


def _write(_: None, records: RecordSet, output: str, sketch: Sketch) -> Iterator[str]:
    paths = {file.name: file.path for file in records.files}

    def path_of(name: str) -> str:
        return paths.get(name) or str(FileSystems.join(records.folder, name))

    if records.manifest is None and not sketch.cells:
        raise DatasetError("not one record with a picture was found: `shardbox verify` tells what the files hold")
    place(make_page(records.manifest, records.class_ids, sketch, path_of), output)
    yield output


def place(page: str, output: str) -> None:
    """Writes a page so that one which was there stays until the new one is whole.

    Args:
        page: its text.
        output: its path; the folder is made if it is not there.
    """
    make_folder(FileSystems.split(output)[0])
    if is_remote(output):  # what is written to an object store is there when it is closed, and not before
        write_text(output, page)
        return
    part = part_of(output)
    try:
        write_text(part, page)
        os.replace(part, output)  # Beam's own would delete what a path matches as a pattern
    finally:
        with suppress(FileNotFoundError):
            os.remove(part)
