"""What is computed from records: keys and signatures."""

from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.records import key_of, signature_of

from .made import box

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.tuples(TEXT, TEXT, TEXT), st.tuples(TEXT, TEXT, TEXT))
def test_keys(one, other):
    keys = [key_of(*parts) for parts in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
    assert all(0 <= key < 2**63 for key in keys)


def test_keys_stay_what_they_are():
    """Another key is another order of the examples, and other shards."""
    assert key_of("0" * 64, "seq1/a.jpg") == 331_784_869_136_087_777
    assert key_of("0" * 64, "seq1/a.jpg", "train\0a.csv") == 7_319_974_559_914_472_033


def test_signatures():
    assert signature_of([]) == ""
    assert signature_of([box("dog"), box("cat"), box("cat", 0.0)]) == "cat\0dog"
    assert signature_of([box("dog")], ("eel", "Ärger", "dog")) == "dog\0eel\0Ärger"
