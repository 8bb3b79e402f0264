"""Text of drawings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from presentation.drawing.lettering import LONGEST, caption_text, fitted, font, label_text

IDS = {"猫": 3, "кот": 4, "a\nb": 5, "": 6, "حصان": 7}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat", "cat"),
        ("Person on a bicycle", "Person on a bicycle"),
        (" cat ", "cat"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("猫", "#3"),
        ("кот", "#4"),
        ("حصان", "#7"),
        ("a\nb", "#5"),
        ("", "#6"),
        ("😀", "?"),
        ("cat 😀", "?"),
        ("\x1b[31mcat", "?"),
        (" ", "?"),
        ("\u0301", "?"),
        ("\ud800", "?"),
        ("ἵππος", "?"),
        ("한국", "?"),
        ("Hülle", "Hulle"),
        ("e\N{COMBINING ACUTE ACCENT}clair", "eclair"),
        ("Łódź", "Lodz"),
        ("straße", "strasse"),
        ("Æsculus – øre", "Aesculus - ore"),
        ("đường", "duong"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * 300, "x" * (LONGEST - 1) + "…"),
        ("x" * (LONGEST - 2) + " yyy", "x" * (LONGEST - 2) + "…"),
    ],
)
def test_a_name_in_what_the_font_has(name, expected):
    assert label_text(name, IDS) == expected


def test_a_caption_keeps_what_can_be_written():
    assert caption_text("train · Größe/猫\n😀/1.jpg") == "train · Grosse/???/1.jpg"


@pytest.mark.parametrize(
    ("width", "expected"),
    [(400, "some/folder/of/pictures/1.jpg"), (100, "some/fo…/1.jpg"), (30, "s…g"), (12, "…"), (3, "")],
)
def test_a_caption_keeps_both_ends(width, expected):
    assert fitted("some/folder/of/pictures/1.jpg", 14, width) == expected


@given(st.text(), st.integers(0, 200))
def test_a_fitted_text_fits(text, width):
    assert font(12).getlength(fitted(caption_text(text), 12, width)) <= width


@given(st.text())
def test_a_label_has_only_what_the_font_has(name):
    text = label_text(name, {})
    assert 0 < len(text) <= LONGEST
    assert all(" " <= character <= "~" or character in "©«°±´·»‘’“”…‹›⁄™ﬁﬂ" for character in text)


def test_the_font_is_laid_out_without_libraries_of_the_machine():
    assert font(14).getname() == ("Aileron", "Regular")
    assert font(14).layout_engine == ImageFont.Layout.BASIC
