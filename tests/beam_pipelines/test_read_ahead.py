"""Files that are read before their records are worked on: order, failures, bounds, and no thread left."""

import gc
import threading
import time
from operator import attrgetter

import pytest
from apache_beam import Create
from apache_beam.internal import pickler
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines.coding import Batch
from beam_pipelines.encoding import ExampleCoder
from beam_pipelines.examination import ExaminePictures, Examiner
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.read_ahead import ReadAhead
from beam_pipelines.reading import ReadFailure, read_file, read_record
from beam_pipelines.records import Pair, Picture, RecordError, Reject

from .made import cat_object, pipeline_here, put, voc
from .made_store import FakeStore
from .masks.made_masks import png
from .pictures.made_pictures import SIZE, encoded, gradient

JPEG = encoded(gradient(), "JPEG")


def threads_that_read():
    return [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert threads_that_read() == []


def path_of(number):
    return [f"fake://{number}"]


class Slow:
    """Reads later paths sooner, and knows how many were read at a time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.begun = []

    def __call__(self, path):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.begun.append(path)
        time.sleep(0.03 if int(path.removeprefix("fake://")) % 3 == 0 else 0.001)
        with self.lock:
            self.now -= 1
        return path.encode()


def test_records_come_in_order_with_their_files():
    read = Slow()
    with ReadAhead(path_of, threads=4, read=read) as ahead:
        found = [(number, read_file(f"fake://{number}")) for number in ahead.over(range(30), lambda _: 1)]
    assert found == [(number, b"fake://%d" % number) for number in range(30)]
    assert sorted(read.begun) == sorted(f"fake://{number}" for number in range(30))
    assert 1 < read.most <= 4


def test_a_file_that_cannot_be_read_fails_its_own_record():
    def read(path):
        if path in ("fake://3", "fake://5"):
            raise TimeoutError(f"{path} did not answer")
        return b"x"

    found = []
    with ReadAhead(path_of, threads=4, read=read) as ahead:
        for number in ahead.over(range(8), lambda _: 1):
            try:
                found.append(read_record(f"fake://{number}", "image_unreadable"))
            except ReadFailure as error:
                found.append(str(error))
    assert found[3:6] == ["fake://3: fake://3 did not answer", b"x", "fake://5: fake://5 did not answer"]
    assert found.count(b"x") == 6


def test_a_failure_ends_the_work_where_it_is_and_the_threads():
    def read(path):
        if path == "fake://2":
            raise TimeoutError
        return b"x"

    worked_on = []

    def work():
        with ReadAhead(path_of, threads=2, read=read) as ahead:
            for number in ahead.over(range(100), lambda _: 1):
                read_file(f"fake://{number}")
                worked_on.append(number)

    with pytest.raises(TimeoutError):
        work()
    assert worked_on == [0, 1]


@pytest.mark.parametrize(("sizes", "most"), [([10] * 20, 3), ([35] * 5, 1), ([5, 40, 5, 5, 5, 5, 5, 5], 6)])
def test_so_many_bytes_are_read_ahead_and_no_more(sizes, most):
    """One record may be larger than all that is allowed; it is alone then."""
    begun, out = [], []

    def read(path):
        begun.append(int(path.removeprefix("fake://")))
        return b"x"

    with ReadAhead(path_of, threads=8, most_bytes=30, read=read) as ahead:
        for number in ahead.over(range(len(sizes)), lambda number: sizes[number]):
            time.sleep(0.005)
            out.append(number)
            waiting = [other for other in begun if other not in out]
            assert sum(sizes[other] for other in waiting) <= max(30, *sizes)
            assert len(waiting) <= most
    assert out == list(range(len(sizes)))


def test_sizes_that_nobody_knows_are_those_of_the_largest_so_far():
    begun = []

    def read(path):
        begun.append(path)
        return b"x" * 100

    out = []
    with ReadAhead(path_of, threads=8, most_bytes=250, read=read) as ahead:
        for number in range(10):
            for earlier in ahead.add(number):
                out.append(earlier)
                assert len(begun) - len(out) <= 2
        out += ahead.rest()
    assert out == list(range(10))


def test_what_was_read_ahead_is_forgotten_after_its_record():
    with ReadAhead(path_of, threads=1, read=lambda path: b"ahead") as ahead:
        assert [read_file("fake://1") for _ in ahead.over([1], lambda _: 1)] == [b"ahead"]
    with pytest.raises(FileNotFoundError):
        read_file("fake://nowhere/1")


def test_files_of_this_machine_are_not_read_ahead(tmp_path):
    here = str(put(tmp_path, "a.bin", "here"))
    with ReadAhead(lambda _: [here], threads=1, read=lambda path: b"ahead") as ahead:
        assert [read_file(here) for _ in ahead.over([1], lambda _: 1)] == [b"here"]


def test_other_threads_read_for_themselves(tmp_path):
    path = f"fake://{put(tmp_path, 'a.bin', 'stored')}"
    found = []
    with ReadAhead(lambda _: [path], threads=1, read=lambda path: b"ahead") as ahead:
        for _ in ahead.over([1], lambda _: 1):
            other = threading.Thread(target=lambda: found.append(read_file(path)))
            other.start()
            other.join()
            found.append(read_file(path))
    assert found == [b"stored", b"ahead"]


def stored(tmp_path, **more):
    """An examiner of pictures in the fake store, and the same of those on the disk."""
    folders = [(f"{start}{tmp_path}/annotations", f"{start}{tmp_path}/images") for start in ("fake://", "")]
    return [
        Examiner(FileSet.of("annotations", [annotations]), FileSet.of("images", [images]), **more)
        for annotations, images in folders
    ]


@pytest.fixture
def pairs(tmp_path):
    """More than are read at a time, some of which are to be rejected."""
    found = []
    for number in range(300):
        put(tmp_path, f"annotations/{number}.xml", voc(cat_object(), size=SIZE))
        if number % 7:
            put(tmp_path, f"images/{number}.jpg", b"hello" if number % 11 == 0 else JPEG + bytes([number % 256]))
        found.append(Pair(f"{number}.xml", f"{number}.jpg"))
    return found


def outcomes(examiner, pair):
    """What becomes of a pair, in no pipeline."""
    try:
        found, rejects = examiner.examine(pair)
    except RecordError as error:
        return [Reject(error.code, "image", pair.annotation, pair.image, error.message)]
    return [found, *rejects]


def test_pictures_of_a_store_come_out_as_those_of_a_disk(tmp_path, pairs):
    remote, local = stored(tmp_path)
    assert (remote.reads_ahead, local.reads_ahead) == (True, False)
    expected = [outcome for pair in pairs for outcome in outcomes(local, pair)]
    with pipeline_here() as pipeline:
        batches = [tuple(pairs[start : start + 7]) for start in range(0, len(pairs), 7)]
        pictures, rejects = pipeline | Create(batches).with_output_types(Batch) | ExaminePictures(remote)
        assert_that(pictures, equal_to([one for one in expected if isinstance(one, Picture)]), label="pictures")
        assert_that(rejects, equal_to([one for one in expected if isinstance(one, Reject)]), label="rejects")


def test_a_store_that_fails_fails_the_job_and_leaves_no_thread(tmp_path, pairs, monkeypatch):
    remote, _ = stored(tmp_path)

    def fail(self, path, *_, **__):
        raise ConnectionError("the store is gone")

    monkeypatch.setattr(FakeStore, "open", fail)
    with pytest.raises(Exception, match="the store is gone"), pipeline_here() as pipeline:
        pipeline | Create([tuple(pairs)]).with_output_types(Batch) | ExaminePictures(remote)
    gc.collect()


def test_masks_are_read_ahead_too(tmp_path):
    put(tmp_path, "annotations/a.xml", voc(cat_object(), size=SIZE))
    put(tmp_path, "images/a.jpg", JPEG)
    put(tmp_path, "masks/a.png", png([[1] * SIZE[0]] * SIZE[1]))
    masks = MaskFolders(f"fake://{tmp_path}/masks", f"fake://{tmp_path}/masks")
    remote, _ = stored(tmp_path, masks=masks)
    pair = Pair("a.xml", "a.jpg")
    assert sorted(remote.files(pair)) == sorted(
        f"fake://{tmp_path}/{name}" for name in ("annotations/a.xml", "images/a.jpg", "masks/a.png", "masks/a.png")
    )
    found, _ = remote.examine(pair)
    coder = ExampleCoder(remote.images, ("masks", "class_maps"), masks)
    assert set(coder.files(found)) == {f"fake://{tmp_path}/images/a.jpg", f"fake://{tmp_path}/masks/a.png"}
    assert coder.reads_ahead


def test_a_picture_that_no_split_names_is_not_read(tmp_path):
    remote, _ = stored(tmp_path, given_splits=True)
    assert list(remote.files(Pair("a.xml", "a.jpg"))) == []
    assert len(list(remote.files(Pair("a.xml", "a.jpg", ("train",))))) == 2


def test_records_are_written_as_from_a_disk(tmp_path, pairs):
    remote, local = stored(tmp_path)
    found = [one for pair in pairs for one in outcomes(local, pair) if isinstance(one, Picture)]
    with ReadAhead(ExampleCoder(remote.images).files) as ahead:
        coder = ExampleCoder(remote.images)
        records = [coder.encode((one, {"cat": 1})) for one in ahead.over(found, attrgetter("size"))]
    assert records == [ExampleCoder(local.images).encode((one, {"cat": 1})) for one in found]


def test_what_reads_ahead_can_be_sent_to_a_worker(tmp_path):
    remote, _ = stored(tmp_path)
    transform = ExaminePictures(remote)
    assert pickler.loads(pickler.dumps(transform)).examiner == remote
