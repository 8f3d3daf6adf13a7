"""An answer in three parts, of characters that are easily cut or turned, and what a page is that shows it whole."""

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from tests.browser.site import growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

Gates = Callable[[], Gate]
HEAD, MIDDLE, TAIL = "One 👩‍👩‍👧 𝔘 ", "שתיים, اثنان 🙂 ", "three 🏳️‍🌈 end"
WHOLE = HEAD + MIDDLE + TAIL


def begin(page: Page, model: FakeProvider, gate: Gates) -> tuple[Gate, Gate]:
    """Ask for the answer: it stands after HEAD, and the gates let MIDDLE and TAIL come."""
    first, last = gate(), gate()
    model.script(growing(HEAD, first, MIDDLE, last, TAIL))
    send(page, "Count")
    expect_so_far(page, HEAD)
    return first, last


def wait_end(page: Page) -> None:
    """Until the site has ended the answer, whatever the page knows of it."""
    events = page.locator("chat-answer").get_attribute("data-events-url")
    assert '"status":"complete"' in page.request.get(urljoin(page.url, events)).text()


def expect_so_far(page: Page, text: str) -> None:
    """The running answer is `text`, to the character."""
    expect(page.locator(".answer-tail")).to_have_js_property("textContent", text)


def expect_whole(page: Page) -> None:
    """The answer stands there once, and nothing on the page waits any more."""
    expect(page.locator(".answer-body.markdown")).to_have_text(WHOLE)
    expect(page.locator(".answer-actions copy-button")).to_have_attribute("data-text", WHOLE)
    expect(page.locator("connection-notice")).to_be_hidden()
    expect_calm(page)


def expect_calm(page: Page) -> None:
    """Nothing runs, nothing is busy, and a message could be sent."""
    expect(page.locator("[data-running], [aria-busy], [data-busy]")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
