"""The page in a real browser, as a person uses it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from beam_pipelines.report.sightings import ALL
from beam_pipelines.report.sketch import Sketch

from ..beam_pipelines.report.made_page import SPLITS, made_page, made_sketch, sighting
from .visits import PHONE, Open, inks, visits_to

FOLDER = "Tiere & 100% <b>ü #2 حيوانات"
CHARTS = ("classes", "per_image", "image_sizes", "sizes", "aspects", "positions")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    labels = Sketch()
    labels.add("train", "f", [sighting(0, labels=("cat",)), sighting(1, labels=("cat", "dog"))])
    pages = {
        "pets": made_page(),
        "labels": made_page(sketch=labels, manifest=None, figures=[]),
        "empty": made_page(sketch=Sketch(), manifest=None, class_ids={}, figures=[]),
        "hostile": made_page(sketch=hostile_sketch(), manifest=None, class_ids={}),
        "many": made_page(sketch=many_classes(), manifest=None, class_ids={}),
    }
    pages[f"{FOLDER}/report/index"] = pages["pets"]
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.html").write_text(text, "utf-8")
    return folder


def hostile_sketch() -> Sketch:
    sketch = Sketch()
    names = ["</script><script>alert(1)</script>", "a&class=b#c=d", "\u2028'\"`", "\x00\u202e", "x" * 500]
    for split in ("<b>&split=x", "</script>"):
        sketch.add(split, split, [sighting(number, name) for number, name in enumerate(names)])
    return sketch


def many_classes() -> Sketch:
    sketch = Sketch()
    names = [f"class {number:03d}" for number in range(140)]
    sketch.add("train", "f", [sighting(number, *names[: 140 - number]) for number in range(140)])
    return sketch


@pytest.fixture
def visit(browser: Browser, folder: Path) -> Iterator[Open]:
    """A function that opens a page: of its name, the fragment of its address, options of the browser's context."""
    with visits_to(browser, folder) as opened:
        yield lambda name="pets", fragment="", **options: opened(name, fragment, **options)


def drawn(page: Page, chart: str) -> list[dict]:
    """What a chart holds: the split and the numbers of each of its datasets."""
    return page.evaluate(
        """(id) => Chart.getChart(`${id}-chart`).data.datasets.map(({split, counts, data}) =>
            ({split: numbers.data.splits[split] ?? "", counts: counts ?? data.map(({v}) => v)}))""",
        chart,
    )


def table(page: Page, name: str) -> list[list[str]]:
    """The cells of a table that can be seen."""
    return page.evaluate(
        """(id) => [...document.querySelectorAll(`#${id} tbody tr`)].filter((row) => row.checkVisibility()).map((row) =>
            [...row.cells].filter((cell) => cell.checkVisibility())
                .map((cell) => (cell.querySelector("b") ?? cell).innerText))""",
        name,
    )


def tiles(page: Page) -> list[str]:
    """Paths of the examples of classes that can be seen."""
    paths = page.locator("#gallery > .gallery .tile:visible .path").all_inner_texts()
    return sorted(path.removeprefix("pictures/") for path in paths)


def expected(field: str, split: str, name: str = ALL) -> list[int]:
    return made_sketch().counts_of(field, split, name)


def occupied(counts: list[int]) -> list[int]:
    return [count for count in counts if count]


def choose_class(page: Page, word: str) -> None:
    box = page.get_by_role("combobox", name="Class")
    box.fill(word)
    box.press("Enter")


def choose_split(page: Page, name: str) -> None:
    page.locator(".splits label", has_text=name).click()


def test_all_charts_are_drawn_with_the_numbers_of_the_sketch(visit):
    page = visit()
    assert (page.locator("h1").inner_text(), page.title()) == ("Dataset report", "Dataset report")
    expect(page.locator("#kind")).to_be_hidden()
    assert all(inks(page, chart) > 5 for chart in CHARTS)
    for chart in ("sizes", "aspects", "per_image"):
        found = drawn(page, chart)
        assert [one["split"] for one in found] == list(SPLITS)
        assert [occupied(one["counts"]) for one in found] == [occupied(expected(chart, split)) for split in SPLITS]
    assert drawn(page, "classes") == [
        {"split": split, "counts": [expected("boxes", split, name)[0] for name in ("dog", "cat", "كلب 狗")]}
        for split in SPLITS
    ]
    together = made_sketch().counts_of("positions")
    assert drawn(page, "positions") == [{"split": "", "counts": together}]
    assert sorted(drawn(page, "image_sizes")[0]["counts"]) == [15, 25]
    expect(page.locator("#image_sizes-summary")).to_have_text(
        "2 different sizes; the most frequent is 640 × 480 px (63%)."
    )
    small, medium, large = made_sketch().counts_of("areas")
    expect(page.locator("#sizes-summary")).to_contain_text(
        re.compile(f"^83 boxes: {small} small .* {medium} medium .* {large} large")
    )
    expect(page.locator("#matches")).to_have_text("83 boxes in 40 images")
    expect(page.get_by_role("img", name=re.compile("^Size of boxes 83 boxes"))).to_have_count(1)


