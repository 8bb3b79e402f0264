"""The whole data job on one screen."""

from dataclasses import dataclass
from typing import Any

import apache_beam as beam

from beam_pipelines.coding import Outcome
from beam_pipelines.deduplication import DeduplicatePictures
from beam_pipelines.encoding import ExampleCoder
from beam_pipelines.examination import ExaminePictures, Examiner
from beam_pipelines.finishing import FinishDataset
from beam_pipelines.matching import MatchImages
from beam_pipelines.output_folder import Predecessor
from beam_pipelines.planning import Wishes, make_plan
from beam_pipelines.rows.matching import MatchRows
from beam_pipelines.rows.sources import NumberRejects
from beam_pipelines.survey import TakeSurvey
from beam_pipelines.writing import WriteShards


@dataclass
class BuildDataset(beam.PTransform):
    """From listings of annotations and images to a finished dataset.

    What travels is metadata. The bytes of an image are read twice, by the examination and by the writer.

    Attributes:
        match: finds the image of every annotation: `MatchImages`, or `MatchRows` for tables.
        examiner: where the input is, and how to look at it.
        wishes: what the dataset should be like.
        grouped: whether groups are wider than equal content.
        extras: as in `ExampleCoder`.
        duplicates: one of `deduplication.POLICIES`.
        output: the dataset's folder.
        temp: the run's temporary folder in it.
        predecessor: what lies in the folder and is to be replaced.
        options: those that shape the data, for the manifest.
        buckets: how many parts names and pictures are joined in; it changes no result.
        report: whether the page that a person looks at is wanted.
        preview: None to write the dataset; else a file for the manifest that it would have had.
        progress: a folder on this machine that is told how far the work is; None if nobody watches.
    """

    match: MatchImages | MatchRows
    examiner: Examiner
    wishes: Wishes
    grouped: bool
    extras: tuple[str, ...]
    duplicates: str
    output: str
    temp: str
    predecessor: Predecessor
    options: dict[str, Any]
    buckets: int
    report: bool
    preview: str | None = None
    progress: str | None = None

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """List, match, examine, deduplicate, plan, write, finish."""
        pairs, unmatched = pipeline | "Match images" >> self.match
        examined, unusable = pairs | "Examine pictures" >> ExaminePictures(self.examiner, self.progress)
        pictures, copies = examined | "Deduplicate" >> DeduplicatePictures(self.duplicates, self.buckets, self.grouped)
        others = (unmatched, unusable, copies) | "Rejects and tallies" >> beam.Flatten().with_output_types(Outcome)
        if isinstance(self.match, MatchRows):
            others = others | "Number rejected rows" >> NumberRejects(self.match.tables)
        survey = (pictures, others) | "Survey" >> TakeSurvey(self.wishes.seed)
        plan = survey | "Plan or refuse" >> beam.Map(make_plan, self.wishes)
        temp = None if self.preview else self.temp
        coder = ExampleCoder(self.examiner.images, self.extras, self.examiner.masks)
        report = self.report and self.preview is None
        writing = WriteShards(self.output, temp, coder, report, self.progress)
        written, sketch = (pictures, others, plan) | "Write" >> writing
        return (written, plan, sketch) | "Finish" >> FinishDataset(
            self.output,
            self.temp,
            self.extras,
            self.predecessor,
            self.wishes.label_map,
            self.options,
            report,
            self.preview,
        )
