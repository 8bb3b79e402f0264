"""Records that come back from a shuffle as they went in."""

from apache_beam.coders import registry
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.coding import Batch, BatchCoder, Outcome, RecordCoder, in_batches
from beam_pipelines.records import (
    AnnotatedObject,
    Annotation,
    Entry,
    ListedImage,
    Pair,
    Picture,
    Query,
    Reject,
    Sheet,
    Side,
    Tally,
)

from .made import picture, reject, sha

TEXT = st.text(max_size=6)
SMALL = st.integers(0, 2**31)
SIDE_OF_BOX = st.floats(0, 1, width=32)
FLAG = st.integers(0, 1)
BOX = st.tuples(TEXT, *[SIDE_OF_BOX] * 4, FLAG, FLAG, TEXT, FLAG, st.floats(0.5, 9, width=32), TEXT)
PICTURE = st.builds(
    lambda key, text, boxes, repairs, leads: picture(
        **{"key": key, "image": text, "annotation": text, "signature": text, "boxes": boxes, "repairs": repairs},
        **{"leads": leads, "labels": repairs, "split": text, "masks": text},
    )._replace(sha256=sha(key), group=sha(key) if leads else text),
    *(st.integers(0, 2**63 - 1), TEXT, st.lists(BOX, max_size=3).map(tuple), st.lists(TEXT).map(tuple), st.booleans()),
)


def few(elements: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    return st.lists(elements, max_size=most).map(tuple)


LISTED = st.builds(ListedImage, TEXT, SMALL, st.booleans(), few(TEXT))
QUERY = st.builds(Query, TEXT, SMALL, TEXT, few(few(TEXT, 2), 2))
OBJECT = st.builds(AnnotatedObject, *[TEXT] * 12, SMALL)
ANNOTATION = st.builds(Annotation, *[TEXT] * 3, SMALL, SMALL, few(OBJECT), few(TEXT), few(TEXT), TEXT)
SHEET = st.builds(Sheet, ANNOTATION, TEXT, SMALL, TEXT)
ENTRY = st.builds(Entry, *[TEXT] * 3, SMALL)
SIDE = st.builds(Side, few(LISTED), few(QUERY), few(SHEET), few(ENTRY))
RECORD = st.one_of(
    PICTURE,
    st.builds(Reject, *[TEXT] * 6, SMALL),
    st.builds(Tally, TEXT, SMALL),
    st.builds(Pair, TEXT, TEXT, few(TEXT), st.none() | ANNOTATION),
    SIDE,
)


@given(RECORD)
def test_a_round_trip(record):
    coder = RecordCoder()
    found = coder.decode(coder.encode(record))
    assert found == record
    assert type(found) is type(record)
    # NamedTuples equal plain tuples: what is inside of them must be of its class as well.
    assert repr(found) == repr(record)


@given(st.lists(RECORD).map(tuple))
def test_a_round_trip_of_a_batch(records):
    coder = BatchCoder()
    assert repr(coder.decode(coder.encode(records))) == repr(records)


def test_beam_takes_it_for_every_record():
    assert isinstance(registry.get_coder(Batch), BatchCoder)
    for kind in (Outcome, Picture, Reject, Tally, Pair, Side):
        assert isinstance(registry.get_coder(kind), RecordCoder)


def test_it_may_be_no_key():
    assert not RecordCoder().is_deterministic()


def test_a_record_is_small():
    """A few hundred bytes are what is shuffled of an image."""
    assert len(RecordCoder().encode(picture())) < 400
    assert len(RecordCoder().encode(reject())) < 200


def test_many_boxes_are_small():
    """About 20 bytes a box, if it has nothing but its sides of its own."""
    boxes = tuple(("cat", i / 1024, 0.5, 1.0, 1.0, 0, 0, "Unspecified", 0, 0, "") for i in range(500))
    found = picture(boxes=boxes)
    assert len(RecordCoder().encode(found)) < 400 + 20 * 500
    assert RecordCoder().decode(RecordCoder().encode(found)) == found


def test_rows_of_one_image_are_small():
    """What all have in common is written once."""
    rows = tuple(
        AnnotatedObject("raccoon", str(i), str(i + 1), "640", "480", source="labels.csv", row=100_000 + 40 * i)
        for i in range(500)
    )
    side = Side(sheets=(Sheet(Annotation("a.jpg", "", "", 0, 0, rows), "labels.csv", 1, ""),))
    assert len(RecordCoder().encode(side)) < 400 + 20 * 500
    assert repr(RecordCoder().decode(RecordCoder().encode(side))) == repr(side)


@given(st.integers(0, 2000))
def test_batches(number):
    batches = list(in_batches(range(number)))
    assert [record for batch in batches for record in batch] == list(range(number))
    assert all(type(batch) is tuple and 0 < len(batch) <= 1000 for batch in batches)
    assert len(batches) <= 1 + number // 100
