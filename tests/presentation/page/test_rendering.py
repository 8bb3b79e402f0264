"""What makes a page of a template."""

import pytest
from jinja2 import UndefinedError

from presentation.page.rendering import LICENCES, asset, class_name, environment, licences, shown, shown_name


def _rendered(template: str, **values: object) -> str:
    return environment().from_string(template).render(**values)


def test_what_is_put_in_is_escaped():
    assert _rendered("{{ name }} {{ data|tojson }}", name="<b>", data={"b": "</script>", "a": "\u2028"}) == (
        '&lt;b&gt; {"a":"\\u2028","b":"\\u003c/script\\u003e"}'
    )


def test_what_is_missing_is_refused():
    with pytest.raises(UndefinedError):
        _rendered("{{ name }}")


def test_numbers_and_names():
    assert _rendered("{{ 1200|grouped }} {{ 0.25|share }} {{ ''|class_name }}") == "1,200 25% (no class)"
    assert class_name("cat") == "cat"
    assert shown_name("x" * 121) == "x" * 119 + "…"
    assert shown_name("x" * 120) == "x" * 120


def test_characters_that_a_page_cannot_hold():
    assert shown("a\tb\nc\rd") == "a\tb\nc\rd"
    assert shown("\x00\x0b\x1b\x7f\x85\u202e\u2066") == "\ufffd" * 7
    assert shown("\ud800 ü 狗") == "? ü 狗"


@pytest.mark.parametrize("name", ["base.css", "frames.js", "theme.js", "viewer.js"])
def test_our_own_files_are_put_in_as_they_are(name):
    assert str(asset("presentation", f"page/{name}")) in _rendered(
        "{{ part }}", part=asset("presentation", f"page/{name}")
    )


def test_licences():
    assert [name for name, text in licences(list(LICENCES)) if "Permission is hereby granted" in text] == list(LICENCES)
