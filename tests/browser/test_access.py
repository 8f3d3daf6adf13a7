"""Whether everybody can use every page, in each of its states and looks: axe-core finds nothing to complain of."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.browser.site import Site
from tests.browser.states import STATES, Visit

PHONE = {"width": 360, "height": 740}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
DJANGOS = {"exclude": [["#changelist-search #searchbar"]]}  # which Django's admin labels with an icon alone
END_CHANGES = """() => document.getAnimations()
    .filter((change) => change.effect.getComputedTiming().endTime < Infinity)
    .forEach((change) => change.finish())"""  # of colours, which Django's admin has
COLOURS = ("color-contrast", "link-in-text-block")  # where they are forced, axe reads the ones that are not shown


@pytest.mark.parametrize("name", STATES)
def test_everybody_can_use(name: str, context: BrowserContext, site: Site, person: str) -> None:
    with Visit(context.new_page(), site, person) as visit:
        visit.page.emulate_media(reduced_motion="reduce")  # colours change at once
        STATES[name](visit)

        assert complaints(visit.page) == []
        visit.page.emulate_media(color_scheme="dark")
        assert complaints(visit.page) == []
        visit.page.emulate_media(color_scheme="light", forced_colors="active")
        assert complaints(visit.page, but=COLOURS) == []
        visit.page.emulate_media(forced_colors="none")
        visit.page.set_viewport_size(PHONE)
        assert complaints(visit.page) == []


def complaints(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong, `but` by these rules: the rule, the place and why."""
    page.evaluate(END_CHANGES)
    rules = {"target-size": {"enabled": True}} | {rule: {"enabled": False} for rule in but}
    found = Axe().run(page, DJANGOS, options=OPTIONS | {"rules": rules}).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
