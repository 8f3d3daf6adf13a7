"""What a person typed: kept when sending fails, when a tab is closed or crashes; sent once, and theirs alone."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

from tests.browser.site import Site, enter, send
from tests.browser.whole import expect_calm
from tests.fakes.provider import FakeProvider

Another = Callable[[str], Page]
UNREACHABLE = "The site cannot be reached. Your text is kept: try again in a moment."
FAILED = "Something went wrong. Your text is kept: try again."
REFUSALS = {
    None: UNREACHABLE,
    413: "This message is too long to send: shorten it to 100 KB.",
    429: UNREACHABLE,
    500: FAILED,
    502: UNREACHABLE,
    503: UNREACHABLE,
}
SENDING = "**/conversations/**"
# What a captive portal, an access proxy or a page of maintenance says in the site's place.
FOREIGN: dict[str, dict[str, Any]] = {
    "page": {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to our Wi-Fi</h1>"},
    "empty": {"status": 200, "body": ""},
    "other-json": {"status": 200, "content_type": "application/json", "body": '{"answer": "yes"}'},
    "null-json": {"status": 200, "content_type": "application/json", "body": "null"},
    "other-error": {"status": 503, "content_type": "application/json", "body": '{"error": null}'},
    "login": {"status": 302, "headers": {"Location": "/accounts/login/"}},
}


@pytest.mark.parametrize(("status", "is_new"), [*((status, True) for status in REFUSALS), (None, False), (503, False)])
def test_a_text_that_could_not_be_sent_stays_and_is_sent_again(page: Page, status: int | None, *, is_new: bool) -> None:
    earlier = [] if is_new else ["Earlier"]
    for text in earlier:
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(1)
    fail_once(page, status)
    box = page.get_by_label("Your message")

    send(page, "Keep me 🙂")

    expect(page.get_by_role("alert")).to_have_text(REFUSALS[status], use_inner_text=True)
    expect(box).to_have_value("Keep me 🙂")
    expect_calm(page)
    page.reload()
    expect(box).to_have_value("Keep me 🙂")
    page.locator("chat-composer:defined").wait_for()
    box.press("Enter")
    expect(page.locator(".question-text")).to_have_text([*earlier, "Keep me 🙂"])
    expect(box).to_have_value("")
    page.reload()
    page.locator("chat-composer:defined").wait_for()
    expect(box).to_have_value("")


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "old"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_reply_that_is_not_the_sites_keeps_the_text(page: Page, name: str, *, is_new: bool) -> None:
    earlier = [] if is_new else ["Earlier"]
    for text in earlier:
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(1)
    fail_once(page, **FOREIGN[name])
    box = page.get_by_label("Your message")

    send(page, "Keep me 🙂")

    expect(page.get_by_role("alert")).to_have_text(FAILED if name == "login" else UNREACHABLE, use_inner_text=True)
    expect(box).to_have_value("Keep me 🙂")
    expect_calm(page)
    page.reload()
    expect(box).to_have_value("Keep me 🙂")
    page.locator("chat-composer:defined").wait_for()
    box.press("Enter")
    expect(page.locator(".question-text")).to_have_text([*earlier, "Keep me 🙂"])


def test_an_error_of_the_page_itself_is_told_in_its_own_words(page: Page) -> None:
    page.evaluate("() => { window.URLSearchParams = null; }")

    send(page, "Keep me")

    expect(page.get_by_role("alert")).to_have_text(FAILED, use_inner_text=True)
    expect(page.get_by_label("Your message")).to_have_value("Keep me")
    expect_calm(page)


def test_a_page_whose_token_is_gone_keeps_the_text(page: Page, context: BrowserContext) -> None:
    context.clear_cookies(name="csrf")
    send(page, "Old page")
    expect(page.get_by_role("alert")).to_contain_text("open for too long")
    expect_calm(page)

    page.get_by_role("link", name="Reload the page").click()

    expect(page.get_by_label("Your message")).to_have_value("Old page")
    send(page, "Old page")
    expect(page.locator(".question-text")).to_have_text("Old page")


def test_a_reply_that_never_comes_is_not_waited_for(page: Page) -> None:
    page.clock.install()
    held: list[Route] = []
    page.route(SENDING, lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler
    with page.expect_request(SENDING):
        send(page, "Hello?")

    page.clock.fast_forward(30_000)

    expect(page.get_by_role("alert")).to_have_text(UNREACHABLE, use_inner_text=True)
    expect(page.get_by_label("Your message")).to_have_value("Hello?")
    expect_calm(page)


@pytest.mark.fault(36)
def test_a_draft_outlives_its_tab(page: Page, another: Another, site: Site) -> None:
    page.get_by_label("Your message").fill("Half a thought")
    page.close()

    again = another(site.url)

    expect(again.get_by_label("Your message")).to_have_value("Half a thought")


@pytest.mark.fault(36)
def test_a_draft_outlives_a_crash(page: Page, another: Another) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_label("Your message").fill("Half a thought")
    was = page.url
    with contextlib.suppress(Error), page.expect_event("crash"):
        page.goto("chrome://crash")

    again = another(was)

    expect(again.get_by_label("Your message")).to_have_value("Half a thought")


def test_a_draft_that_nobody_came_back_for_is_forgotten(page: Page, another: Another, site: Site) -> None:
    page.get_by_label("Your message").fill("Last month")
    page.evaluate(
        """() => Object.entries(localStorage).forEach(([name, raw]) => localStorage.setItem(
            name, JSON.stringify({ ...JSON.parse(raw), at: Date.now() - 31 * 24 * 3600 * 1000 })))"""
    )
    page.close()

    again = another(site.url)

    again.locator("chat-composer:defined").wait_for()
    expect(again.get_by_label("Your message")).to_have_value("")
    assert again.evaluate("() => localStorage.length") == 0


def test_two_tabs_keep_a_draft_each(page: Page, another: Another) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    other = another(page.url)
    page.get_by_label("Your message").fill("Mine")
    other.get_by_label("Your message").fill("Yours")

    page.reload()
    other.reload()

    expect(page.get_by_label("Your message")).to_have_value("Mine")
    expect(other.get_by_label("Your message")).to_have_value("Yours")


def test_a_draft_is_its_owners_alone(page: Page, another: Another, site: Site, person: str, somebody_else: str) -> None:
    page.get_by_label("Your message").fill("Private")
    enter(page, site, somebody_else)
    other = another(site.url)
    for each in (page, other):
        each.locator("chat-composer:defined").wait_for()
        expect(each.get_by_label("Your message")).to_have_value("")

    enter(page, site, person)

    expect(page.get_by_label("Your message")).to_have_value("Private")


@pytest.mark.fault(38)
def test_a_message_whose_reply_was_lost_with_the_page_is_no_draft(page: Page, model: FakeProvider) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.route("**/messages/", lambda route: (route.fetch(), route.abort()), times=1)
    send(page, "Only once")
    expect(page.get_by_role("alert")).to_be_visible()

    page.reload()

    expect(page.locator(".question-text")).to_have_text(["Hi", "Only once"])
    page.locator("chat-composer:defined").wait_for()
    expect(page.get_by_label("Your message")).to_have_value("")


@pytest.mark.fault(38)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "old"])
def test_two_clicks_and_many_enters_send_once(page: Page, model: FakeProvider, *, is_new: bool) -> None:
    earlier = [] if is_new else ["Earlier"]
    for text in earlier:
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(1)
    calls = len(model.answer_calls)
    held: list[Route] = []
    page.route(SENDING, lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.get_by_label("Your message").fill("Once")

    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Send").dblclick()
    for _ in range(3):
        page.keyboard.press("Enter")
    [sent] = held
    sent.continue_()

    expect(page.locator(".question-text")).to_have_text([*earlier, "Once"])
    expect(page.locator(".answer-actions")).to_have_count(len(earlier) + 1)
    page.reload()
    expect(page.locator(".question-text")).to_have_text([*earlier, "Once"])
    expect(page.locator(".sidebar-item")).to_have_count(1)
    assert len(model.answer_calls) == calls + 1


@pytest.mark.fault(38)
def test_two_clicks_send_once_without_script(plain_page: Page, model: FakeProvider) -> None:
    calls = len(model.answer_calls)
    plain_page.get_by_label("Your message").fill("Once")

    plain_page.get_by_role("button", name="Send").dblclick()

    expect(plain_page.locator(".answer-actions")).to_have_count(1)
    expect(plain_page.locator(".sidebar-item")).to_have_count(1)
    assert len(model.answer_calls) == calls + 1


@pytest.mark.fault(38)
@pytest.mark.parametrize("kind", ["page", "plain_page"])
def test_two_clicks_ask_for_one_more_answer(request: pytest.FixtureRequest, kind: str, model: FakeProvider) -> None:
    page: Page = request.getfixturevalue(kind)
    page.get_by_label("Your message").fill("Once more")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-actions")).to_have_count(1)
    calls = len(model.answer_calls)

    page.get_by_role("button", name="Answer again").dblclick()

    expect(page.locator(".siblings-place")).to_have_text("2/2")
    page.reload()
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    assert len(model.answer_calls) == calls + 1


@pytest.mark.fault(39)
def test_the_same_text_twice_is_two_messages(page: Page, model: FakeProvider) -> None:
    calls = len(model.answer_calls)
    for count in (1, 2):
        send(page, "Again")
        expect(page.locator(".answer-actions")).to_have_count(count)

    page.reload()

    expect(page.locator(".question-text")).to_have_text(["Again", "Again"])
    assert len(model.answer_calls) == calls + 2


def fail_once(page: Page, status: int | None, **reply: Any) -> None:
    """The next POST fails: with a proxy's page of this status, or another `reply`, or without any."""
    is_done: list[Route] = []

    def fail(route: Route) -> None:
        if route.request.method != "POST" or is_done:
            route.continue_()
            return
        is_done.append(route)
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status, **(reply or {"content_type": "text/html", "body": "<h1>No</h1>"}))

    page.route(SENDING, fail)
