"""Records that come back from a shuffle as they went in."""

from apache_beam.coders import registry
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.coding import Batch, BatchCoder, Outcome, RecordCoder, in_batches
from beam_pipelines.records import ListedImage, Pair, Picture, Query, Reject, Side, Tally

from .made import box, picture, reject, sha

TEXT = st.text(max_size=6)
SMALL = st.integers(0, 2**31)
BOX = st.builds(box, TEXT, *[st.floats(0, 1, width=32)] * 4)
PICTURE = st.builds(
    lambda key, text, boxes, repairs, leads: picture(
        key=key, image=text, annotation=text, signature=text, boxes=boxes, repairs=repairs, leads=leads
    )._replace(sha256=sha(key), group=sha(key) if leads else text),
    *(st.integers(0, 2**63 - 1), TEXT, st.lists(BOX, max_size=3).map(tuple), st.lists(TEXT).map(tuple), st.booleans()),
)
LISTED = st.builds(ListedImage, TEXT, SMALL, st.booleans())
QUERY = st.builds(Query, TEXT, SMALL, TEXT, st.lists(st.lists(TEXT, max_size=2).map(tuple), max_size=2).map(tuple))
SIDE = st.builds(Side, st.lists(LISTED, max_size=3).map(tuple), st.lists(QUERY, max_size=3).map(tuple))
RECORD = st.one_of(
    PICTURE, st.builds(Reject, *[TEXT] * 6), st.builds(Tally, TEXT, SMALL), st.builds(Pair, TEXT, TEXT), SIDE
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


@given(st.integers(0, 2000))
def test_batches(number):
    batches = list(in_batches(range(number)))
    assert [record for batch in batches for record in batch] == list(range(number))
    assert all(type(batch) is tuple and 0 < len(batch) <= 1000 for batch in batches)
    assert len(batches) <= 1 + number // 100
