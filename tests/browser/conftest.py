"""One browser for all pages."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all; without any, a skip, or a failure where SHARDBOX_REQUIRE_BROWSER=1 says so."""
    named = os.environ.get("SHARDBOX_CHROMIUM")
    path = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        reason = "no Chromium here: install Debian's package chromium, or set SHARDBOX_CHROMIUM to its path"
        if os.environ.get("SHARDBOX_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
