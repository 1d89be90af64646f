from collections.abc import Iterator

import pytest
from browser.chromium import launched
from playwright.sync_api import Browser, Page, ViewportSize, expect

WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 375, "height": 800}

expect.set_options(timeout=30_000)  # a machine may be busy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a browser, no longer than for a module: it keeps asynchronous tests from running."""
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that fails its test where a script of it fails."""
    with browser.new_context(viewport=WIDE) as context:
        opened = context.new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        assert faults == []
