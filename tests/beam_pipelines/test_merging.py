"""Parts that are merged to a whole."""

import pickle

from apache_beam import CombineGlobally, Create
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines.merging import MergeParts

from .made import pipeline_here


class Numbers:
    """Numbers, sorted."""

    def __init__(self, *numbers: int):
        self.numbers = list(numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and self.numbers == other.numbers

    __hash__ = None  # type: ignore[assignment]

    def merge(self, other: "Numbers") -> None:
        self.numbers = sorted(self.numbers + other.numbers)


def test_parts_are_added_to_an_empty_one():
    merge = MergeParts(Numbers)
    whole = merge.create_accumulator()
    assert whole == Numbers()
    for part in (Numbers(3), Numbers(1, 4)):
        whole = merge.add_input(whole, part)
    assert merge.extract_output(whole) == Numbers(1, 3, 4)


def test_wholes_are_merged_and_stay_what_they_are():
    merge = MergeParts(Numbers)
    wholes = [Numbers(3), Numbers(), Numbers(1)]
    assert merge.merge_accumulators(iter(wholes)) == Numbers(1, 3)
    assert wholes == [Numbers(3), Numbers(), Numbers(1)]
    assert merge.merge_accumulators([]) == Numbers()


def test_in_a_pipeline():
    with pipeline_here() as pipeline:
        parts = pipeline | Create([Numbers(number) for number in (5, 2, 9)])
        assert_that(parts | CombineGlobally(MergeParts(Numbers)), equal_to([Numbers(2, 5, 9)]))


def test_it_travels_to_workers():
    assert pickle.loads(pickle.dumps(MergeParts(Numbers))).create_accumulator() == Numbers()
