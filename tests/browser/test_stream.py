"""The stream as the page lives with it: reloads, cuts, silence, and the end that it missed."""

import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from conversations.views.events import STREAMS_OF_A_PERSON
from tests.browser.proxy import Proxy
from tests.browser.site import Site, growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate
from tests.people import Person

Gates = Callable[[], Gate]

NO_NETWORK = """
() => {
  Object.defineProperty(navigator, "onLine", { get: () => false });
  dispatchEvent(new Event("offline"));
}
"""


@pytest.mark.fault(37)
def test_a_reload_in_the_middle_misses_nothing_and_repeats_nothing(
    page: Page, model: FakeProvider, gate: Gates
) -> None:
    first, second = gate(), gate()
    model.script(growing("\n\nOne 🙂 ", "two ", first, "three ", second, "four"))
    send(page, "Count")
    expect(page.locator(".answer-tail")).to_have_text("One 🙂 two")

    page.reload()
    expect(page.locator(".answer-tail")).to_have_text("One 🙂 two")
    first.open()
    expect(page.locator(".answer-tail")).to_have_text("One 🙂 two three")
    with page.expect_request("**/markdown/") as rendering:
        second.open()

    expect(page.locator(".answer-body.markdown")).to_have_text("One 🙂 two three four")
    assert parse_qs(rendering.value.post_data)["text"] == ["\n\nOne 🙂 two three four"]


@pytest.mark.fault(37)
def test_a_second_tab_follows_the_same_answer(
    page: Page, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    end = gate()
    model.script(growing("Seen ", end, "twice"))
    send(page, "Share")
    expect(page.locator(".answer-tail")).to_have_text("Seen")
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator(".answer-tail")).to_have_text("Seen")

    end.open()

    for each in (page, other):
        expect(each.locator(".answer-body.markdown")).to_have_text("Seen twice")


@pytest.mark.fault(37)
def test_back_to_a_page_in_mid_answer_goes_on(page: Page, site: Site, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing("Before ", end, "after"))
    send(page, "Leave me")
    expect(page.locator(".answer-tail")).to_have_text("Before")
    page.get_by_role("link", name="New chat").click()
    expect(page).to_have_url(f"{site.url}/")

    page.go_back()
    end.open()

    expect(page.locator(".answer-body.markdown")).to_have_text("Before after")


@pytest.mark.fault(48)
def test_a_refused_stream_is_opened_anew(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing("Through ", end, "at last"))
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=502, body="Bad gateway")

    page.route("**/events/**", refuse_once)

    send(page, "Try again")

    expect(page.locator(".answer-tail")).to_have_text("Through")
    end.open()
    expect(page.locator(".answer-body.markdown")).to_have_text("Through at last")
    assert len(refused) == 1


@pytest.mark.fault(58)
def test_a_silent_stream_is_asked_about(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing("Start ", end, "end"))
    page.clock.install()
    held: list[Route] = []
    page.route("**/events/**", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/events/**"):
        send(page, "Are you there?")
    end.open()
    page.clock.fast_forward(46_000)

    expect(page.locator(".answer-body.markdown")).to_have_text("Start end")


def test_an_answer_that_is_gone_is_taken_out(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Soon gone", gate()))
    send(page, "Vanish")
    expect(page.locator(".answer-tail")).to_have_text("Soon gone")
    page.route("**/events/**", lambda route: route.fulfill(status=404, body=""))
    page.route("**/messages/*/", lambda route: route.fulfill(status=404, headers={"X-Chatsite": "1"}, body=""))

    page.evaluate("() => dispatchEvent(new Event('online'))")

    expect(page.locator("chat-answer")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


@pytest.mark.fault(43)
def test_an_answer_stays_when_its_reader_is_logged_out(
    page: Page, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    model.script(growing("Still here", gate()))
    send(page, "Log me out")
    expect(page.locator(".answer-tail")).to_have_text("Still here")
    context.clear_cookies(name="session")

    page.evaluate("() => dispatchEvent(new Event('online'))")

    expect(page.locator(".answer-notice", has_text="You are logged out")).to_be_visible()
    expect(page.locator(".answer-body")).to_have_text("Still here")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


@pytest.mark.fault(47)
def test_rewinds_are_obeyed_and_unknown_events_ignored(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing(gate(), "never asked for"))  # the page begins with nothing, however late it is
    events = [
        ("start", {"answer": "", "model": "fake-model", "status": "streaming"}),
        ("reasoning", {"text": "thought too far"}),
        ("message", {"text": "abc🙂def"}),
        ("sparkle", {"text": "from a newer server"}),
        ("rewind", {"length": 5, "reasoning": 7}),
        ("message", {"text": "X"}),
        ("end", {"status": "complete", "reason": "stop", "length": 6, "usage": {}, "error": None}),
    ]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    page.route("**/events/**", lambda route: route.fulfill(content_type="text/event-stream", body=body))

    with page.expect_request("**/markdown/") as rendering:
        send(page, "Rewind")

    assert parse_qs(rendering.value.post_data)["text"] == ["abc🙂X"]
    expect(page.locator(".answer-body.markdown")).to_have_text("abc🙂X")
    expect(page.locator(".reasoning-text")).to_have_text("thought", use_inner_text=False)


def test_what_is_waited_for_is_said(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing(gate()))
    waiting = [("start", {}), ("notice", {"code": "waiting", "until": None, "place": None})]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in waiting)
    page.route("**/events/**", lambda route: route.fulfill(content_type="text/event-stream", body=body))

    send(page, "Hurry")

    expect(page.locator(".answer-notice", has_text="The model is taking its time…")).to_be_visible()


