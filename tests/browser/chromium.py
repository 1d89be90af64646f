"""A real browser: Debian's Chromium, unpacked beside the project, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from debian import library_path, unpacked
from playwright.sync_api import Browser, sync_playwright


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a browser."""
    folder = unpacked("chromium-headless-shell", dependencies=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=folder / "usr" / "lib" / "chromium" / "chromium-headless-shell",
            env={**os.environ, "LD_LIBRARY_PATH": library_path(folder)},
            chromium_sandbox=False,  # tests may run as root
        )
        yield browser
        browser.close()
