"""Pictures of every state of the site, wide in light and dark and on a phone:
`python -m tests.screenshots [--only part-of-a-name] [folder]` (default var/screenshots)."""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import ROOT, Site, context_of, launch, model_that, serving
from tests.browser.states import STATES, Visit
from tests.browser.states.texts import ANSWER, QUESTION
from tests.browser.states.visit import ADMIN
from tests.fakes.replies import Call, Reply, chunks

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
MARK = ".made-by-screenshots"
FIRST_NAMES = ("ada", "bob", "cleo", "dara", "emil", "finn", "gwen", "hugo", "ines", "jona", "kim", "leo", "maya")
LAST_NAMES = (
    "adler",
    "brandt",
    "cohen",
    "diallo",
    "evans",
    "garcia",
    "haddad",
    "ito",
    "jensen",
    "kaya",
    "li",
    "moore",
    "novak",
    "okafor",
    "rossi",
)
VISITS = 2  # of each state: wide and narrow
INITIALS = ("", "a.", "j.")
PEOPLE = [f"{first}.{initial}{last}" for initial, last, first in product(INITIALS, LAST_NAMES, FIRST_NAMES)]


def main(folder: Path, *, only: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("Pictures need Chromium: make system installs it.")
    prepare(folder, is_whole=not only)
    with (
        model_that() as model,
        serving(model, CHAT_MODELS="qwen3-32b,llama-3.3-70b") as site,
        sync_playwright() as playwright,
        launch(playwright, chromium) as browser,
    ):
        model.default, model.default_title = lambda call: chunks(ANSWER), title
        visitors = PEOPLE[: VISITS * len(STATES)]  # a new one for each visit
        site.make_accounts(*((name, False) for name in visitors), (ADMIN, True))
        people = iter(visitors)
        for name in (name for name in STATES if only in name):
            with at_state(name, browser, site, next(people)) as page:
                shoot(page, folder / f"{name}.png")
                page.emulate_media(color_scheme="dark")
                shoot(page, folder / f"{name}-dark.png")
            with at_state(name, browser, site, next(people), **PHONE) as page:
                shoot(page, folder / f"{name}-phone.png")
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201


def prepare(folder: Path, *, is_whole: bool) -> None:
    """Makes the folder. Where it was made here before, and all pictures are taken anew, the old ones go: a state may
    have another name by now. In a folder that somebody else made nothing is deleted."""
    mark = folder / MARK
    if not folder.exists():
        folder.mkdir(parents=True)
        mark.touch()
    elif is_whole and mark.exists():
        for picture in folder.glob("*.png"):
            picture.unlink()


def title(call: Call) -> Reply:
    asked = str(call.body["messages"][-1]["content"])
    return chunks("Slow nightly backup" if QUESTION[:20] in asked else asked.splitlines()[-1][:60])


@contextmanager
def at_state(name: str, browser: Browser, site: Site, person: str, **options: Any) -> Iterator[Page]:
    with (
        context_of(browser, reduced_motion="reduce", **options) as context,
        Visit(context.new_page(), site, person) as visit,
    ):
        STATES[name](visit)
        yield visit.page


def shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path)  # what moves rests; disabled, animations that follow a scroll would be at their end


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--only", default="", metavar="WORD", help="only the states with this in their names")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = arguments()
    main(chosen.folder, only=chosen.only)
