"""The page of an evaluation in a real browser, as a person uses it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from trainer.evaluation.page import render_page
from trainer.evaluation.pictures import make_found, make_truth

from ..trainer.evaluation.made_evaluation import (
    NAMES,
    SIZE,
    A,
    drawings_of,
    evaluation_of,
    hostile_evaluation,
    many_classes,
)
from .visits import PHONE, Open, inks, visits_to

CHARTS = ("curves", "bars", "sizes", "scores")
FOLDER = "Lauf & 100% <b>ü #2/evaluation/validation"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    nothing = evaluation_of([make_truth(1, "a.jpg", SIZE, [], [])], [make_found(1, [], [], [])])
    single = evaluation_of([make_truth(1, "a.jpg", SIZE, [A], [0])], [make_found(1, [A], [0.9], [0])], ["dog"], [1])
    evaluations = {
        "pets": evaluation_of(),
        f"{FOLDER}/index": evaluation_of(),
        "hostile": hostile_evaluation(),
        "many": many_classes(320, 250),
        "nothing": nothing,
        "single": single,
    }
    for name, evaluation in evaluations.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(render_page(evaluation, drawings_of(evaluation)), "utf-8")
    return folder


@pytest.fixture
def visit(browser: Browser, folder: Path) -> Iterator[Open]:
    with visits_to(browser, folder) as opened:
        yield opened


def drawn(page: Page, chart: str) -> dict[str, list]:
    """The series of a chart: name → its numbers."""
    return page.evaluate(
        """(id) => Object.fromEntries(Chart.getChart(`${id}-chart`).data.datasets.map(
            ({label, data}) => [label, data.map((point) => point?.y ?? point)]))""",
        chart,
    )


def classes(page: Page) -> list[str]:
    return page.locator("#class-table tbody th").all_inner_texts()


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_all_charts_are_drawn_with_the_figures(visit):
    page = visit("pets")
    assert all(inks(page, chart) > 5 for chart in CHARTS)
    curves = drawn(page, "curves")
    assert list(curves) == ["dog", "cat", "mean of all classes"]
    assert curves["dog"] == [1] * 51 + [0] * 50
    assert curves["mean of all classes"] == [1] * 51 + [0.5] * 50
    bars = drawn(page, "bars")
    assert bars["AP"] == [1, 0.505]
    assert drawn(page, "sizes") == {"AP": [None, None, 0.7525], "AR (100 detections)": [None, None, 0.75]}
    scores = drawn(page, "scores")
    assert [sum(scores[name]) for name in ("right", "wrong")] == [4, 3]
    expect(page.locator("#curves-summary")).to_have_text("AP50: cat 1.000, mean of all classes 0.752, dog 0.505.")
    expect(page.locator("#bars-summary")).to_have_text("Best is “cat” with 1.000, worst of 2 “dog” with 0.505.")
    expect(page.locator("#sizes-summary")).to_have_text("AP: no small ones, no medium ones, large 0.752.")
    expect(page.locator("#scores-summary")).to_have_text("7 detections: 4 right, 3 wrong. The line is at 0.800.")
    expect(page.get_by_role("img", name=re.compile("^Scores 7 detections"))).to_have_count(1)
    page.locator("#sizes-card summary").click()
    assert page.locator("#sizes-numbers tr").all_inner_texts()[-1].split() == ["large", "0.752", "0.750"]


def test_a_class_can_be_chosen_in_the_table_and_in_the_list(visit):
    page = visit("pets")
    page.get_by_role("button", name="cat", exact=True).click()
    expect(page.locator("#class-choice")).to_have_value("1")
    expect(page.locator("#class-table tr.chosen th")).to_have_text("cat")
    assert list(drawn(page, "curves")) == ["cat", "mean of all classes"]
    expect(page.locator("#sizes-summary")).to_have_text("“cat”: AP: no small ones, no medium ones, large 1.000.")
    expect(page.locator("#no-pictures")).to_be_visible()
    expect(page.locator(".tile:visible")).to_have_count(0)
    page.locator("#class-choice").select_option("dog")
    expect(page.locator(".tile:visible")).to_have_count(2)
    page.get_by_role("button", name="dog", exact=True).click()
    expect(page.locator("#class-table tr.chosen")).to_have_count(0)
    expect(page.locator("#class-choice")).to_have_value("")
    page.get_by_role("button", name=NAMES[2]).click()
    expect(page.locator("#class-choice")).to_have_value("")


def test_the_table_is_sorted(visit):
    page = visit("pets")
    assert classes(page) == ["dog", "cat", NAMES[2]]
    head = page.locator("#class-table thead")
    head.get_by_role("button", name="AP", exact=True).click()
    assert classes(page) == ["cat", "dog", NAMES[2]]
    head.get_by_role("button", name="AP ↓").press("Enter")
    assert classes(page) == ["dog", "cat", NAMES[2]]
    expect(page.locator("#class-table th[aria-sort=ascending]")).to_have_text("AP")
    head.get_by_role("button", name="Class").click()
    assert classes(page) == ["cat", "dog", NAMES[2]]


def test_pictures_are_enlarged(visit):
    page = visit("pets")
    page.get_by_role("button", name="Enlarge a/confused.jpg").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("output")).to_have_text("1 of 2")
    expect(dialog.locator("code")).to_have_text(f"shardbox show . --split validation --source_id {2**62}")
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".note")).to_have_text("1 missed")
    expect(dialog.locator(".path")).to_have_text("missed.jpg")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_colours_follow_the_system_and_the_switch(visit):
    def ground(page: Page) -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = visit("pets"), visit("pets", color_scheme="dark")
    assert (ground(light), ground(dark)) == ("rgb(246, 247, 248)", "rgb(18, 21, 24)")
    before = light.evaluate("Chart.getChart('sizes-chart').data.datasets[0].backgroundColor")
    light.locator(".theme label", has_text="Dark").click()
    assert ground(light) == "rgb(18, 21, 24)"
    assert light.evaluate("Chart.getChart('sizes-chart').data.datasets[0].backgroundColor") != before
    light.emulate_media(media="print")
    expect(light.locator(".theme")).to_be_hidden()


def test_text_on_coloured_cells_can_be_read(visit):
    for scheme in ("light", "dark"):
        page = visit("many", color_scheme=scheme)
        contrasts = page.evaluate(
            """() => {
                const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
                const light = (css) => {
                    canvas.fillStyle = css;
                    canvas.fillRect(0, 0, 1, 1);
                    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255)
                        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
                    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
                };
                return [...document.querySelectorAll("#confusion-table td[class]")].flatMap((cell) =>
                    ["0%", "100%"].map((part) => {
                        cell.style.setProperty("--part", part);
                        const style = getComputedStyle(cell);
                        const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
                        return (one + 0.05) / (other + 0.05);
                    }));
            }"""
        )
        assert min(contrasts) >= 4.5


@pytest.mark.parametrize("name", ["pets", "many", "hostile", "nothing", "single"])
def test_a_phone_needs_no_sideways_scrolling(visit, name):
    page = visit(name, viewport=PHONE)
    assert fits(page)


def test_many_classes(visit):
    page = visit("many")
    assert list(drawn(page, "curves")) == ["mean of all classes"]
    assert len(drawn(page, "bars")["AP"]) == 24
    expect(page.locator("#bars-summary")).to_contain_text("The 24 worst are drawn; the table above has the others.")
    page.locator("#class-choice").select_option(index=1)
    assert len(drawn(page, "curves")) == 2
    last = page.locator("#class-choice option").last.get_attribute("value")
    page.locator("#class-choice").select_option(last)
    expect(page.locator("#curves-nothing")).to_have_text("Classes with few objects have no curve on this page.")
    page.locator("#class-choice").select_option("")
    assert inks(page, "curves") > 5


def test_hostile_names_do_no_harm(visit):
    page = visit("hostile")
    assert classes(page)[0] == "</script><script>alert(1)</script>"
    expect(page.locator("h1")).to_have_text("Evaluation on <b>'; rm -rf #")
    page.get_by_role("button", name="Enlarge </script>").click()
    expect(page.get_by_role("dialog").locator(".path")).to_have_text("</script><img src=x onerror=alert(2)>.jpg")


def test_nothing_to_measure(visit):
    page = visit("nothing")
    texts = [page.locator(f"#{chart}-nothing").inner_text() for chart in CHARTS]
    assert texts == [*["There is no object to find."] * 3, "There are no detections."]


def test_a_single_class_has_no_mean(visit):
    assert list(drawn(visit("single"), "curves")) == ["dog"]


def test_the_page_is_called_after_its_run(visit):
    page = visit(f"{FOLDER}/index")
    expect(page.locator("#run")).to_have_text("Lauf & 100% <b>ü #2")
    expect(page).to_have_title("Lauf & 100% <b>ü #2 – Evaluation on validation")


def test_without_scripts_tables_and_pictures_are_there(visit):
    page = visit("pets", java_script_enabled=False)
    expect(page.locator("noscript p, .notice").first).to_be_visible()
    assert classes(page) == ["dog", "cat", NAMES[2]]
    expect(page.locator("#charts")).to_be_hidden()
    expect(page.locator(".tile img")).to_have_count(2)
