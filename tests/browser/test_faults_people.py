"""A reader who is logged out or switched off, a chat that is deleted, a page that is older than its site."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.proxy import Proxy
from tests.browser.site import PASSWORD, Site, growing, send
from tests.browser.whole import HEAD, Gates, begin, expect_calm, expect_so_far, expect_whole
from tests.fakes.provider import FakeProvider

Another = Callable[[str], Page]
DEACTIVATE = "from django.contrib.auth.models import User; User.objects.filter(username={!r}).update(is_active=False)"


@pytest.mark.fault(43)
def test_logging_out_in_another_tab_asks_to_log_in_and_then_shows_the_answer(
    proxied_page: Page, proxy: Proxy, another: Another, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    person = name_on(page)
    first, last = begin(page, model, gate)
    page.get_by_label("Your message").fill("My next thought")
    other = another(f"{proxy.url}/accounts/logout/")
    other.get_by_role("button", name="Log out").click()
    other.get_by_label("Username").wait_for()
    proxy.cut()  # the stream itself ends with its next ping
    expect(page.locator(".answer-notice", has_text="You are logged out. What came so far stays here.")).to_be_visible()
    expect_so_far(page, HEAD)
    expect_calm(page)
    first.open()
    last.open()

    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Username").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()

    expect_whole(page)
    expect(page.get_by_label("Your message")).to_have_value("My next thought")


@pytest.mark.fault(43)
def test_somebody_who_is_switched_off_reads_no_further(
    proxied_page: Page, proxy: Proxy, site: Site, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    first, _ = begin(page, model, gate)
    site.run(DEACTIVATE.format(name_on(page)))
    proxy.cut()
    expect(page.locator(".answer-notice", has_text="You are logged out. What came so far stays here.")).to_be_visible()

    first.open()

    expect_so_far(page, HEAD)
    expect_calm(page)
    send(page, "Let me in")
    expect(page.get_by_role("alert")).to_contain_text("log in")
    expect(page.get_by_label("Your message")).to_have_value("Let me in")


@pytest.mark.fault(43)
def test_an_answer_that_ends_after_its_reader_was_logged_out_asks_to_log_in(
    page: Page, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    first, last = begin(page, model, gate)
    context.clear_cookies(name="session")
    first.open()

    last.open()

    expect(page.locator(".answer-notice", has_text="You are logged out. What came so far stays here.")).to_be_visible()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    expect(page.locator("connection-notice")).to_be_hidden()
    expect_calm(page)


@pytest.mark.fault(42)
def test_a_chat_that_is_deleted_in_another_tab_says_so(
    page: Page, another: Another, model: FakeProvider, gate: Gates
) -> None:
    begin(page, model, gate)
    other = another(page.url)
    other.locator(".conversation-menu [value=bin]").evaluate("button => { button.value = 'remove'; }")
    other.locator(".conversation-menu > details > summary").click()
    other.get_by_role("button", name="Move to the bin").click()

    other.get_by_role("button", name="Delete for good").click()

    expect(page.locator(".answer-notice", has_text="This answer was deleted.")).to_be_visible()
    expect(page.locator("chat-answer")).to_have_count(0)
    expect(page.locator("connection-notice")).to_be_hidden()
    expect_calm(page)
    send(page, "Still there?")
    expect(page.get_by_role("alert")).to_contain_text("nothing here")
    expect(page.get_by_label("Your message")).to_have_value("Still there?")


@pytest.mark.fault(47)
def test_an_old_page_is_not_troubled_by_what_it_does_not_know(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing(end, "Hello there"))
    news = [
        ("start", {"answer": "", "sort": "new"}),
        ("sparkle", {"text": "no"}),
        ("notice", {"code": "waiting", "until": None, "place": None}),
        ("notice", {"code": "to_string", "until": 5, "mood": "good"}),
        ("notice", {"code": "a b<c>", "place": {}}),
        ("notice", {"code": None}),
        ("message", {"text": "Hello ", "tone": "kind"}),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in news)
    page.route("**/events/**", lambda route: route.fulfill(content_type="text/event-stream", body=body), times=1)

    send(page, "From the future")

    expect_so_far(page, "Hello ")
    expect(page.locator(".answer-notice")).to_be_hidden()
    end.open()
    expect(page.locator(".answer-actions")).to_have_count(1)
    expect_calm(page)


def test_a_place_in_the_queue_is_said(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing(end, "Hello"))
    waiting = [("start", {}), ("notice", {"code": "place", "until": None, "place": 3})]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in waiting)
    page.route("**/events/**", lambda route: route.fulfill(content_type="text/event-stream", body=body), times=1)

    send(page, "Let me in")

    expect(
        page.locator(".answer-notice", has_text="Many answers are being written. This one is number 3 in line.")
    ).to_be_visible()


def name_on(page: Page) -> str:
    return page.locator(".user-menu-name").inner_text().strip()


@pytest.mark.fault(48)
def test_a_stop_that_does_not_arrive_says_so_until_the_end(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = begin(page, model, gate)
    page.route("**/stop/", lambda route: route.abort())

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("The site cannot be reached: the answer was not stopped.")).to_be_visible()
    first.open()
    last.open()
    expect_whole(page)
    expect(page.get_by_text("The site cannot be reached: the answer was not stopped.")).to_be_hidden()
