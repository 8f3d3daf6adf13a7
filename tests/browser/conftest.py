"""One site and one browser for all page tests; a person, a context and a page for each."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.proxy import Proxy
from tests.browser.site import (
    Site,
    Window,
    context_of,
    enter,
    launch,
    model_that,
    own_browser,
    serving,
    watched,
)
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate
from tests.patience import PATIENCE

PEOPLE = [f"person{number}" for number in range(800)]
# What the console says of every status from 400 on, and of a stream's address that answers with a page.
REFUSED = ("Failed to load resource", "EventSource's response has a MIME type")

expect.set_options(timeout=1000 * PATIENCE / 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


# Of the package and not of the session: Playwright's loop runs in this thread, where other tests have loops too.


@pytest.fixture(scope="package")
def model() -> Iterator[FakeProvider]:
    with model_that() as provider:
        yield provider


@pytest.fixture(scope="package")
def site(model: FakeProvider) -> Iterator[Site]:
    with serving(model) as running:
        yield running.make_accounts(*((name, False) for name in PEOPLE), ("admin", True))


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    with launch(playwright, chromium) as running:
        yield running


@pytest.fixture
def person(site: Site) -> str:
    """The name of somebody whom no other test uses."""
    return PEOPLE.pop()


@pytest.fixture
def somebody_else(site: Site) -> str:
    """Another one."""
    return PEOPLE.pop()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console had to complain of; anything fails the test, except the replies that it was sent."""
    said: list[str] = []
    yield said
    assert not [line for line in said if not line.startswith(REFUSED)]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with context_of(browser) as opened:
        yield opened


@pytest.fixture
def plain_context(browser: Browser) -> Iterator[BrowserContext]:
    """Without JavaScript."""
    with context_of(browser, java_script_enabled=False) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext, site: Site, person: str, problems: list[str]) -> Page:
    """A logged-in person's page."""
    opened = watched(context, problems)
    enter(opened, site, person)
    opened.locator("chat-composer:defined").wait_for()
    opened.locator("learn-zone").wait_for(state="detached")  # the page has told what it tells once
    return opened


@pytest.fixture
def another(context: BrowserContext, problems: list[str]) -> Callable[[str], Page]:
    """Opens another tab of the same browser."""

    def open_tab(url: str) -> Page:
        tab = watched(context, problems)
        tab.goto(url)
        return tab

    return open_tab


@pytest.fixture
def device(browser: Browser, site: Site, person: str, problems: list[str]) -> Iterator[Page]:
    """The same person's page on another, small device."""
    with context_of(browser, viewport={"width": 360, "height": 640}) as context:
        opened = watched(context, problems)
        enter(opened, site, person)
        yield opened


@pytest.fixture
def plain_page(plain_context: BrowserContext, site: Site, person: str) -> Page:
    opened = plain_context.new_page()
    enter(opened, site, person)
    return opened


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    """What the site is reached through where the connection has to fail."""
    with Proxy(site.url) as running:
        yield running


@pytest.fixture
def proxied_page(context: BrowserContext, site: Site, proxy: Proxy, person: str, problems: list[str]) -> Page:
    """A logged-in person's page, through the proxy."""
    opened = watched(context, problems)
    enter(opened, site.behind(proxy.url), person)
    return opened


@pytest.fixture
def window(playwright: Playwright, chromium: str, site: Site, person: str, problems: list[str]) -> Iterator[Window]:
    """A logged-in person's own browser."""
    with own_browser(playwright, chromium) as context:
        context.add_cookies([{"name": "session", "value": site.sessions[person], "url": site.url}])
        yield Window(context, site, problems)


@pytest.fixture
def gate() -> Iterator[Callable[[], Gate]]:
    """Makes gates; those that a failed test left closed are opened."""
    made: list[Gate] = []

    def make() -> Gate:
        made.append(Gate())
        return made[-1]

    yield make
    for each in made:
        each.open()


@pytest.fixture(autouse=True)
def forget_script(model: FakeProvider) -> Iterator[None]:
    yield
    model._script.clear()