def test_being_offline_is_said_quietly(page: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    notice = page.locator("connection-notice")
    expect(notice).to_have_text("You are offline. Your text is kept here; send it when you are back.")

    send(page, "Into the void")
    expect(page.get_by_role("alert")).to_have_text(
        "Not sent: you are offline. Your text is kept here.", use_inner_text=True
    )
    expect(page.get_by_label("Your message")).to_have_value("Into the void")
    context.set_offline(False)
    expect(notice).to_be_hidden()
    page.keyboard.press("Enter")

    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")


def test_a_browser_that_says_it_is_offline_can_stop_what_it_still_hears(
    page: Page, model: FakeProvider, gate: Gates
) -> None:
    model.script(growing("Slowly", gate()))
    send(page, "Take long")
    expect(page.locator(".answer-tail")).to_have_text("Slowly")

    page.evaluate(NO_NETWORK)

    expect(page.locator("connection-notice")).to_contain_text("You are offline.")
    expect(page.get_by_text("The connection is lost. Trying again…")).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer-label")).to_contain_text("You stopped this answer.")


def test_a_lost_connection_is_told_under_the_answer_and_stops_nothing(
    proxied_page: Page, proxy: Proxy, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    end = gate()
    model.script(growing("Slowly", end))
    send(page, "Take long")
    stop = page.get_by_role("button", name="Stop")
    expect(page.locator(".answer-tail")).to_have_text("Slowly")
    stop.focus()

    context.set_offline(True)
    proxy.cut()

    under_it = page.locator(".answer-footer").get_by_text("The connection is lost. Trying again…")
    expect(under_it).to_be_visible()
    expect(stop).to_be_disabled()
    expect(page.get_by_label("Your message")).to_be_focused()
    context.set_offline(False)
    expect(under_it).to_be_hidden()
    expect(stop).to_be_enabled()
    end.open()
    expect(page.locator(".answer-actions")).to_be_visible()


def test_an_end_that_the_page_cannot_ask_about_is_shown_once_the_server_is_back(
    page: Page, model: FakeProvider, gate: Gates
) -> None:
    end = gate()
    model.script(growing("Nearly ", end, "**there**"))
    is_away = [True]

    def away(route: Route) -> None:
        if is_away[0]:
            route.abort()
        else:
            route.continue_()

    send(page, "Deploy now")
    expect(page.locator(".answer-tail")).to_have_text("Nearly")
    page.route("**/markdown/", away)
    page.route("**/messages/*/", away)
    with page.expect_event("requestfailed"):
        end.open()
    is_away[0] = False

    expect(page.locator(".answer-body.markdown strong")).to_have_text("there")
    expect(page.locator(".answer-actions")).to_have_count(1)


def test_a_page_without_a_place_for_its_stream_says_so_and_shows_the_end(
    page: Page, site: Site, person: str, model: FakeProvider, gate: Gates
) -> None:
    end = gate()
    model.script(growing("Before ", end, "after"))
    reader = Person(site.url, site.sessions[person])
    begun = reader.ask("Follow me often")
    for _ in range(STREAMS_OF_A_PERSON):
        reader.follow(begun["answer"]["events_url"]).next()

    page.goto(site.url + begun["conversation"]["url"])
    notice = page.locator("connection-notice")
    expect(notice).to_have_text(
        "You follow very many answers at once. Close some of these pages, then reload this one."
    )
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    expect(page.locator(".answer-lost")).to_be_hidden()
    end.open()

    expect(page.locator(".answer-body.markdown")).to_have_text("Before after")
    expect(notice).to_be_hidden()
    for stream in reader.streams:
        stream.close()
