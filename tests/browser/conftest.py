"""One site and one browser for all page tests; a person, a context and a page for each."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.site import Site, context_of, enter, launch, model_that, serving, watched
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

PEOPLE = [f"person{number}" for number in range(200)]
REFUSED = "Failed to load resource"  # what the console says of every status from 400 on

expect.set_options(timeout=10_000)


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
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright, chromium) as running:
        yield running


@pytest.fixture
def person(site: Site) -> str:
    """The name of somebody whom no other test uses."""
    return PEOPLE.pop()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console had to complain of; anything fails the test, except the statuses that it was sent."""
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
    return opened


@pytest.fixture
def plain_page(plain_context: BrowserContext, site: Site, person: str) -> Page:
    opened = plain_context.new_page()
    enter(opened, site, person)
    return opened


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