def test_the_filter_changes_charts_tables_and_pictures(visit):
    page = visit()
    choose_class(page, "do")
    assert page.url.endswith("#class=dog")
    expect(page.locator("#matches")).to_have_text("40 boxes in 20 images")
    assert table(page, "split-table") == [
        ["train", "16", "80%", "–", "32", "2.0", "–", "1", "64.0 KiB"],
        ["validation", "2", "10%", "–", "4", "2.0", "–", "1", "8.0 KiB"],
        ["test", "2", "10%", "–", "4", "2.0", "–", "1", "8.0 KiB"],
    ]
    assert table(page, "class-table") == [["dog", "2", "40", "48%", "20", "32", "4", "4"]]
    assert tiles(page) == ["test/0.jpg", "train/0.jpg"]

    choose_split(page, "test")
    assert page.url.endswith("#split=test&class=dog")
    expect(page.locator("#matches")).to_have_text("4 boxes in 2 images")
    assert table(page, "split-table") == [["test", "2", "10%", "–", "4", "2.0", "–", "1", "8.0 KiB"]]
    assert table(page, "class-table") == [["dog", "2", "4", "50%", "2", "4"]]
    assert tiles(page) == ["test/0.jpg"]
    for chart in ("sizes", "aspects", "per_image"):
        (found,) = drawn(page, chart)
        assert (found["split"], occupied(found["counts"])) == ("test", occupied(expected(chart, "test", "dog")))
    assert drawn(page, "positions")[0]["counts"] == expected("positions", "test", "dog")
    expect(page.locator("#image_sizes-summary")).to_contain_text("Of all classes: sizes are not counted by class.")
    under = [f"{count / 4:.0%}" for count in expected("under_32", "test", "dog")]
    assert [row[1] for row in table(page, "small-table")] == under
    expect(page.locator("#oddest .nothing:visible").first).to_have_text("None here matches the filter.")

    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#matches")).to_have_text("83 boxes in 40 images")
    assert "#" not in page.url
    assert len(table(page, "class-table")) == 3
    assert len(tiles(page)) == 4


def test_the_address_keeps_the_filter(visit):
    page = visit(fragment="#split=train&class=%D9%83%D9%84%D8%A8+%E7%8B%97")
    expect(page.locator("#matches")).to_have_text("7 boxes in 7 images")
    expect(page.get_by_label("Class", exact=True)).to_have_value("كلب 狗")
    expect(page.get_by_role("radio", name="train")).to_be_checked()
    assert table(page, "class-table") == [["كلب 狗", "3", "7", "10%", "7", "7"]]
    page.evaluate("location.hash = '#class=cat'")
    expect(page.locator("#matches")).to_have_text("36 boxes in 36 images")
    page.evaluate("location.hash = '#class=unheard of'")
    expect(page.locator("#matches")).to_have_text("83 boxes in 40 images")


def test_nothing_that_matches_is_said(visit):
    page = visit(fragment="#split=test&class=كلب 狗")
    expect(page.locator("#matches")).to_have_text("Nothing matches “كلب 狗” in split “test”.")
    expect(page.locator("#no-classes")).to_have_text("Nothing matches “كلب 狗” in split “test”.")
    for chart in ("classes", "sizes", "aspects", "per_image", "positions"):
        expect(page.locator(f"#{chart}-nothing")).to_have_text("No boxes here.")
        expect(page.locator(f"#{chart}-chart")).to_be_hidden()
    assert tiles(page) == []
    expect(page.locator("#gallery > .nothing")).to_have_text("No picture here matches the filter.")
    box = page.get_by_role("combobox")
    box.fill("zebra")
    expect(page.get_by_role("listbox")).to_have_text("No class is like “zebra”.")
    box.press("Enter")
    expect(page.locator("#matches")).to_contain_text("كلب 狗")
    choose_class(page, "")
    expect(page.locator("#matches")).to_have_text("8 boxes in 4 images")
    assert drawn(page, "sizes")[0]["split"] == "test"


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the contents")).to_be_focused()
    page.locator("input[name=split]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#matches")).to_have_text("67 boxes in 32 images")
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox")).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#matches")).to_have_text("28 boxes in 28 images")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.type("dog")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).to_have_value("cat")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Reset")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#matches")).to_have_text("83 boxes in 40 images")


