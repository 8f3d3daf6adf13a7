"""Draws static/img/*.png, as which the site is installed, from mark.svg: to be run again where that changes.

The mark stands on nothing, but on an icon that a system cuts into its own shape, and on Apple's, which takes no
transparency: there it stands on the page's colour, within the circle that is always shown.
"""

import base64
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path("static/img")
ON_NOTHING, ON_PAGE = "transparent", "#fcfdfc"
ICONS = {  # name: size in pixels, background, and the part of it that the mark takes
    "icon-192": (192, ON_NOTHING, 1.0),
    "icon-512": (512, ON_NOTHING, 1.0),
    "icon-maskable-512": (512, ON_PAGE, 0.56),
    "apple-touch-icon": (180, ON_PAGE, 0.66),
}
PAGE = """
<body style="margin:0;display:grid;place-items:center;height:100vh;background:{background}">
<img src="data:image/svg+xml;base64,{mark}" style="width:{part:.0%}">
"""


def main() -> None:
    mark = base64.b64encode((IMAGES / "mark.svg").read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (size, background, part) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(PAGE.format(background=background, mark=mark, part=part))
            page.screenshot(path=IMAGES / f"{name}.png", omit_background=background == ON_NOTHING)
        browser.close()


if __name__ == "__main__":
    main()
