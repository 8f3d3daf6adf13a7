"""The page around the chat: composer, menus, sidebar, scrolling, keyboard, small screens, looks."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.shifting import least_shift
from tests.browser.site import Site, context_of, enter, growing, log_in, of_shown, send, watched
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]
LINES = "".join(f"Line {number}\n\n" for number in range(80))


def test_shift_enter_breaks_the_line_and_enter_sends(page: Page) -> None:
    page.locator("chat-composer:defined").wait_for()
    page.get_by_label("Your message").focus()
    page.keyboard.type("One")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Two")
    page.keyboard.press("Enter")

    expect(page.locator(".question-text")).to_have_text("One\nTwo", use_inner_text=True)


@pytest.mark.fault(46)
@pytest.mark.parametrize("event", ["{ isComposing: true }", "{ keyCode: 229 }"])
def test_enter_in_a_composition_sends_nothing(page: Page, event: str) -> None:
    page.locator("chat-composer:defined").wait_for()
    box = page.get_by_label("Your message")
    box.fill("にほ")

    was_left_alone = box.evaluate(
        f"box => box.dispatchEvent(new KeyboardEvent('keydown', "
        f"{{ key: 'Enter', bubbles: true, cancelable: true, ...{event} }}))"
    )

    assert was_left_alone is True
    expect(box).to_have_value("にほ")


def test_a_blank_message_is_not_sent(page: Page, model: FakeProvider) -> None:
    calls = len(model.answer_calls)

    send(page, "  \n ")

    expect(page.get_by_label("Your message")).to_be_focused()
    assert len(model.answer_calls) == calls


@pytest.mark.parametrize(("count", "size"), [(50_001, 1), (56_000, 12)])
def test_a_message_that_is_too_long_says_by_how_much(page: Page, count: int, size: int) -> None:
    send(page, "é" * count)

    expect(page.get_by_role("alert")).to_have_text(
        f"This message is about {size} KB too long to send. Shorten it.", use_inner_text=True
    )


def test_a_draft_is_kept_for_each_conversation(page: Page, site: Site) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_label("Your message").fill("Half a thought")
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()
    expect(page.get_by_label("Your message")).to_have_value("")

    page.go_back()

    expect(page.get_by_label("Your message")).to_have_value("Half a thought")


def test_a_draft_is_forgotten_on_logging_out(page: Page, site: Site, person: str) -> None:
    page.locator("chat-composer:defined").wait_for()
    page.get_by_label("Your message").fill("Private")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Log out").click()

    log_in(page, site, person)

    page.locator("chat-composer:defined").wait_for()
    expect(page.get_by_label("Your message")).to_have_value("")


@pytest.mark.fault(38)
def test_a_reply_that_was_lost_is_not_asked_for_twice(page: Page, site: Site, model: FakeProvider) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)

    def lose_the_reply(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/conversations/*/messages/", lose_the_reply, times=1)
    calls = len(model.answer_calls)
    send(page, "Only once")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.keyboard.press("Enter")

    expect(page.locator(".answer-actions")).to_have_count(2)
    page.reload()
    expect(page.locator(".question-text")).to_have_text(["Hi", "Only once"])
    assert len(model.answer_calls) == calls + 1


def test_typing_goes_on_while_an_answer_runs(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing("Slow", end))
    send(page, "First")
    expect(page.locator(".answer-tail")).to_have_text("Slow")

    send(page, "My next thought")
    expect(page.get_by_role("alert")).to_contain_text("still being written")
    end.open()

    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_label("Your message")).to_have_value("My next thought")


def test_rename(page: Page) -> None:
    send(page, "Name me")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    expect(page.locator(".answer-actions")).to_have_count(1)

    fold(page, "Rename").click()
    page.get_by_label("Title").fill("Mine")
    page.get_by_role("button", name="Rename").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")
    expect(page.locator(".sidebar-item")).to_have_text("Mine")


def test_a_title_that_came_while_the_page_was_made_reaches_its_heading(page: Page) -> None:
    send(page, "Name me")
    expect(page.locator(".sidebar-item")).to_have_text("A short title")

    def half_old(route: Route) -> None:
        """The heading was read before the title came, and the list behind it."""
        old = re.sub(r'(<h1 class="bar-title"[^>]*>)[^<]*', r"\1Name me", route.fetch().text())
        route.fulfill(body=old, content_type="text/html; charset=utf-8", headers={"X-Chatsite": "1"})

    page.route(page.url.partition("#")[0], half_old)
    page.reload()

    expect(page.get_by_role("heading", level=1)).to_have_text("Name me")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")


def test_settings_are_kept(page: Page) -> None:
    send(page, "Set me up")
    expect(page.locator(".answer-actions")).to_have_count(1)
    fold(page, "Settings").click()
    page.get_by_label("System prompt").fill("Answer in rhymes.")
    page.get_by_label("Earlier turns to include").fill("0")
    page.get_by_role("button", name="Save").click()

    fold(page, "Settings").click()

    expect(page.get_by_label("System prompt")).to_have_value("Answer in rhymes.")
    expect(page.get_by_label("Earlier turns to include")).to_have_value("0")


def test_cancel_closes_the_menu_and_forgets(page: Page) -> None:
    send(page, "Change nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    expect(page.locator(".answer-actions")).to_have_count(1)
    fold(page, "Rename").click()
    page.get_by_label("Title").fill("Never mind")

    page.get_by_role("link", name="Cancel").click()

    expect(page.locator(".conversation-menu > details > summary")).to_be_focused()
    fold(page, "Rename")
    expect(page.get_by_label("Title")).to_be_hidden()
    expect(page.get_by_label("Title")).to_have_value("A short title")


def test_all_chats_are_listed(page: Page, site: Site) -> None:
    send(page, "List me")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")

    page.get_by_role("link", name="All chats").click()

    expect(page).to_have_url(f"{site.url}/conversations/")
    expect(page.locator(".listing-item")).to_contain_text("Today")


def test_the_theme_is_shown_at_once_and_kept(page: Page) -> None:
    html = page.locator("html")
    page.locator(".user-menu summary").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")

    page.reload()

    expect(html).to_have_attribute("data-theme", "dark")
    assert background(page) == "rgb(20, 25, 24)"


def test_everything_by_keyboard(page: Page, site: Site) -> None:
    page.locator("chat-composer:defined").wait_for()
    page.goto(site.url + "/conversations/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="New chat"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.url}/")
    page.locator("chat-composer:defined").wait_for()
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    expect(page.locator(".answer-actions")).to_have_count(1)

    tab_to(page, page.locator(".conversation-menu > details > summary"))
    page.keyboard.press("Enter")
    tab_to(page, page.locator(".fold > summary", has_text="Rename"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Title"))
    page.keyboard.press("Escape")
    expect(page.locator(".conversation-menu > details > summary")).to_be_focused()
    expect(page.get_by_label("Title")).to_be_hidden()
    tab_to(page, page.get_by_role("button", name="Answer again"))
    page.keyboard.press("Enter")

    expect(page.locator(".siblings-place")).to_have_text("2/2")


def test_the_reader_is_not_dragged_to_the_end(page: Page, model: FakeProvider, gate: Gates) -> None:
    more, end = gate(), gate()
    model.script(growing(LINES, more, LINES, "Nearly", end, " done"))
    send(page, "Write a lot")
    expect(page.locator(".answer-body")).to_contain_text("Line 79")
    to_end = page.get_by_role("button", name="To the end")
    expect(to_end).to_be_hidden()
    assert distance(page) < 2
    page.locator(".transcript").hover()
    page.mouse.wheel(0, -900)
    expect(to_end).to_be_visible()
    place = page.locator(".transcript").evaluate("place => place.scrollTop")

    more.open()
    expect(page.locator(".answer-tail")).to_contain_text("Nearly")
    assert page.locator(".transcript").evaluate("place => place.scrollTop") == place
    to_end.click()
    expect(to_end).to_be_hidden()
    end.open()

    expect(page.locator(".answer-actions")).to_be_visible()
    expect(to_end).to_be_hidden()
    assert distance(page) < 2


@pytest.mark.parametrize("width", [1280, 800, 360])
def test_the_way_to_the_end_covers_no_word(page: Page, model: FakeProvider, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    model.script(chunks("words that fill the line from one edge to the other " * 400))
    send(page, "A lot")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.locator(".transcript").evaluate("place => { place.scrollTop = 1000; }")
    to_end = page.get_by_role("button", name="To the end")
    expect(to_end).to_be_visible()
    box = to_end.bounding_box()
    assert box

    def behind() -> bytes:
        return page.screenshot(clip={**box, "x": box["x"] - 4, "width": box["width"] + 8}, animations="disabled")

    before = behind()
    page.locator(".transcript").evaluate("place => { place.scrollTop += 11; }")

    assert behind() == before


def test_a_small_screen_holds_everything(
    browser: Browser, site: Site, person: str, problems: list[str], model: FakeProvider
) -> None:
    wide = f"{'x' * 300}\n\n```\n{'y' * 300}\n```\n\n|{'a|' * 20}\n|{'-|' * 20}\n|{'long cell|' * 20}\n"
    model.script(chunks(wide))
    with context_of(browser, viewport={"width": 360, "height": 640}) as context:
        page = watched(context, problems)
        enter(page, site, person)
        send(page, "z" * 300)
        expect(page.locator(".answer-actions")).to_have_count(1)
        widest = page.locator(":is(html, .transcript)").evaluate_all(
            "places => places.map(place => place.scrollWidth - place.clientWidth)"
        )
        assert widest == [0, 0]
        expect(page.locator(".bar-new")).to_be_in_viewport()
        expect(page.locator(".sidebar-new")).to_be_hidden()

        page.get_by_role("link", name="Show the chats").click()
        expect(page.locator(".sidebar-new")).to_be_in_viewport()
        page.get_by_role("link", name="Hide the chats").click()

        expect(page.locator(".sidebar-new")).to_be_hidden()


def test_a_finger_has_room(browser: Browser, site: Site, person: str, problems: list[str]) -> None:
    with context_of(browser, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True) as context:
        page = watched(context, problems)
        enter(page, site, person)
        page.get_by_label("Your message").fill("Tap")
        page.get_by_role("button", name="Send").tap()
        expect(page.locator(".answer-actions")).to_have_count(1)
        page.get_by_role("link", name="Show the chats").click()
        page.locator(".user-menu summary").click()

        low = of_shown(
            page,
            ":is(a, button, summary):not(.skip)",
            """targets => targets
                .filter(target => Math.round(target.getBoundingClientRect().height) < 44)
                .map(target => target.className)""",
        )

        assert low == []


def test_nothing_moves_after_loading(page: Page) -> None:
    send(page, "Stand still")
    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")

    assert least_shift(page, ready=page.locator("chat-transcript:defined")) < 0.01


def fold(page: Page, name: str) -> Locator:
    """A part of the conversation's menu, which is opened."""
    page.locator(".conversation-menu > details > summary").click()
    return page.locator(".fold > summary", has_text=name)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        if target.evaluate("target => target === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()


def distance(page: Page) -> float:
    """How far from the end the transcript is scrolled, in pixels."""
    script = "place => place.scrollHeight - place.clientHeight - place.scrollTop"
    return float(page.locator(".transcript").evaluate(script))


def background(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
