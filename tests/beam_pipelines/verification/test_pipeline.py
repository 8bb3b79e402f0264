"""What is planned for the files of a dataset and of others."""

from dataclasses import replace

from beam_pipelines.record_files.locating import RecordFile, RecordSet
from beam_pipelines.verification.pipeline import Plan
from beam_pipelines.verification.repeats import Side
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split

SHARDS = (Shard("a-0", 2, 10, "0" * 8), Shard("a-1", 3, 20, "1" * 8))
MANIFEST = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {"a": Split(5, 0, {"cat": 5}, 30, SHARDS)})
FILES = tuple(RecordFile(f"/set/{shard.name}", shard.name, "a", shard) for shard in SHARDS)
SET = RecordSet("/set", FILES, MANIFEST, "", {1: "cat"})


def test_plan_of_a_dataset():
    plan = Plan.of(SET, decode=True)
    assert (plan.rules.of_dataset, plan.rules.decode, plan.rules.class_names) == (True, True, {1: "cat"})
    assert plan.shards == {(10, "0" * 8): "a-0", (20, "1" * 8): "a-1"}
    assert plan.sides == (Side("a-0", "a"), Side("a-1", "a"))
    assert not plan.leaks_known


def test_leaks_that_the_manifest_counts_are_known():
    manifest = replace(MANIFEST, repairs={"leaked_copy": 2})
    assert Plan.of(replace(SET, manifest=manifest), decode=False).leaks_known


def test_plan_of_files_of_others():
    plan = Plan.of(replace(SET, manifest=None), decode=False)
    assert (plan.rules.of_dataset, plan.rules.decode, plan.shards, plan.leaks_known) == (False, False, {}, False)
