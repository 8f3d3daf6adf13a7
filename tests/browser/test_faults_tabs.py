"""Tabs that are hidden, frozen, left, reopened, doubled, or too many, while an answer is written."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.proxy import Proxy
from tests.browser.site import Window, asks, growing, send
from tests.browser.whole import HEAD, MIDDLE, Gates, begin, expect_calm, expect_so_far, expect_whole, wait_end
from tests.fakes.provider import FakeProvider

Another = Callable[[str], Page]
GLANCE, UNSEEN_PAUSE = 5_000, 10_000  # ms, as in static/js/stream.js


@pytest.mark.fault(36)
def test_an_answer_goes_on_when_its_tab_is_closed(
    page: Page, another: Another, model: FakeProvider, gate: Gates
) -> None:
    first, last = begin(page, model, gate)
    was = page.url
    page.close()
    first.open()
    last.open()

    again = another(was)

    expect_whole(again)


@pytest.mark.fault(36)
def test_a_hidden_tab_lets_go_of_the_stream_and_misses_nothing(
    window: Window, model: FakeProvider, gate: Gates
) -> None:
    window.context.clock.install()
    page = window.open()
    first, last = begin(page, model, gate)
    front = window.open()
    with page.expect_event("requestfailed", lambda request: "/events/" in request.url):
        front.clock.fast_forward(GLANCE)
    first.open()
    front.clock.fast_forward(UNSEEN_PAUSE)

    page.bring_to_front()

    expect_so_far(page, HEAD + MIDDLE)
    last.open()
    expect_whole(page)


@pytest.mark.fault(36)
def test_a_hidden_tab_marks_the_end_of_its_answer(window: Window, model: FakeProvider, gate: Gates) -> None:
    window.context.clock.install()
    page = window.open()
    first, last = begin(page, model, gate)
    front = window.open()
    front.clock.fast_forward(GLANCE)
    first.open()
    last.open()
    wait_end(page)
    front.clock.fast_forward(UNSEEN_PAUSE)

    expect(page).to_have_title("● A short title · chatsite")
    page.bring_to_front()

    expect(page).to_have_title("A short title · chatsite")
    expect_whole(page)


@pytest.mark.fault(36)
def test_a_frozen_tab_goes_on_when_it_thaws(window: Window, model: FakeProvider, gate: Gates) -> None:
    page = window.open()
    first, last = begin(page, model, gate)
    window.open()
    lifecycle = window.context.new_cdp_session(page)
    lifecycle.send("Page.setWebLifecycleState", {"state": "frozen"})
    first.open()
    lifecycle.send("Page.setWebLifecycleState", {"state": "active"})

    page.bring_to_front()

    expect_so_far(page, HEAD + MIDDLE)
    last.open()
    expect_whole(page)


@pytest.mark.fault(37)
def test_back_to_a_page_that_the_browser_kept_goes_on(
    window: Window, proxy: Proxy, model: FakeProvider, gate: Gates
) -> None:
    page = window.open(proxy.url)
    first, last = begin(page, model, gate)
    page.evaluate("() => { window.wasKept = true; }")
    page.goto(f"{proxy.url}/conversations/")
    first.open()

    page.evaluate("() => { history.back(); }")

    page.wait_for_function("() => window.wasKept")
    expect_so_far(page, HEAD + MIDDLE)
    last.open()
    expect_whole(page)


@pytest.mark.fault(37)
def test_back_forward_and_reload_miss_nothing_and_repeat_nothing(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = begin(page, model, gate)

    page.go_back()
    page.go_forward()
    expect_so_far(page, HEAD)
    first.open()
    page.reload()
    expect_so_far(page, HEAD + MIDDLE)
    page.reload()
    last.open()

    expect_whole(page)


@pytest.mark.fault(37)
def test_a_second_device_follows_from_the_middle(page: Page, device: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = begin(page, model, gate)
    device.goto(page.url)
    expect_so_far(device, HEAD)

    first.open()
    for each in (page, device):
        expect_so_far(each, HEAD + MIDDLE)
    last.open()

    for each in (page, device):
        expect_whole(each)


@pytest.mark.fault(40)
@pytest.mark.fault(41)
def test_a_second_tab_follows_is_told_to_wait_and_may_stop(
    page: Page, another: Another, model: FakeProvider, gate: Gates
) -> None:
    first, _ = begin(page, model, gate)
    other = another(page.url)
    expect_so_far(other, HEAD)
    send(other, "Me too")
    expect(other.get_by_role("alert")).to_contain_text("still being written")
    first.open()
    for each in (page, other):
        expect_so_far(each, HEAD + MIDDLE)

    other.get_by_role("button", name="Stop").click()

    for each in (page, other):
        expect(each.locator(".answer-label", has_text="You stopped this answer.")).to_be_visible()
        expect(each.locator(".answer-body")).to_have_text((HEAD + MIDDLE).strip())
        expect_calm(each)
        expect(each.locator(".question-text")).to_have_text(["Count"])
    expect(other.get_by_label("Your message")).to_have_value("Me too")


@pytest.mark.fault(45)
def test_seven_tabs_with_running_answers_leave_room_for_the_eighth(
    window: Window, model: FakeProvider, gate: Gates
) -> None:
    numbers = range(7)
    gates = [gate() for _ in numbers]
    for number in numbers:
        model.script(growing(f"Tab {number} ", gates[number], "ends"), when=asks(f"Answer {number}"))
    window.context.clock.install()
    pages = []
    for number in numbers:
        pages.append(window.open())
        send(pages[-1], f"Answer {number}")
        expect_so_far(pages[-1], f"Tab {number} ")
        window.context.clock.fast_forward(GLANCE)

    eighth = window.open()
    send(eighth, "And one more")
    expect(eighth.locator(".answer-body.markdown")).to_have_text("Hello there")
    pages[0].bring_to_front()
    pages[0].get_by_role("button", name="Stop").click()
    expect(pages[0].locator(".answer-label", has_text="You stopped this answer.")).to_be_visible()
    for each in gates:
        each.open()

    for number, each in enumerate(pages[1:], 1):
        each.bring_to_front()
        expect(each.locator(".answer-body.markdown")).to_have_text(f"Tab {number} ends")
        expect_calm(each)


@pytest.mark.fault(45)
def test_seven_tabs_that_are_opened_in_the_background_hold_nothing(
    window: Window, model: FakeProvider, gate: Gates
) -> None:
    page = window.open()
    first, last = begin(page, model, gate)
    asked: list[str] = []
    window.context.on("request", lambda request: asked.append(request.url) if "/events/" in request.url else None)
    assert window.context.browser
    browser = window.context.browser.new_browser_cdp_session()
    for _ in range(7):
        with window.context.expect_page() as tab:
            browser.send("Target.createTarget", {"url": page.url, "background": True})
        tab.value.locator("chat-composer:defined").wait_for()

    first.open()

    expect_so_far(page, HEAD + MIDDLE)
    assert asked == []
    last.open()
    expect_whole(page)
