"""The focus stays where somebody has it, whatever comes, goes or is replaced around it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from conversations.views.transcript import PAGE
from tests.browser.site import Site, Window, asks, growing, send
from tests.browser.states.conversation import LONG
from tests.browser.states.listings import MANY
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]
CODE = "```\nprint()\n```\n\n"
LATE_LINK = "- See [the site][1]\n\n  ```\n  print()\n  ```\n\nAnd"
LINES = "".join(f"Line {number}\n\n" for number in range(80))


@pytest.mark.parametrize(
    ("head", "rest"), [(CODE, "More."), (LATE_LINK, " more.\n\n[1]: https://example.org\n")], ids=["kept", "replaced"]
)
def test_a_button_in_an_answer_keeps_it_through_the_end(
    page: Page, model: FakeProvider, gate: Gates, head: str, rest: str
) -> None:
    more = gate()
    model.script(growing(head, more, rest))
    send(page, "Show code")
    button = page.get_by_role("button", name="Copy the code")
    button.focus()

    more.open()

    expect(page.locator(".answer-actions")).to_be_visible()
    expect(page.locator(".answer-body")).to_contain_text("more", ignore_case=True)
    expect(button).to_be_focused()


def test_the_composer_keeps_it_and_what_is_typed(page: Page, model: FakeProvider, gate: Gates) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    more = gate()
    model.script(growing("Some.\n\n", more, CODE))
    send(page, "And now?")
    expect(page.locator(".answer[data-running]")).to_contain_text("Some.")
    box = page.get_by_label("Your message")
    expect(box).to_be_focused()
    page.keyboard.type("While it ")

    more.open()
    expect(page.locator(".answer-actions")).to_have_count(2)
    page.keyboard.type("ended")

    expect(box).to_be_focused()
    expect(box).to_have_value("While it ended")


def test_stop_gives_it_to_the_composer_when_the_answer_ends(page: Page, model: FakeProvider, gate: Gates) -> None:
    more = gate()
    model.script(growing("Some", more, " more"))
    send(page, "Take long")
    page.get_by_role("button", name="Stop").focus()

    more.open()

    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()


def test_stop_that_is_pressed_gives_it_to_the_composer(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Some", gate()))
    send(page, "Take long")
    expect(page.locator(".answer-tail")).to_have_text("Some")
    page.get_by_role("button", name="Stop").focus()

    page.keyboard.press("Enter")

    expect(page.locator(".answer-label")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()


def test_older_messages_give_it_to_the_one_above(page: Page, site: Site, person: str) -> None:
    page.goto(site.url + site.run(LONG.format(person=person)).split()[0])
    page.locator("chat-composer:defined").wait_for()
    first = page.locator(".message").first
    was = str(first.get_attribute("id"))
    older = page.get_by_role("link", name="Show older messages")

    older.focus()  # the browser scrolls to it, and being seen it loads
    page.wait_for_function("id => document.querySelector('.message').id !== id", arg=was)

    focused = page.locator(":focus")
    expect(focused).to_have_class(
        "message question" if "answer" in str(first.get_attribute("class")) else "message answer"
    )
    assert focused.evaluate("(focused, id) => focused.nextElementSibling.id === id", was)


def test_older_messages_that_did_not_come_take_it_from_nobody_later(page: Page, site: Site, person: str) -> None:
    page.goto(site.url + site.run(LONG.format(person=person)).split()[0])
    page.locator("chat-composer:defined").wait_for()
    page.route("**/*before=*", lambda route: route.fulfill(content_type="text/html", body="<h1>Wi-Fi</h1>"), times=1)
    place = page.locator(".transcript")
    with page.expect_event("requestfinished"):
        page.get_by_role("link", name="Show older messages").focus()
    box = page.get_by_label("Your message")
    box.focus()
    place.evaluate("place => { place.scrollTop = place.scrollHeight; }")
    expect(page.get_by_role("button", name="To the end")).to_be_hidden()

    place.evaluate("place => { place.scrollTop = 0; }")

    expect(page.locator(".message")).to_have_count(2 * PAGE)
    expect(box).to_be_focused()


def test_older_chats_give_it_to_the_first_of_them(page: Page, site: Site, person: str) -> None:
    site.run(MANY.format(person=person))
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()

    page.locator(".sidebar-older a").focus()

    expect(page.locator(".sidebar-item")).to_have_count(60)
    expect(page.locator(".sidebar-item").nth(30)).to_be_focused()


def test_to_the_end_gives_it_to_the_messages(page: Page, model: FakeProvider) -> None:
    model.script(chunks(LINES))
    send(page, "A lot")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.locator(".transcript").evaluate("place => { place.scrollTop = 0; }")
    page.get_by_role("button", name="To the end").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="To the end")).to_be_hidden()
    expect(page.get_by_role("region", name="Messages")).to_be_focused()


def test_what_happened_elsewhere_leaves_it_where_it_was(window: Window) -> None:
    tab = window.open()
    send(tab, "Hi")
    expect(tab.locator(".answer-actions")).to_have_count(1)
    tab.clock.install()
    tab.get_by_role("button", name="Answer again").focus()
    other = window.open(tab.url)
    send(other, "Meanwhile")
    expect(other.locator(".answer-actions")).to_have_count(2)
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".answer-actions")).to_have_count(2)
    expect(tab.get_by_role("button", name="Answer again").first).to_be_focused()


def test_a_deleted_answer_gives_it_to_what_says_so(page: Page, site: Site, model: FakeProvider, gate: Gates) -> None:
    more = gate()
    model.script(growing(CODE, "More", more, "."), when=asks("Show code"))
    send(page, "Show code")
    page.get_by_role("button", name="Copy the code").focus()
    page.request.post(page.url, form=form_of(page, action="remove", sure="yes"))

    more.open()

    expect(page.locator(".answer-notice")).to_be_focused()


def form_of(page: Page, **fields: str) -> dict[str, str]:
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    return {"csrfmiddlewaretoken": str(token), **fields}