def test_classes_are_sorted_and_picked_in_the_table(visit):
    page = visit()
    order = lambda: [row[0] for row in table(page, "class-table")]  # noqa: E731
    head = page.locator("#class-table thead")
    assert order() == ["dog", "cat", "كلب 狗"]
    head.get_by_role("button", name="Class").click()
    assert order() == ["cat", "dog", "كلب 狗"]
    head.get_by_role("button", name="Class").click()
    assert order() == ["كلب 狗", "dog", "cat"]
    expect(head.locator("th").first).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button", name="Id", exact=True).click()
    assert order() == ["cat", "dog", "كلب 狗"]
    head.get_by_role("button", name="Images").click()
    assert order() == ["cat", "dog", "كلب 狗"]
    page.get_by_role("button", name="dog", exact=True).click()
    expect(page.locator("#matches")).to_have_text("40 boxes in 20 images")
    page.get_by_role("button", name="dog", exact=True).click()
    expect(page.locator("#matches")).to_have_text("83 boxes in 40 images")


def test_pictures_are_enlarged(visit):
    page = visit(fragment="#split=train")
    again = page.locator("#oddest img")
    assert again.evaluate_all("(images) => images.map((image) => image.src === images[0].src)") == [True] * 4
    viewer = page.get_by_role("dialog")
    page.locator("#gallery button.picture:visible").first.click()
    expect(viewer).to_contain_text("pictures/train/1.jpg")
    expect(viewer.locator("code")).to_have_text("shardbox show train-00000-of-00001.tfrecord --index 1")
    expect(viewer).to_contain_text("In the dataset’s folder, this command shows the record:")
    expect(viewer.locator("output")).to_have_text("1 of 7")
    assert page.evaluate("document.querySelector('#viewer img').naturalWidth") == 64
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("pictures/train/0.jpg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("note of most_crowded")
    assert page.evaluate("document.querySelector('#viewer img').naturalWidth") == 64
    viewer.get_by_role("button", name="Next").click()
    expect(viewer.locator("output")).to_have_text("1 of 7")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("#gallery button.picture:visible").first).to_be_focused()
    page.keyboard.press("Enter")
    viewer.get_by_role("button", name="Close").click()
    expect(viewer).to_be_hidden()


def grounds(page: Page) -> tuple[str, int]:
    """The colour of the page and a pixel of a bar of a chart."""
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bar = page.evaluate("Chart.getChart('sizes-chart').data.datasets[0].backgroundColor")
    return ground, bar


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Waits for what a browser tells the page in its own time (waiting inside the page would need unsafe-eval)."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("it did not happen within 5 s")


LIGHT, DARK = ("rgb(246, 247, 248)", "#0353a1"), ("rgb(18, 21, 24)", "#3a8bc9")


