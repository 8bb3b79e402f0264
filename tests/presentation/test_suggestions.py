"""The nearest right word for a wrong one."""

import pytest

from presentation.suggestions import did_you_mean


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("trian", ["test", "train"], "; did you mean train?"),
        ("--anotations", {"--annotations": 0, "--images": 0}, "; did you mean --annotations?"),
        ("xyz", ["train", "test"], ""),
        ("train", [], ""),
        ("train", (name for name in ["train"]), "; did you mean train?"),
    ],
)
def test_suggestions(word, known, found):
    assert did_you_mean(word, known) == found
