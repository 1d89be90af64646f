"""`make picture`: takes the picture of the dashboard that README.md shows."""

import sys

from browser.chromium import launched
from dashboard.scenes import busy_scene
from dashboard.serving import OPEN, serving
from playwright.sync_api import ViewportSize

SIZE: ViewportSize = {"width": 1100, "height": 860}

if __name__ == "__main__":
    with serving(busy_scene(OPEN)) as address, launched() as browser:
        page = browser.new_page(viewport=SIZE, device_scale_factor=1)
        page.goto(address)
        page.screenshot(path=sys.argv[1])
