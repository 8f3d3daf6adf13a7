"""Versions of a message: making them, stepping through them, and going on from one elsewhere."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from conversations.views.transcript import ABOVE, PAGE
from tests.browser.site import Site, asks, growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks, refusal

Gates = Callable[[], Gate]
GROWN = """
from django.contrib.auth.models import User
from tests.large import grown
print(grown(User.objects.get(username={person!r}), depth={depth}, count={count}).get_absolute_url())
"""


@pytest.fixture
def grown(site: Site, person: str) -> Callable[[int, int], str]:
    """Makes a conversation of a branch and its versions; its address."""
    return lambda depth, count: site.url + site.run(GROWN.format(person=person, depth=depth, count=count)).strip()


def test_stepping_stays_on_the_page_and_keeps_the_focus(page: Page, model: FakeProvider) -> None:
    model.script(chunks("First"), chunks("Second"))
    ask_twice(page)
    page.locator("body").evaluate("body => { body.dataset.stayed = 'yes'; }")

    page.get_by_role("button", name="Previous answer").click()

    expect(page.locator(".answer-body")).to_have_text("First")
    expect(page.locator(".siblings-place")).to_have_text("1/2")
    expect(page.get_by_role("button", name="Next answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".answer-body")).to_have_text("Second")
    expect(page.get_by_role("button", name="Previous answer")).to_be_focused()
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")


def test_what_was_pressed_stays_where_it_is(page: Page, grown: Callable[[int, int], str]) -> None:
    page.goto(grown(40, 400))
    page.locator("chat-transcript:defined").wait_for()
    stepper = page.locator(".siblings").nth(PAGE // 2)
    stepper.scroll_into_view_if_needed()
    stepper.get_by_role("button").last.click()
    shown = page.locator(".siblings:focus-within")
    expect(shown.locator(".siblings-place")).to_contain_text("2/")  # the last message of its branch
    expect(shown).to_be_in_viewport()
    top = top_of(shown)

    shown.get_by_role("button").first.click()

    expect(shown.locator(".siblings-place")).to_contain_text("1/")
    expect(page.locator(".message")).to_have_count(PAGE)
    assert abs(top_of(shown) - top) < 1


def test_the_next_message_goes_on_from_the_branch_that_is_shown(page: Page, model: FakeProvider) -> None:
    model.script(chunks("First"), chunks("Second"))
    ask_twice(page)
    page.get_by_role("button", name="Previous answer").click()
    expect(page.locator(".answer-body")).to_have_text("First")

    send(page, "Go on")

    expect(page.locator(".answer-body")).to_have_text(["First", "Hello there"])
    page.reload()
    expect(page.locator(".answer-body")).to_have_text(["First", "Hello there"])


def test_what_was_typed_outlives_a_step(page: Page) -> None:
    ask_twice(page)
    page.get_by_label("Your message").fill("Half a thought")

    page.get_by_role("button", name="Previous answer").click()

    expect(page.locator(".siblings-place")).to_have_text("1/2")
    expect(page.get_by_label("Your message")).to_have_value("Half a thought")


def show_all(page: Page, count: int) -> None:
    """Older messages come whenever the way to them is seen."""
    messages = page.locator(".message")
    while (shown := messages.count()) < count:
        page.locator(".transcript").evaluate("place => { place.scrollTop = 0; }")
        expect(messages.nth(shown)).to_be_attached()
    expect(messages).to_have_count(count)


def test_a_version_far_above_is_shown_in_its_place(page: Page, grown: Callable[[int, int], str]) -> None:
    page.goto(grown(200, 2000))
    show_all(page, 200)
    stepper = page.locator(".siblings").nth(100)
    stepper.scroll_into_view_if_needed()

    stepper.get_by_role("button").last.click()

    shown = page.locator(".siblings:focus-within")
    expect(shown.locator(".siblings-place")).to_contain_text("2/")
    expect(shown).to_be_in_viewport()
    shown.get_by_role("button").first.click()
    expect(shown.locator(".siblings-place")).to_contain_text("1/")
    expect(shown).to_be_in_viewport()
    expect(page.get_by_role("link", name="Show newer messages")).to_have_count(1)


def test_a_page_that_opens_in_the_middle_leads_on_and_sends_at_the_end(
    page: Page, grown: Callable[[int, int], str]
) -> None:
    page.goto(grown(200, 200))
    page.get_by_role("link", name="Show older messages").click()
    message = page.locator(".message", has_text=f"number {200 - 2 * PAGE} says")
    uuid = str(message.get_attribute("id")).removeprefix("message-")
    page.goto(f"{page.url.split('#')[0]}?at={uuid}#message-{uuid}")
    expect(page.locator(f"#message-{uuid}")).to_be_in_viewport()
    last = 200 - 2 * PAGE - ABOVE + PAGE - 1
    expect(page.locator(".message").last).to_contain_text(f"number {last} says")

    page.get_by_role("link", name="Show newer messages").click()
    expect(page).not_to_have_url(re.compile(uuid))
    expect(page.locator(".message", has_text=f"number {last} says")).to_be_in_viewport()
    expect(page.locator(".message", has_text=f"number {last + PAGE - ABOVE - 1} says")).to_have_count(1)
    page.go_back()
    send(page, "At the end")

    expect(page.locator(".answer-actions").last).to_be_visible()
    expect(page.locator(".question-text").last).to_have_text("At the end")
    expect(page.get_by_role("link", name="Show newer messages")).to_have_count(0)


def test_a_step_while_an_answer_is_written_says_why_not(page: Page, model: FakeProvider, gate: Gates) -> None:
    ask_twice(page)
    end = gate()
    model.script(growing("Busy", end))
    send(page, "And now?")
    expect(page.locator(".answer-tail")).to_have_text("Busy")

    page.get_by_role("button", name="Previous answer").click()

    expect(page.get_by_role("alert")).to_contain_text("still being written")
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    end.open()
    expect(page.locator(".answer-actions")).to_have_count(2)


def test_an_answer_is_asked_again_in_its_place(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(refusal(401), growing("This time", end, " it works"))
    send(page, "Try")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_label("Your message").fill("What I write meanwhile")
    page.locator("body").evaluate("body => { body.dataset.stayed = 'yes'; }")

    page.get_by_role("button", name="Retry").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".answer-tail")).to_have_text("This time")
    expect(page.locator(".answer")).to_be_focused()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    end.open()
    expect(page.locator(".answer-body")).to_have_text("This time it works")
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(page.get_by_label("Your message")).to_have_value("What I write meanwhile")
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")


def test_an_answer_that_is_asked_again_twice_at_once_is_asked_once(page: Page, model: FakeProvider) -> None:
    send(page, "Ask me once")
    again = page.get_by_role("button", name="Answer again")

    again.dblclick()

    expect(page.locator(".siblings-place")).to_have_text("2/2")
    assert len([call for call in model.answer_calls if asks("Ask me once")(call)]) == 2


def test_all_ways_to_other_branches_are_dim_while_one_is_taken(page: Page) -> None:
    for count, text in enumerate(("One", "Two"), start=1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count)
    held: list[Route] = []
    page.route("**/messages/*/", lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler
    again = page.get_by_role("button", name="Answer again")

    again.last.click()

    ways = page.locator(".answer-actions > branch-form")
    expect(ways.first).to_have_css("opacity", "0.6")
    expect(again.first).to_have_css("cursor", "progress")
    held[0].continue_()
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(ways.first).to_have_css("opacity", "1")


def test_asking_again_says_why_it_cannot_be_done(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.route("**/messages/*/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())

    page.get_by_role("button", name="Answer again").click()

    expect(page.get_by_role("alert")).to_contain_text("The site cannot be reached.")
    expect(page.locator(".answer-body")).to_have_text("Hello there")
    page.unroute("**/messages/*/")
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_stepping_without_script_leads_to_the_message(plain_page: Page, grown: Callable[[int, int], str]) -> None:
    plain_page.goto(grown(2 * PAGE, 600))
    plain_page.get_by_role("link", name="Show older messages").click()
    expect(plain_page.locator(".message").first).to_contain_text("What number 0 says")
    stepper = plain_page.locator(".siblings").first

    stepper.get_by_role("button").last.click()

    expect(plain_page.locator(".message:target .siblings-place")).to_contain_text("2/")
    expect(plain_page.locator(".message:target")).to_be_in_viewport()
    plain_page.keyboard.press("Tab")
    expect(plain_page.locator(".message:target :focus")).to_have_count(1)


def test_another_model_answers_again(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)

    menu(page).click()
    expect(page.locator(".answer-menu .menu-panel")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="other-model").click()

    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(page.locator(".answer-by")).to_have_text("other-model")
    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("fake-model")  # which the next message asks


def test_the_menu_of_an_answer_by_keyboard(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    menu(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="other-model")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go on in a new chat")).to_be_focused()

    page.keyboard.press("Escape")

    expect(menu(page)).to_be_focused()
    expect(page.get_by_role("button", name="other-model")).to_be_hidden()


def test_a_chat_is_gone_on_with_in_a_new_one(page: Page) -> None:
    for count, text in enumerate(("One", "Two")):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count + 1)
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    was = page.url

    menu(page).first.click()
    page.get_by_role("button", name="Go on in a new chat").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("A short title (2)")
    expect(page.locator(".question-text")).to_have_text(["One"])
    send(page, "Three")
    expect(page.locator(".answer-actions")).to_have_count(2)
    page.goto(was)
    expect(page.locator(".question-text")).to_have_text(["One", "Two"])


def test_another_model_and_a_new_chat_without_script(plain_page: Page) -> None:
    plain_page.get_by_label("Your message").fill("Plain")
    plain_page.get_by_role("button", name="Send").click()
    expect(plain_page.locator(".answer-actions")).to_have_count(1)
    menu(plain_page).click()
    plain_page.get_by_role("button", name="other-model").click()
    expect(plain_page.locator(".siblings-place")).to_have_text("2/2")
    expect(plain_page.locator(".answer-by")).to_have_text("other-model")

    menu(plain_page).click()
    plain_page.get_by_role("button", name="Go on in a new chat").click()

    expect(plain_page.get_by_role("heading", level=1)).to_contain_text("(2)")
    expect(plain_page.locator(".question-text")).to_have_text("Plain")
    expect(plain_page.locator(".siblings-place")).to_have_count(0)


def menu(page: Page) -> Locator:
    return page.locator(".answer-menu > details > summary")


def ask_twice(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(".siblings-place")).to_have_text("2/2")


def top_of(place: Locator) -> float:
    return float(place.evaluate("place => place.getBoundingClientRect().top"))
