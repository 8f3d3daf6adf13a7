"""Where a message is written: the Enter key, what it will look like, a lot of text, and back to the last message."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

Gates = Callable[[], Gate]


def field(page: Page):
    page.locator("chat-composer:defined").wait_for()
    return page.get_by_label("Your message")


def paste(page: Page, text: str) -> None:
    field(page).focus()
    page.evaluate("text => document.execCommand('insertText', false, text)", text)


def test_enter_breaks_the_line_for_those_who_want_it(page: Page) -> None:
    page.locator(".user-menu-name").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="New line").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Ctrl+Enter sends")).to_be_visible()

    page.reload()
    field(page).focus()
    page.keyboard.type("One")
    page.keyboard.press("Enter")
    page.keyboard.type("Two")
    expect(field(page)).to_have_value("One\nTwo")
    page.keyboard.press("Control+Enter")

    expect(page.locator(".question-text")).to_have_text("One\nTwo", use_inner_text=True)


def test_the_preview_is_what_the_server_makes_of_it(page: Page) -> None:
    paste(page, "Some **bold** <b>words</b>\n\n- one\n")
    page.get_by_role("button", name="Preview").click()

    looks = page.get_by_role("region", name="Preview")
    expect(looks).to_be_focused()
    expect(looks.locator("strong")).to_have_text("bold")
    expect(looks).to_contain_text("<b>words</b>")
    expect(page.get_by_text("This is how it reads as Markdown. It is sent as you typed it.")).to_be_visible()
    expect(field(page)).to_be_hidden()
    page.get_by_role("button", name="Edit", exact=True).last.click()
    expect(field(page)).to_be_focused()
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(looks).to_be_focused()
    page.keyboard.press("Escape")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("Some **bold** <b>words</b>\n\n- one\n")
    expect(looks).to_be_hidden()
    expect(page.get_by_text("This is how it reads as Markdown. It is sent as you typed it.")).to_be_hidden()


def test_what_is_previewed_can_be_sent(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    paste(page, "*Second*")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".composer-looks em")).to_have_text("Second")

    page.get_by_role("button", name="Send", exact=True).last.click()

    expect(page.locator(".question-text")).to_have_text(["First", "*Second*"])
    expect(field(page)).to_be_visible()
    expect(field(page)).to_have_value("")


def test_a_preview_that_cannot_be_had_says_so(page: Page) -> None:
    def fail(route: Route) -> None:
        route.abort()

    page.route("**/markdown/", fail)
    paste(page, "Text")
    page.get_by_role("button", name="Preview").click()

    expect(page.locator(".send-error")).to_contain_text("The site cannot be reached.")
    expect(field(page)).to_have_value("Text")


def test_nothing_is_previewed_where_nothing_is_written(page: Page) -> None:
    expect(field(page)).to_have_value("")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()


def lines(count: int) -> str:
    return "".join(f"{number} some words in a line of text\n" for number in range(count)).strip()


def test_a_large_paste_is_taken_whole_and_sent(page: Page) -> None:
    paste(page, lines(450))
    expect(field(page)).to_have_value(lines(450))

    page.keyboard.press("Enter")

    expect(page.locator(".question-text")).to_have_js_property("textContent", lines(450))


def test_a_paste_that_the_model_cannot_read_whole_stays(page: Page) -> None:
    paste(page, lines(2_500))
    box = field(page).bounding_box()
    page.keyboard.press("Enter")

    expect(page.locator(".send-error")).to_contain_text("longer than the model can take")
    assert box
    assert box["height"] <= 320
    assert field(page).input_value() == lines(2_500)


def test_a_paste_that_is_too_much_says_so_at_once(page: Page) -> None:
    paste(page, "é" * 50_001)

    expect(page.locator(".send-error")).to_contain_text("too long to send")
    page.keyboard.press("Backspace")
    expect(page.locator(".send-error")).to_be_hidden()


def test_the_arrow_up_edits_the_last_message(page: Page) -> None:
    for number, text in enumerate(("First", "Second"), start=1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(number)
    field(page).focus()

    page.keyboard.press("ArrowUp")

    editor = page.get_by_label("Edited text").last
    expect(editor).to_be_focused()
    expect(editor).to_have_value("Second")
    page.keyboard.type(" thoughts")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".question-text")).to_have_text(["First", "Second thoughts"])


def test_the_arrow_up_moves_in_what_is_written(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    paste(page, "Second")

    page.keyboard.press("ArrowUp")

    expect(field(page)).to_be_focused()
    expect(page.get_by_label("Edited text")).to_be_hidden()


@pytest.mark.parametrize("key", ["Enter", "Control+Enter"])
def test_why_nothing_is_sent_while_an_answer_is_written(page: Page, model: FakeProvider, gate: Gates, key: str) -> None:
    model.script(growing("Slow", gate()))
    send(page, "First")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_hidden()
    paste(page, "Second")

    page.keyboard.press(key)

    expect(page.locator(".send-error")).to_contain_text("The answer is still being written.")
    expect(field(page)).to_have_value("Second")
