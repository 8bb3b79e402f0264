"""Merges the sketches of parts."""

from collections.abc import Iterable

import apache_beam as beam

from beam_pipelines.report.sketch import Sketch


class MergeSketches(beam.CombineFn):
    """Adds sketches of parts."""

    def create_accumulator(self) -> Sketch:
        """Returns an empty sketch."""
        return Sketch()

    def add_input(self, sketch: Sketch, other: Sketch) -> Sketch:
        """Adds one part."""
        sketch.merge(other)
        return sketch

    def merge_accumulators(self, sketches: Iterable[Sketch]) -> Sketch:
        """Adds all parts."""
        merged = Sketch()
        for sketch in sketches:
            merged.merge(sketch)
        return merged

    def extract_output(self, sketch: Sketch) -> Sketch:
        """Returns the sketch itself."""
        return sketch
