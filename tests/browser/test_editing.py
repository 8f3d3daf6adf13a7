"""Editing a message in its place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.site import Site, context_of, enter, growing, log_in, send, watched
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]


def test_an_edit_begins_another_branch_in_place(page: Page, model: FakeProvider) -> None:
    model.script(chunks("First"), chunks("Second"), chunks("Third"))
    ask(page, "One", "Two")
    page.locator("body").evaluate("body => { body.dataset.stayed = 'yes'; }")

    editor = open_editor(page, "One")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("One")
    editor.fill("Uno")
    page.get_by_role("button", name="Send").first.click()

    expect(page.locator(".question-text")).to_have_text(["Uno"])
    expect(page.locator(".answer-body.markdown")).to_have_text(["Third"])
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(page.get_by_role("button", name="Previous version")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".question-text")).to_have_text(["One", "Two"])
    expect(page.locator(".answer-body.markdown")).to_have_text(["First", "Second"])
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")


def test_the_answer_to_an_edit_grows_and_can_be_stopped(page: Page, model: FakeProvider, gate: Gates) -> None:
    ask(page, "One")
    model.script(growing("So far", gate()))
    open_editor(page, "One").fill("Uno")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".answer-tail")).to_have_text("So far")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator(".answer-label", has_text="You stopped this answer.")).to_be_visible()
    send(page, "Go on")
    expect(page.locator(".question-text")).to_have_text(["Uno", "Go on"])


@pytest.mark.parametrize("enter", ["Sends", "New line"])
def test_the_keys_of_the_form_are_told_under_it(page: Page, enter: str) -> None:
    ask(page, "One")
    page.locator(".user-menu-name").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name=enter).click()
    page.keyboard.press("Escape")

    editor = open_editor(page, "One")

    expect(editor).to_have_accessible_description("Ctrl+Enter sends, Enter begins a new line, Esc cancels.")
    expect(page.get_by_text("Ctrl+Enter sends").locator("visible=true")).to_have_count(1)
    expect(page.get_by_text("Enter sends, Shift")).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("more")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".question-text")).to_have_text("One\nmore", use_inner_text=True)


def test_escape_and_cancel_leave_the_message_as_it_is(page: Page, model: FakeProvider) -> None:
    ask(page, "One")
    calls = len(model.answer_calls)
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.locator(".editor-cancel").click()):
        open_editor(page, "One").fill("Something else")
        leave()
        expect(page.get_by_label("Edited text")).to_be_hidden()
        expect(pencil(page, "One")).to_be_focused()
        expect(page.locator(".question-text")).to_be_visible()

    expect(open_editor(page, "One")).to_have_value("One")
    assert len(model.answer_calls) == calls


def test_enter_breaks_the_line(page: Page) -> None:
    ask(page, "One")
    open_editor(page, "One")

    page.keyboard.press("Enter")
    page.keyboard.type("Two")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".question-text")).to_have_text("One\nTwo", use_inner_text=True)


def test_a_refused_edit_keeps_its_text_and_says_why(page: Page, model: FakeProvider, gate: Gates) -> None:
    ask(page, "One")
    end = gate()
    model.script(growing("Busy", end))
    send(page, "Two")
    expect(page.locator(".answer-tail")).to_have_text("Busy")

    editor = open_editor(page, "One")
    editor.fill("Uno")
    page.keyboard.press("Control+Enter")
    alert = page.locator(".editor").get_by_role("alert")
    expect(alert).to_contain_text("still being written")
    expect(editor).to_have_value("Uno")
    end.open()
    expect(page.locator(".answer-actions")).to_have_count(2)
    page.keyboard.press("Control+Enter")

    expect(page.locator(".question-text")).to_have_text(["Uno"])


def test_an_edit_that_is_too_long_says_so(page: Page) -> None:
    ask(page, "One")

    open_editor(page, "One").fill("é" * 50_001)
    page.keyboard.press("Control+Enter")

    expect(page.locator(".editor").get_by_role("alert")).to_contain_text("too long to send")


@pytest.mark.fault(38)
def test_a_reply_to_an_edit_that_was_lost_is_not_asked_for_twice(page: Page, model: FakeProvider) -> None:
    ask(page, "One")

    def lose_the_reply(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/messages/*/", lose_the_reply, times=1)
    calls = len(model.answer_calls)
    open_editor(page, "One").fill("Uno")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".editor").get_by_role("alert")).to_contain_text("cannot be reached")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".question-text")).to_have_text(["Uno"])
    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    assert len(model.answer_calls) == calls + 1


def test_an_edit_outlives_a_reload_and_being_logged_out(
    page: Page, context: BrowserContext, site: Site, person: str
) -> None:
    ask(page, "One")
    url = page.url
    open_editor(page, "One").fill("Do not lose me")
    context.clear_cookies(name="session")
    page.keyboard.press("Control+Enter")
    alert = page.locator(".editor").get_by_role("alert")
    expect(alert).to_contain_text("log in")
    expect(alert.get_by_role("link", name="Log in")).to_be_visible()

    log_in(page, site, person)
    page.goto(url)

    expect(page.get_by_label("Edited text")).to_have_value("Do not lose me")


def test_editing_by_keyboard(page: Page) -> None:
    ask(page, "One")
    page.keyboard.press("Shift+Tab")
    for _ in range(20):
        if pencil(page, "One").evaluate("pencil => pencil === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    expect(pencil(page, "One")).to_be_focused()
    expect(pencil(page, "One")).to_have_css("opacity", "1")

    page.keyboard.press("Enter")
    page.keyboard.type(" more")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator(".question-text")).to_have_text(["One more"])


def test_a_finger_finds_the_pencil(browser: Browser, site: Site, person: str, problems: list[str]) -> None:
    with context_of(browser, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True) as context:
        page = watched(context, problems)
        enter(page, site, person)
        page.get_by_label("Your message").fill("Tap")
        page.get_by_role("button", name="Send").tap()
        expect(page.locator(".answer-actions")).to_have_count(1)
        expect(pencil(page, "Tap")).to_have_css("opacity", "1")

        pencil(page, "Tap").tap()
        page.get_by_label("Edited text").fill("Tapped " * 30)
        low = page.locator(".editor :is(button, summary):visible").evaluate_all(
            "targets => targets.filter(target => Math.round(target.getBoundingClientRect().height) < 44).length"
        )
        wide = page.locator(".transcript").evaluate("place => place.scrollWidth - place.clientWidth")
        assert (low, wide) == (0, 0)
        page.get_by_role("button", name="Send").first.tap()

        expect(page.locator(".question-text")).to_contain_text("Tapped Tapped")


def test_editing_without_script(plain_page: Page) -> None:
    ask_plainly(plain_page, "Plain")
    pencil(plain_page, "Plain").click()
    plain_page.locator(".editor-cancel").click()
    expect(plain_page.get_by_label("Edited text")).to_be_hidden()

    pencil(plain_page, "Plain").click()
    plain_page.get_by_label("Edited text").fill("Plainer")
    plain_page.get_by_role("button", name="Send").first.click()

    expect(plain_page.locator(".question-text")).to_have_text("Plainer")
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")
    expect(plain_page.locator(".siblings-place")).to_have_text("2/2")
    plain_page.get_by_role("button", name="Previous version").click()
    expect(plain_page.locator(".question-text")).to_have_text("Plain")


def test_a_refused_edit_comes_back_without_script(plain_page: Page) -> None:
    ask_plainly(plain_page, "Plain")
    pencil(plain_page, "Plain").click()
    text = "long " * 6_000
    plain_page.get_by_label("Edited text").fill(text)

    plain_page.get_by_role("button", name="Send").first.click()

    expect(plain_page.locator(".editor").get_by_role("alert")).to_contain_text("longer than the model can take")
    expect(plain_page.get_by_label("Edited text")).to_have_value(text)


def ask(page: Page, *texts: str) -> None:
    for count, text in enumerate(texts):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count + 1)


def ask_plainly(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-actions")).to_have_count(1)


def pencil(page: Page, text: str) -> Locator:
    return page.locator(".question", has_text=text).locator(".editor summary")


def open_editor(page: Page, text: str) -> Locator:
    page.locator("message-editor:defined").first.wait_for()
    page.locator(".question", has_text=text).hover()
    pencil(page, text).click()
    return page.get_by_label("Edited text").and_(page.locator(":visible"))
