"""Pages that are open in a browser, and all that goes wrong on them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

Open = Callable[..., Page]
"""Called with the name of a page, the fragment of its address, and options of the browser's context."""


class Visit:
    """A page that is open, and all that went wrong on it."""

    def __init__(self, context: BrowserContext, address: str):
        self.address = address
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url[:99]}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def check(self) -> None:
        """Nothing but the file itself was asked for, and nothing was complained of."""
        assert self.faults == []
        pages = {url.split("#")[0] for url in self.requests if not url.startswith("data:")}
        assert pages == {self.address.split("#")[0]}


@contextmanager
def visits_to(browser: Browser, folder: Path) -> Iterator[Open]:
    """Opens pages of a folder by their names without '.html', and checks them all in the end."""
    visits: list[Visit] = []

    def opened(name: str, fragment: str = "", **options) -> Page:
        context = browser.new_context(
            **{"viewport": DESK, "color_scheme": "light", "reduced_motion": "reduce"} | options
        )
        visits.append(Visit(context, f"{(folder / name).as_uri()}.html{fragment}"))
        visits[-1].page.goto(visits[-1].address)
        return visits[-1].page

    yield opened
    for one in visits:
        one.page.context.close()
        one.check()


def inks(page: Page, chart: str) -> int:
    """How many different colours the pixels of a chart have."""
    return page.evaluate(
        """(id) => {
            const canvas = document.getElementById(`${id}-chart`);
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(new Uint32Array(pixels.buffer)).size;
        }""",
        chart,
    )
