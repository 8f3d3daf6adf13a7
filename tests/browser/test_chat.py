"""Asking and reading: the text grows, and becomes formatted Markdown at the end."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.site import Site, growing, log_in, send, watched
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Gate, chunk, chunks, raw, refusal

Gates = Callable[[], Gate]


def test_the_text_grows_and_becomes_markdown(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, second = gate(), gate()
    model.script(growing("Hel", first, "lo **wor", second, "ld**\n\n- one\n"))
    tail = page.locator(".answer-tail")

    send(page, "Greet the world")
    expect(tail).to_have_text("Hel")
    first.open()
    expect(tail).to_have_text("Hello wor")
    with page.expect_request("**/markdown/") as rendering:
        second.open()

    expect(page.locator(".answer-body.markdown strong")).to_have_text("world")
    expect(page.locator(".answer-body.markdown li")).to_have_text("one")
    assert parse_qs(rendering.value.post_data)["text"] == ["Hello **world**\n\n- one\n"]


def test_a_second_message_is_added_without_leaving_the_page(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.locator("body").evaluate("body => { body.dataset.stayed = 'yes'; }")

    send(page, "Second")

    expect(page.locator(".answer-actions")).to_have_count(2)
    expect(page.locator(".question-text")).to_have_text(["First", "Second"])
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")
    expect(page.get_by_label("Your message")).to_have_value("")


def test_the_title_of_the_model_stands_everywhere(page: Page) -> None:
    send(page, "Something to name")

    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    expect(page.locator(".sidebar-item[aria-current]")).to_have_text("A short title")
    expect(page).to_have_title("A short title · chatsite")


def test_a_title_that_comes_after_the_page_is_shown_too(page: Page, model: FakeProvider, gate: Gates) -> None:
    title = gate()
    model.script_titles(growing(title, "A late title"))
    send(page, "Something to name")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Something to name")

    title.open()

    expect(page.get_by_role("heading", level=1)).to_have_text("A late title")


def test_a_conversation_is_found_again(page: Page, site: Site) -> None:
    send(page, "Remember me")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_role("link", name="New chat").click()
    expect(page).to_have_url(f"{site.url}/")

    page.locator(".sidebar-item").click()

    expect(page.locator(".question-text")).to_have_text("Remember me")
    expect(page.locator(".answer-body")).to_have_text("Hello there")


@pytest.mark.fault(41)
def test_stop_leaves_one_text_on_the_page_in_the_row_and_in_the_stream(
    page: Page, site: Site, model: FakeProvider, gate: Gates
) -> None:
    model.script(growing("All that ", "was seen", gate(), "never"))
    send(page, "Go on for ever")
    expect(page.locator(".answer-tail")).to_have_text("All that was seen")
    events = page.locator("chat-answer").get_attribute("data-events-url")

    page.get_by_role("button", name="Stop").click()

    expect(page.locator(".answer-label", has_text="You stopped this answer.")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.locator(".answer-body")).to_have_text("All that was seen")
    [(text, status)] = site.rows(
        "SELECT text, status FROM conversations_message WHERE role = 'assistant' ORDER BY id DESC LIMIT 1"
    )
    assert (text, status) == ("All that was seen", "stopped")
    stream = page.request.get(site.url + str(events)).text()
    assert 'data: {"text":"All that was seen"}' in stream
    assert '"status":"stopped"' in stream


def test_an_answer_goes_on_where_it_was_stopped(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("One two", gate()), growing(" three"))
    send(page, "Count")
    expect(page.locator(".answer-tail")).to_have_text("One two")
    page.get_by_role("button", name="Stop").click()

    page.get_by_role("button", name="Continue").click()

    expect(page.locator(".answer-body")).to_have_text("One two three")
    expect(page.locator(".siblings-place")).to_have_text("2/2")


def test_a_failed_answer_says_why_and_is_asked_again(page: Page, model: FakeProvider) -> None:
    model.script(refusal(401))
    send(page, "Try")
    failure = page.locator(".answer-failure")
    expect(failure).to_contain_text("misconfigured")
    expect(failure).to_contain_text("Reference")

    page.get_by_role("button", name="Retry").click()

    expect(page.locator(".answer-body")).to_have_text("Hello there")
    page.get_by_role("button", name="Previous answer").click()
    expect(failure).to_be_visible()
    expect(page.locator(".siblings-place")).to_have_text("1/2")


def test_what_an_answer_took_stands_under_it_quietly(page: Page, model: FakeProvider) -> None:
    usage = chunk(usage={"prompt_tokens": 10, "completion_tokens": 1234})
    model.script(raw(chunk({"content": "Much"}), chunk(finish="stop"), usage, DONE))

    send(page, "Count")

    expect(page.locator(".answer-figures")).to_have_text(re.compile(r"^1,234 tokens( · \d+\.\d\ss)?$"))


def test_an_answer_that_was_cut_says_so(page: Page, model: FakeProvider) -> None:
    model.script(chunks("So long", finish="length"), chunks("Bad", finish="content_filter"))

    send(page, "Too much")
    expect(page.locator(".answer-label")).to_have_text("Cut at the length limit.")
    send(page, "Too bad")

    expect(page.locator(".answer-label").last).to_have_text("The provider’s content filter ended this answer.")


def test_the_chosen_model_answers(page: Page) -> None:
    page.get_by_role("combobox", name="Model").select_option("other-model")

    send(page, "Who are you?")

    expect(page.locator(".answer-by")).to_have_text("other-model")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")


def test_an_answer_is_copied_as_markdown(page: Page, context: BrowserContext, model: FakeProvider) -> None:
    source = '\n# Title\n\n```html\n<b class="x">&amp;</b>\n```\n\n* é "quoted" \'too\'\n'
    model.script(chunks(source))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    send(page, "Give me Markdown")
    button = page.get_by_role("button", name="Copy as Markdown")
    expect(button).to_be_visible()
    before = [button.bounding_box(), page.get_by_role("button", name="Answer again").bounding_box()]

    button.click()

    expect(page.locator("copy-button").get_by_role("status").last).to_have_text("Copied")
    assert [button.bounding_box(), page.get_by_role("button", name="Answer again").bounding_box()] == before
    assert page.evaluate("() => navigator.clipboard.readText()") == source


def test_a_block_of_code_is_copied_alone(page: Page, context: BrowserContext, model: FakeProvider) -> None:
    model.script(chunks("Two:\n\n```python\nx = 1 < 2\n```\n\n```\nplain\n```\n"))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    send(page, "Give me code")
    buttons = page.get_by_role("button", name="Copy the code")
    expect(buttons).to_have_count(2)

    buttons.first.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".md-code [role=status]").first).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == "x = 1 < 2\n"
    page.reload()
    expect(buttons).to_have_count(2)


def test_the_tab_marks_an_answer_that_finished_unseen(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing("Wait", end))
    send(page, "Take your time")
    expect(page).to_have_title("A short title · chatsite")
    page.evaluate("() => Object.defineProperty(document, 'hidden', { value: true, configurable: true })")

    end.open()
    expect(page).to_have_title("● A short title · chatsite")
    page.evaluate(
        "() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange', { bubbles: true })); }"
    )

    expect(page).to_have_title("A short title · chatsite")


def test_hostile_text_and_title_are_only_text(page: Page, model: FakeProvider) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    link = "[click](javascript:alert(3)) ![spy](https://spy.example/x.png)"
    model.script(chunks(f"{hostile}\n\n{link}\n"))

    send(page, f'"><script>alert(4)</script>{hostile}')

    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.locator(".answer-body")).to_contain_text(hostile)
    expect(page.locator(".question-text")).to_have_text(f'"><script>alert(4)</script>{hostile}')
    expect(page.locator(".transcript :is(img, script, iframe)")).to_have_count(0)
    expect(page.locator(".answer-body a")).to_have_attribute("href", "https://spy.example/x.png")
    page.locator(".conversation-menu summary").first.click()
    page.locator(".fold > summary", has_text="Rename").click()
    page.get_by_label("Title").fill(hostile)
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    assert dialogs == []


@pytest.mark.fault(40)
def test_two_tabs_do_not_send_into_one_answer(
    page: Page, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    other = context.new_page()
    other.goto(page.url)
    end = gate()
    model.script(growing("Busy", end))
    send(page, "Second")
    expect(page.locator(".answer-tail")).to_have_text("Busy")

    send(other, "Me too")

    expect(other.get_by_role("alert")).to_contain_text("still being written")
    expect(other.get_by_role("link", name="Reload the page")).to_be_visible()
    expect(other.get_by_label("Your message")).to_have_value("Me too")
    end.open()
    expect(page.locator(".answer-actions")).to_have_count(2)
    other.keyboard.press("Enter")
    expect(other.get_by_role("alert")).to_contain_text("went on elsewhere")
    other.get_by_role("link", name="Reload the page").click()
    expect(other.locator(".question-text")).to_have_text(["First", "Second"])
    expect(other.get_by_label("Your message")).to_have_value("Me too")
    send(other, "Me too")
    expect(other.locator(".question-text")).to_have_text(["First", "Second", "Me too"])


def test_logging_in_by_the_form(context: BrowserContext, site: Site, person: str, problems: list[str]) -> None:
    page = watched(context, problems)

    log_in(page, site, person)

    expect(page).to_have_url(f"{site.url}/")
    expect(page.locator(".user-menu-name")).to_contain_text(person)


def test_a_wrong_password_is_typed_again_at_once(
    context: BrowserContext, site: Site, person: str, problems: list[str]
) -> None:
    page = watched(context, problems)
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("Username").fill(person)
    page.get_by_label("Password").fill("wrong")

    page.get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_text("Wrong username or password.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()


def test_a_text_outlives_being_logged_out(page: Page, context: BrowserContext, site: Site, person: str) -> None:
    context.clear_cookies(name="session")

    send(page, "Do not lose me")

    expect(page.get_by_role("alert")).to_contain_text("log in")
    page.get_by_role("link", name="Log in").click()
    log_in(page, site, person)
    expect(page.get_by_label("Your message")).to_have_value("Do not lose me")


def test_what_is_typed_while_a_message_is_under_way_begins_the_next(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    held: list[Route] = []
    page.route("**/conversations/*/messages/", lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler

    with page.expect_request("**/conversations/*/messages/"):
        send(page, "Second")
    page.get_by_label("Your message").press_sequentially(" and more")
    held[0].continue_()

    expect(page.locator(".question-text")).to_have_text(["First", "Second"])
    expect(page.get_by_label("Your message")).to_have_value("and more")