def test_light_and_dark(visit):
    page = visit()
    assert grounds(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    eventually(page, lambda: grounds(page) == DARK)
    page.locator(".theme label", has_text="Light").click()
    assert grounds(page) == LIGHT
    page.reload()
    assert grounds(page) == LIGHT
    page.locator(".theme label", has_text="Dark").click()
    page.emulate_media(color_scheme="light")
    assert grounds(page) == DARK
    page.locator(".theme label", has_text="Auto").click()
    assert grounds(page) == LIGHT


def test_a_page_that_may_keep_nothing_still_works(visit):
    page = visit()
    page.evaluate("Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden'); }})")
    page.locator(".theme label", has_text="Dark").click()
    assert grounds(page) == DARK


@pytest.mark.parametrize("name", ["pets", "hostile"])
def test_no_width_makes_the_page_scroll_sideways(visit, name):
    page = visit(name, viewport=PHONE)
    for width in (320, 360, 768):
        page.set_viewport_size(PHONE | {"width": width})
        page.get_by_role("combobox").click()
        expect(page.get_by_role("listbox")).to_be_visible()
        right = page.evaluate("""[...document.querySelectorAll("body *")]
            .filter((part) => part.checkVisibility() && !part.closest(".scroll > *, .skip, .hidden"))
            .reduce((most, part) => Math.max(most, part.getBoundingClientRect().right), 0)""")
        assert (page.evaluate("document.documentElement.scrollWidth"), right <= width) == (width, True)
        page.keyboard.press("Escape")


def test_a_name_that_is_cut_is_told_in_full(visit):
    page = visit("hostile", viewport=PHONE)
    for place in range(5):
        page.locator("#class-table tbody bdi").nth(place).dispatch_event("pointerover")
    assert page.locator("#class-table bdi[title]").evaluate_all("(names) => names.map((name) => name.title)") == [
        "</script><script>alert(1)</script>",
        "a&class=b#c=d",
        "x" * 119 + "…",
    ]


def test_a_phone_can_tap(visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("combobox").tap()
    page.get_by_role("option", name="dog").tap()
    expect(page.locator("#matches")).to_have_text("40 boxes in 20 images")
    page.locator("#gallery button.picture:visible").first.tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.querySelector('#viewer').getBoundingClientRect().right") <= 360


def test_the_page_is_called_by_the_folder_of_the_dataset(visit):
    page = visit(f"{FOLDER}/report/index")
    expect(page.get_by_role("heading", level=1)).to_have_text(FOLDER)
    expect(page).to_have_title(f"{FOLDER} – dataset report")
    expect(page.locator("#kind")).to_be_visible()


def test_without_scripts_there_are_tables_pictures_and_hints(visit):
    page = visit(java_script_enabled=False)
    expect(page.locator("noscript p")).to_contain_text("Scripts are switched off")
    for part in ("#split-table", "#class-table", "#small-table", "#gallery img >> nth=0", "#repairs", "#rejects"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator("#oddest noscript a")).to_have_count(3)
    expect(page.get_by_role("link", name="drawn above").first).to_be_visible()
    for part in (".filters", "#charts", ".theme"):
        expect(page.locator(part)).to_be_hidden()


def test_links_go_to_their_section_and_keep_the_filter(visit):
    page = visit(fragment="#class=dog")
    page.get_by_role("link", name="Training").click()
    expect(page.locator("#training h2")).to_be_in_viewport()
    assert page.url.endswith("#class=dog")


def test_the_snippet_is_copied(visit):
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("anchors = [(")


def test_paper_is_white_and_has_the_charts_but_no_filter(visit):
    page = visit(color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # of A4, without its margins
    assert page.evaluate("document.documentElement.scrollWidth") == 680
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert grounds(page)[1] == LIGHT[1]
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("#sizes-chart")).to_be_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert grounds(page) == DARK


def test_classes_of_whole_images(visit):
    page = visit("labels")
    expect(page.locator("#matches")).to_have_text("2 images")
    assert drawn(page, "classes") == [{"split": "train", "counts": [2, 1]}]
    expect(page.locator("#sizes-nothing")).to_have_text("No boxes here.")
    choose_class(page, "dog")
    assert table(page, "class-table") == [["dog", "2", "1", "50%"]]


def test_nothing_at_all(visit):
    page = visit("empty")
    expect(page.locator("#matches")).to_have_text("0 boxes in 0 images")
    assert page.locator(".card > .nothing:visible").all_inner_texts() == [
        *["No boxes here."] * 2,
        "No images here.",
        *["No boxes here."] * 3,
    ]


def test_hostile_names_do_no_harm(visit):
    page = visit("hostile")
    for place in (1, 4):
        page.get_by_role("combobox").fill("")
        page.get_by_role("option").nth(place + 1).click()
        name = page.get_by_role("combobox").input_value()
        page.reload()
        expect(page.get_by_role("combobox")).to_have_value(name)
        expect(page.locator("#matches")).to_have_text("2 boxes in 2 images")
    choose_split(page, "<b>&split=x")
    page.reload()
    expect(page.locator("#matches")).to_have_text("1 box in 1 image")


def test_of_many_classes_the_rare_ones_have_no_charts_of_boxes(visit):
    page = visit("many")
    assert len(drawn(page, "classes")[0]["counts"]) == 30
    choose_class(page, "class 120")
    expect(page.locator("#matches")).to_have_text("20 boxes in 20 images")
    expect(page.locator("#sizes-nothing")).to_have_text(
        "Only the 100 most frequent classes have this chart on the page."
    )
    assert drawn(page, "classes")[0]["counts"] == [20]
    assert {row[1] for row in table(page, "small-table")} == {"–"}
    page.get_by_role("combobox").fill("09")
    assert page.get_by_role("option").count() == 12  # 009, 090 to 099, 109
