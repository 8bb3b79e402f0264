"""The way in from Python: frames of a row for each box become TFRecords.

from beam_pipelines.dataframe import write_tfrecords

write_tfrecords({"train": train, "test": test}, "dataset", label_map={"upper": 1, "lower": 2})
write_tfrecords(train, "train.tfrecord", label_map={"upper": 1, "lower": 2})
"""

from beam_pipelines.dataframe.writing import write_tfrecords

__all__ = ["write_tfrecords"]
