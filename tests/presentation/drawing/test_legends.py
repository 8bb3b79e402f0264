"""What is told beside pictures."""

from presentation.drawing.legends import legend


def test_the_legend_tells_what_a_picture_cannot():
    assert legend(["cat", "猫", "café", "", "собака", "a\x1b"], {"猫": 3, "собака": 4, "a\x1b": 5}) == [
        "'#5' in the picture is a\N{REPLACEMENT CHARACTER}",
        "'cafe' in the picture is café",
        "'#4' in the picture is собака",
        "'#3' in the picture is 猫",
    ]
