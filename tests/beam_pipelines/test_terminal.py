"""What is shown while the job works, and how lines are printed."""

import itertools
import threading
import time
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from beam_pipelines import terminal
from beam_pipelines.progress import ProgressMark
from beam_pipelines.terminal import watch
from presentation.terminal import say
from presentation.wording import counted


def worked(folder, stage, count):
    mark = ProgressMark(str(folder), stage)
    for _ in range(count):
        mark.add()
    mark.flush()


def shown(folder, total, work, is_terminal=False, until=""):
    """Watches some work until a text is on the screen. Returns the whole of what was printed."""
    screen = Console(file=StringIO(), width=100, force_terminal=is_terminal, highlight=False, color_system=None)
    with watch(str(folder), total, screen):
        work()
        deadline = time.monotonic() + 5
        while until not in screen.file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    return screen.file.getvalue()


@pytest.fixture
def often(monkeypatch):
    """Lines come every 20 ms."""
    monkeypatch.setattr(terminal, "_LINE_SECONDS", 0.02)


def test_lines_where_there_is_no_terminal(tmp_path, often):
    lines = shown(tmp_path, 1200, lambda: worked(tmp_path, "examine", 900), until="900").splitlines()
    assert all(line.startswith("looking at pictures: ") and " of 1,200 images, " in line for line in lines)
    assert lines[-1] == "looking at pictures: 900 of 1,200 images, … images/s, time left unknown"


def test_lines_of_the_stage_that_moved_last(tmp_path, often):
    def work():
        worked(tmp_path, "examine", 100)
        worked(tmp_path, "write", 250)

    # More was written than there are images, because some have copies: never more than all.
    lines = shown(tmp_path, 200, work, until="200 of 200").splitlines()
    assert lines[-1] == "writing examples: 200 of 200 images, … images/s, time left unknown"


def test_rates_and_times_left(tmp_path, often, monkeypatch):
    """By a clock that goes on by a minute whenever it is asked: twice for each rate, once for the time left."""
    asked = itertools.count(0, 60)
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: next(asked)))
    worked(tmp_path, "examine", 600)
    line = shown(tmp_path, 1200, lambda: None, until="\n").splitlines()[0]
    assert line == "looking at pictures: 600 of 1,200 images, 10 images/s, 2:00 left"


def test_short_work_prints_no_line(tmp_path):
    assert shown(tmp_path, 10, lambda: worked(tmp_path, "examine", 10)) == ""


def test_bars_on_a_terminal(tmp_path):
    def work():
        worked(tmp_path, "examine", 1200)
        worked(tmp_path, "write", 300)

    text = shown(tmp_path, 1200, work, is_terminal=True, until="300 of 1,200")
    assert "looking at pictures" in text
    assert "1,200 of 1,200, … images/s" in text
    assert "writing examples" in text
    assert "300 of 1,200, … images/s" in text


def test_no_bar_for_a_stage_that_has_not_begun(tmp_path):
    text = shown(tmp_path, 1200, lambda: worked(tmp_path, "examine", 5), is_terminal=True, until="5 of 1,200")
    assert "writing examples" not in text


@pytest.mark.parametrize("is_terminal", [False, True])
def test_work_that_fails_ends_the_watch(tmp_path, often, is_terminal):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shown(tmp_path, 10, fail, is_terminal)
    assert not [t for t in threading.enumerate() if t.name.endswith(("(_show_bars)", "(_print_lines)"))]


def test_lines_are_printed_as_they_are():
    screen = Console(file=StringIO(), width=20)
    say(screen, "[bold]a name[/bold] :smile: that is longer than the screen")
    assert screen.file.getvalue() == "[bold]a name[/bold] :smile: that is longer than the screen\n"


@pytest.mark.parametrize(
    ("given", "text"),
    [((1, "box", "boxes"), "1 box"), ((0, "box", "boxes"), "0 boxes"), ((1234, "image"), "1,234 images")],
)
def test_numbers_agree_with_their_nouns(given: tuple, text: str):
    assert counted(*given) == text
