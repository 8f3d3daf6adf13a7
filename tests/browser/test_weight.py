"""What a page weighs: little, kept for ever, from no other host, and nothing moves when the rest comes."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page

from bench.page.load import load
from tests.browser.site import Site

TALK = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
from bench.page.answer import TEXT
person = User.objects.get(username="admin")
conversation = Conversation.objects.create(owner=person, title="A table, code and a formula")
message = None
for number in range(3):
    for role, text in (("user", "Show me **all** of it"), ("assistant", TEXT[:3000])):
        message = Message.objects.create(
            conversation=conversation, owner=person, parent=message, role=role, text=text, model="fake-model"
        )
Conversation.objects.filter(pk=conversation.pk).update(leaf=message)
print(conversation.get_absolute_url())
"""
UNSEEN = 0.001  # of layout shift, where 0.1 counts as good: a button that is drawn a frame late is 0.0002
HASHED = re.compile(r"/static/.+\.[0-9a-f]{12}\.\w+$")


MOST = {"login": 10_000, "home": 60_000, "conversation": 63_000}  # bytes of a page with all that it loads, and headers


@pytest.fixture(scope="module")
def talk(site: Site) -> str:
    """Where the administrator has a conversation with something of everything."""
    return site.url + site.run(TALK).strip()


@pytest.fixture(params=["login", "home", "conversation"])
def address(request: pytest.FixtureRequest, context: BrowserContext, site: Site, talk: str) -> str:
    """Where a page is, for somebody who may see it."""
    if request.param == "login":
        return f"{site.url}/accounts/login/"
    context.add_cookies([{"name": "session", "value": site.sessions["admin"], "url": site.url}])
    return talk if request.param == "conversation" else site.url


@pytest.fixture
def new_page(context: BrowserContext) -> Page:
    return context.new_page()


def test_a_page_is_light(new_page: Page, address: str, request: pytest.FixtureRequest) -> None:
    weight = load(new_page, address)
    kind = request.node.callspec.params["address"]

    assert weight.sizes["Stylesheet"] > 1_000
    assert weight.whole_size < MOST[kind]
    assert weight.whole_sizes["Script"] < 40_000


def test_all_that_a_page_loads_is_kept_for_ever(new_page: Page, address: str) -> None:
    page, *others = load(new_page, address).responses

    assert page.headers["cache-control"] != "max-age=315360000, public, immutable"
    assert len(others) >= 2
    assert [each.url for each in others if not HASHED.search(each.url)] == []
    assert {each.headers["cache-control"] for each in others} == {"max-age=315360000, public, immutable"}


def test_all_that_a_page_loads_is_compressed(new_page: Page, address: str) -> None:
    page, *others = load(new_page, address).responses

    assert page.headers["content-encoding"] == "gzip"
    assert {each.headers["content-encoding"] for each in others} == {"br"}


def test_a_page_asks_no_other_host(new_page: Page, site: Site, address: str) -> None:
    weight = load(new_page, address)

    assert {each.host for each in weight.responses} == {site.url.removeprefix("http://")}


@pytest.mark.alone
@pytest.mark.parametrize("is_slow", [False, True])
def test_nothing_moves_on_a_page_when_the_rest_of_it_comes(new_page: Page, address: str, *, is_slow: bool) -> None:
    """A busy machine may draw a page before it has read all of it; what the page itself moves, it moves each time."""
    loads = (load(new_page, address, is_slow=is_slow) for _ in range(3))

    seen = []
    for weight in loads:
        seen.append(weight.shifts)
        if weight.shift < UNSEEN:
            break

    assert weight.shift < UNSEEN, seen
