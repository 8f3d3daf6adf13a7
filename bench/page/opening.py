"""How long a conversation of 10,000 messages takes to open."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import BrowserContext, Page

from tests.browser.site import Site

COUNT = 10_000
TIMES = 7
GROW = """
from django.contrib.auth.models import User
from tests.large import grown
conversation = grown(User.objects.get(username={owner!r}), depth={count}, count={count})
print(conversation.get_absolute_url())
"""
# Two frames after the end of loading all of it is laid out and painted.
SHOWN = """
globalThis.shown = new Promise((shown) => addEventListener("load", () => {
  const [page] = performance.getEntriesByType("navigation");
  requestAnimationFrame(() => requestAnimationFrame(() => shown([performance.now(), page.responseStart])));
}));
"""


@dataclass(frozen=True)
class Opening:
    """Milliseconds from the navigation, each the median of some: to the reply's first byte, and until all is shown."""

    first_byte: float
    shown_cold: float  # with nothing in the browser's cache
    shown_warm: float


def opening(context: BrowserContext, site: Site, owner: str) -> Opening:
    """Makes the conversation, and opens it several times in each way."""
    url = site.url + site.run(GROW.format(owner=owner, count=COUNT)).strip()
    page = context.new_page()
    page.add_init_script(SHOWN)
    page.goto(url)  # renders what was never shown before
    cold, warm = (list(times(page, url, is_cold=is_cold)) for is_cold in (True, False))
    page.close()
    return Opening(
        first_byte=middle(first_byte for _, first_byte in warm),
        shown_cold=middle(shown for shown, _ in cold),
        shown_warm=middle(shown for shown, _ in warm),
    )


def times(page: Page, url: str, *, is_cold: bool) -> Iterator[list[float]]:
    browser = page.context.new_cdp_session(page)
    for _ in range(TIMES):
        if is_cold:
            browser.send("Network.clearBrowserCache")
        page.goto(url)
        yield page.evaluate("shown")
    browser.detach()


def middle(values: Iterator[float]) -> float:
    return round(median(values), 1)
