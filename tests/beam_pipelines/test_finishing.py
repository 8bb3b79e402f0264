"""How a dataset takes its place, however often its last step has to be repeated."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from apache_beam import Create
from apache_beam.io.filesystems import FileSystems
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines import finishing
from beam_pipelines.finishing import FinishDataset, describe_dataset
from beam_pipelines.output_folder import Predecessor, inspect_output
from beam_pipelines.planning import make_plan
from beam_pipelines.records import Tally
from beam_pipelines.report.sketch import Sketch
from beam_pipelines.writing import Written
from data_contract.features import FEATURES
from data_contract.label_map import LabelMap
from data_contract.manifest import (
    LabelMapFile,
    Manifest,
    ManifestError,
    RejectFile,
    Rejects,
    Shard,
    Split,
    read_manifest,
)
from presentation.refusals import UsageError

from .made import box, contents, pictures, pipeline_here, put, reject, survey_of, wishes

FRACTIONS = {"train": 0.75, "test": 0.25}
OUTCOMES = [
    *pictures(3, boxes=(box("cat"), box("dog")), signature="cat\0dog"),
    *pictures(4, boxes=(), signature="", repairs=("size_missing",))[3:],
    *(reject(code="box_outside", level="box", box="cat", annotation=f"{i}.xml") for i in range(2)),
    Tally("annotations", 4),
]
PLAN = make_plan(survey_of(OUTCOMES), wishes(fractions=FRACTIONS, num_shards={"train": 2, "test": 1}))


def one(shard: str, path: str = "", **changes) -> Written:
    plain = Written(shard, path, 1, 10, "0000000a", 0, {"cat": 1}, {}, {})
    return plain._replace(**changes)


WRITTEN = [
    one("rejects:0:1", examples=2, bytes=33, crc32c="0000000d", boxes={}),
    one("train:1:2", boxes={"dog": 1, "cat": 2}, labels={"dog": 1}, crc32c="0000000b", repairs={"size_missing": 1}),
    one("test:0:1", negatives=1, boxes={}, crc32c="0000000c", repairs={"size_missing": 2, "box_rounded": 1}),
    one("train:0:2", examples=2, labels={"dog": 1, "cat": 1}),
]
LABEL_MAP = LabelMap.from_ids(PLAN.labels).to_pbtxt()
MANIFEST = Manifest(
    label_map=LabelMapFile("label_map.pbtxt", hashlib.sha256(LABEL_MAP.encode()).hexdigest()),
    classes={"cat": 1, "dog": 2},
    splits={
        "train": Split(
            *(3, 0, {"cat": 3, "dog": 1}, 20),
            (
                Shard("train-00000-of-00002.tfrecord", 2, 10, "0000000a"),
                Shard("train-00001-of-00002.tfrecord", 1, 10, "0000000b"),
            ),
            labels={"cat": 1, "dog": 2},
        ),
        "test": Split(1, 1, {}, 10, (Shard("test-00000-of-00001.tfrecord", 1, 10, "0000000c"),)),
    },
    options={"seed": 0},
    rejects=Rejects((RejectFile("rejects-00000-of-00001.jsonl", 2, 33, "0000000d"),), {"box_outside": 2}),
    repairs={"box_rounded": 1, "size_missing": 3},
    seen={"annotations": 4, "images": 0},
    remarks=PLAN.remarks,
)


@pytest.mark.parametrize("order", [1, -1])
def test_a_manifest(order):
    found = describe_dataset(PLAN, WRITTEN[::order], LABEL_MAP, {"seed": 0})
    assert found == MANIFEST
    assert found.to_json() == MANIFEST.to_json()
    assert list(found.splits) == ["train", "test"]


def test_a_manifest_has_the_remarks_of_the_plan():
    remarks = ("one", "two\nlines")
    found = describe_dataset(PLAN._replace(remarks=remarks), WRITTEN, LABEL_MAP, {"seed": 0})
    assert found == replace(MANIFEST, remarks=remarks)


@pytest.mark.parametrize(
    ("extras", "more"),
    [
        (("labels",), ["image/class/text", "image/class/label"]),
        (
            ("labels", "masks", "class_maps"),
            [
                *("image/class/text", "image/class/label", "image/object/mask"),
                *("image/segmentation/class/encoded", "image/segmentation/class/format"),
            ],
        ),
    ],
)
def test_a_manifest_lists_what_its_examples_have(tmp_path, extras, more):
    found = describe_dataset(PLAN, WRITTEN, LABEL_MAP, {"seed": 0}, extras)
    assert found.features[: len(FEATURES)] == MANIFEST.features == FEATURES
    assert [feature.key for feature in found.features[len(FEATURES) :]] == more
    job = Job(tmp_path / "out")
    job.transform.extras = extras
    job.finish()
    assert read_manifest(tmp_path / "out") == replace(job.manifest, features=found.features)


class Job:
    """A run whose shards lie written in its temporary folder; `finish` puts them in place, as a worker does."""

    def __init__(self, output, run: str = "a" * 32, predecessor: Predecessor | None = None, mark: str = "new"):
        self.output, self.temp = output, output / f"shardbox-temp-{run}"
        self.written = []
        for shard in WRITTEN:
            family, number, _ = shard.shard.split(":")
            place = f"{number:0>5}-{run}.{family}"
            data = f"{mark} {shard.shard}".encode()
            path = put(self.temp, place, data)
            self.written.append(shard._replace(path=str(path), bytes=len(data)))
        self.transform = FinishDataset(
            output=str(output),
            temp=str(self.temp),
            extras=(),
            predecessor=predecessor or Predecessor(),
            label_map=None,
            options={"seed": 0},
            report=True,
        )
        self.manifest = describe_dataset(PLAN, self.written, LABEL_MAP, {"seed": 0})
        self.dataset = {
            **{
                f"{family}-{int(number):05d}-of-{int(count):05d}.{'jsonl' if family == 'rejects' else 'tfrecord'}": (
                    f"{mark} {family}:{number}:{count}".encode()
                )
                for family, number, count in (shard.shard.split(":") for shard in WRITTEN)
            },
            "label_map.pbtxt": LABEL_MAP.encode(),
            "manifest.json": self.manifest.to_json().encode(),
            "report/index.html": f"page of {mark} test:0:1".encode(),
        }

    def finish(self) -> list[str]:
        return list(finishing._finish(None, self.transform, PLAN, self.written, Sketch()))


@pytest.fixture(autouse=True)
def page(monkeypatch):
    """A page that quotes a shard, wherever it lies at that time."""

    def make_page(manifest, class_ids, sketch, path_of):
        assert isinstance(manifest, Manifest)
        assert class_ids == manifest.classes
        return f"page of {Path(path_of('test-00000-of-00001.tfrecord')).read_text()}"

    monkeypatch.setattr(finishing, "make_page", make_page)


def old_dataset(output) -> Predecessor:
    """Another finished dataset in the folder, with a split that the new one has not."""
    job = Job(output, "0" * 32, mark="old")
    job.finish()
    name = "extra-00000-of-00001.tfrecord"
    splits = {**job.manifest.splits, "extra": Split(0, 0, {}, 0, (Shard(name, 0, 0, "00000000"),))}
    put(output, name, "")
    put(output, "manifest.json", replace(job.manifest, splits=splits).to_json())
    put(output, "run.json", "{}")
    return inspect_output(str(output), overwrite=True)


def test_a_dataset_takes_its_place(tmp_path):
    job = Job(tmp_path / "out")
    assert job.finish() == [str(tmp_path / "out/manifest.json")]
    assert contents(tmp_path / "out") == job.dataset
    assert read_manifest(tmp_path / "out") == job.manifest
    assert job.finish() == [str(tmp_path / "out/manifest.json")]
    assert contents(tmp_path / "out") == job.dataset


def test_a_dataset_takes_the_place_of_another(tmp_path):
    output = tmp_path / "out"
    old_dataset(output)
    put(output, f"shardbox-temp-{'f' * 32}/train/00000-x", "of a run that did not end")
    job = Job(output, predecessor=inspect_output(str(output), overwrite=True))
    job.finish()
    assert contents(output) == job.dataset


def test_an_equal_dataset_takes_the_place_of_its_twin(tmp_path):
    """The manifest that is there is the very one that will be: that alone does not mean that all is done."""
    output = tmp_path / "out"
    twin = Job(output, "0" * 32)
    twin.finish()
    put(output, "run.json", "{}")
    job = Job(output, predecessor=inspect_output(str(output), overwrite=True))
    job.finish()
    assert contents(output) == job.dataset == twin.dataset


def test_a_given_label_map_is_written_whole(tmp_path):
    job = Job(tmp_path / "out")
    given = LabelMap.from_ids({"cat": 1, "dog": 2, "eel": 9})
    job.transform.label_map = given
    job.finish()
    assert (tmp_path / "out/label_map.pbtxt").read_text() == given.to_pbtxt()
    assert read_manifest(tmp_path / "out").label_map.sha256 == hashlib.sha256(given.to_pbtxt().encode()).hexdigest()


def test_a_dataset_without_a_page(tmp_path):
    job = Job(tmp_path / "out")
    job.transform.report = False
    job.finish()
    assert contents(tmp_path / "out") == {k: v for k, v in job.dataset.items() if not k.startswith("report")}


def test_a_page_that_cannot_be_made_costs_no_dataset(tmp_path, monkeypatch, caplog):
    def fail(*_):
        raise ValueError("a fault")

    monkeypatch.setattr(finishing, "make_page", fail)
    job = Job(tmp_path / "out")
    job.finish()
    assert contents(tmp_path / "out") == {k: v for k, v in job.dataset.items() if not k.startswith("report")}
    assert "the report could not be made" in caplog.text
    assert "a fault" in caplog.text


def test_a_page_for_which_the_disk_has_no_room_costs_no_dataset(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(finishing, "write_text", fail)
    job = Job(tmp_path / "out")
    job.finish()
    assert contents(tmp_path / "out") == {k: v for k, v in job.dataset.items() if not k.startswith("report")}


def test_a_missing_shard_stops_it_before_anything_is_touched(tmp_path):
    job = Job(tmp_path / "out")
    before = contents(tmp_path / "out")
    del job.written[1]
    with pytest.raises(RuntimeError, match=r"^shards were not written: \['train-00001-of-00002.tfrecord'\]$"):
        job.finish()
    assert contents(tmp_path / "out") == before


def test_a_preview_is_a_manifest_alone(tmp_path):
    job = Job(tmp_path / "out")
    before = contents(tmp_path / "out")
    job.transform.preview = str(tmp_path / "preview.json")
    assert job.finish() == [str(tmp_path / "preview.json")]
    assert (tmp_path / "preview.json").read_text() == job.manifest.to_json()
    assert contents(tmp_path / "out") == before


class FaultError(Exception):
    """What stops a step in these tests."""


OPERATIONS = ("create", "delete", "rename", "mkdirs")


class FaultyFileSystems:
    """Counts what changes the disk, and fails at one of them: before it is done, or right after."""

    def __init__(self, monkeypatch, fail_at: int | None, after: bool):
        self.count = 0
        for module in ("beam_pipelines.finishing", "beam_pipelines.output_folder"):
            monkeypatch.setattr(f"{module}.FileSystems", self._wrapped(fail_at, after))

    def _wrapped(self, fail_at, after):
        counter = self

        def faulty(real):
            def operation(*arguments, **options):
                counter.count += 1
                now = counter.count == fail_at
                if now and not after:
                    raise FaultError
                result = real(*arguments, **options)
                if now:
                    raise FaultError
                return result

            return staticmethod(operation)

        operations = {name: faulty(getattr(FileSystems, name)) for name in OPERATIONS}
        return type("Faulty", (FileSystems,), operations)


def complete(output) -> bool:
    try:
        read_manifest(output)
    except ManifestError:
        return False
    return True


def fault_in(job: Job, fail_at: int | None, after: bool) -> int:
    """Lets the job finish with a fault. Returns how many operations came before it, 0 if it was never reached."""
    with pytest.MonkeyPatch.context() as patch:
        faulty = FaultyFileSystems(patch, fail_at, after)
        patch.setattr(finishing, "write_text", lambda path, text: Path(path).write_text(text))  # of the page: no step
        try:
            job.finish()
        except FaultError:
            return faulty.count
        return 0 if fail_at else faulty.count


def operations_of(tmp_path) -> int:
    output = tmp_path / "counted"
    return fault_in(Job(output, predecessor=old_dataset(output)), None, False)


STEPS = 30
"""At least as many as there are; the first test sees to it that none is left out."""


def test_all_steps_are_tried(tmp_path):
    assert 10 < operations_of(tmp_path) <= STEPS


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fail_at", range(1, STEPS + 1))
def test_a_step_that_failed_is_repeated(tmp_path, fail_at, after):
    output = tmp_path / "out"
    predecessor = old_dataset(output)
    old = contents(output)
    job = Job(output, predecessor=predecessor)
    fault_in(job, fail_at, after)
    between = {name: data for name, data in contents(output).items() if "shardbox-temp" not in name}
    # Whoever looks now sees the whole old dataset, the whole new one, or none.
    assert not complete(output) or between in (old, job.dataset)
    job.finish()
    assert contents(output) == job.dataset


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fail_at", range(1, STEPS + 1))
def test_after_a_crash_another_run_takes_over(tmp_path, fail_at, after):
    output = tmp_path / "out"
    fault_in(Job(output, predecessor=old_dataset(output)), fail_at, after)
    heir = Job(output, "b" * 32, predecessor=inspect_output(str(output), overwrite=True), mark="heir")
    heir.finish()
    assert contents(output) == heir.dataset


@pytest.mark.parametrize("fail_at", range(1, STEPS + 1))
def test_two_faults_in_a_row(tmp_path, fail_at):
    output = tmp_path / "out"
    job = Job(output, predecessor=old_dataset(output))
    fault_in(job, fail_at, True)
    fault_in(job, 2, True)
    job.finish()
    assert contents(output) == job.dataset


def test_foreign_files_that_came_meanwhile_stay(tmp_path):
    output = tmp_path / "out"
    job = Job(output, predecessor=old_dataset(output))
    put(output, "notes.txt", "mine")
    job.finish()
    assert contents(output) == {**job.dataset, "notes.txt": b"mine"}
    with pytest.raises(UsageError):
        inspect_output(str(output), overwrite=True)


def test_in_a_pipeline(tmp_path):
    job = Job(tmp_path / "out")
    with pipeline_here() as pipeline:
        written, plan = pipeline | "Written" >> Create(job.written), pipeline | "Plan" >> Create([PLAN])
        inputs = written, plan, pipeline | "Sketch" >> Create([Sketch()])
        assert_that(inputs | job.transform, equal_to([str(tmp_path / "out/manifest.json")]))
    assert contents(tmp_path / "out") == job.dataset
    assert json.loads(job.dataset["manifest.json"])["options"] == {"seed": 0}
