"""Long chats and many of them, and a tab that comes back to what happened elsewhere."""

import pytest
from playwright.sync_api import Page, Route, expect

from conversations.views.transcript import PAGE
from tests.browser.site import Site, Window, send
from tests.browser.states.conversation import LONG

GROWN = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
person = User.objects.get(username={person!r})
conversation = Conversation.objects.create(owner=person, title="Endless")
first = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
Message.objects.bulk_create(
    [
        Message(
            pk=first + number,
            conversation=conversation,
            owner=person,
            parent_id=first + number - 1 if number > 1 else None,
            role="user" if number % 2 else "assistant",
            model="fake-model",
            text=f"Message **{{number}}** with some words",
        )
        for number in range(1, 10_001)
    ],
    batch_size=500,
)
Conversation.objects.filter(pk=conversation.pk).update(leaf_id=first + 10_000)
print(conversation.get_absolute_url())
"""
HISTORY = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
person = User.objects.get(username={person!r})
conversation = Conversation.objects.create(owner=person, title="Long")
message = None
for turn in range(70):
    for role in ("user", "assistant"):
        text = f"{{role}} {{turn}}"
        message = Message.objects.create(
            conversation=conversation, owner=person, parent=message, role=role, text=text, model="fake-model"
        )
Conversation.objects.filter(pk=conversation.pk).update(leaf=message)
"""
CHATS = """
from django.contrib.auth.models import User
from conversations.models import Conversation
from conversations.models.conversation import titled
person = User.objects.get(username={person!r})
for title in {titles!r}:
    Conversation.objects.create(owner=person, **titled(title))
"""
DELETED = """
from conversations.models import Conversation
Conversation.objects.get(owner__username={person!r}, title={title!r}).delete()
"""
RENAMED = """
from conversations.models import Conversation
Conversation.objects.get(owner__username={person!r}).rename({title!r})
"""
TALKS = [f"Talk {number}" for number in range(65)]
READ = """place => {
  const { top } = place.getBoundingClientRect();
  const message = [...place.querySelectorAll(".message")].find((each) => each.getBoundingClientRect().bottom > top);
  return [message.id, message.getBoundingClientRect().top - top];
}"""
MILLISECONDS = """() => {
  const [page] = performance.getEntriesByType("navigation");
  return [page.responseEnd - page.requestStart, page.domContentLoadedEventEnd - page.responseStart];
}"""


@pytest.fixture(scope="module")
def endless(site: Site) -> str:
    """Where the administrator has a chat of 10,000 messages."""
    return site.url + site.run(GROWN.format(person="admin")).strip()


@pytest.fixture
def read_above(window: Window, site: Site, person: str) -> Page:
    """A tab whose person reads far above the end, with all that is older than the page had, and looks away."""
    tab = window.open(site.url + site.run(LONG.format(person=person)).split()[0])
    for count in (*range(PAGE, 140, PAGE), 140):
        expect(tab.locator(".message")).to_have_count(count)
        tab.locator(".transcript").evaluate("place => { place.scrollTop = 0; }")
    tab.locator(".transcript").evaluate("place => { place.scrollTop = 400; }")
    expect(tab.get_by_role("button", name="To the end")).to_be_visible()
    tab.clock.install()
    return tab


@pytest.mark.alone
def test_ten_thousand_messages_open_at_the_end_at_once(page: Page, site: Site, endless: str) -> None:
    page.context.add_cookies([{"name": "session", "value": site.sessions["admin"], "url": site.url}])
    took = []
    for _ in range(7):
        page.goto(endless)
        expect(page.get_by_text("Message 10000 with")).to_be_in_viewport()
        expect(page.get_by_role("button", name="To the end")).to_be_hidden()
        took.append(page.evaluate(MILLISECONDS))

    # The fastest is what the page costs; the others tell what else the machine did.
    fastest = min(server + browser for server, browser in took)
    assert page.locator(".message").count() == PAGE
    assert fastest < 300, took


def test_a_tab_shows_what_happened_elsewhere_when_it_comes_back(window: Window) -> None:
    tab = window.open()
    send(tab, "First")
    expect(tab.locator(".answer-actions")).to_have_count(1)
    tab.clock.install()
    other = window.open(tab.url)
    send(other, "Second")
    expect(other.locator(".answer-actions")).to_have_count(2)
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".question-text")).to_have_text(["First", "Second"])
    send(tab, "Third")
    expect(tab.locator(".question-text")).to_have_text(["First", "Second", "Third"])
    expect(tab.locator(".answer-actions")).to_have_count(3)


def test_what_is_sent_while_a_tab_catches_up_stays(window: Window) -> None:
    tab = window.open()
    send(tab, "First")
    expect(tab.locator(".answer-actions")).to_have_count(1)
    tab.clock.install()
    window.open()
    tab.clock.fast_forward(6_000)
    held: list[Route] = []
    tab.route(tab.url, lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler
    with tab.expect_request(tab.url):
        tab.bring_to_front()
    expect(tab.locator(".answer-actions")).to_have_count(1)
    before = held[0].fetch()
    send(tab, "Second")
    expect(tab.locator(".answer-actions")).to_have_count(2)

    with tab.expect_event("requestfinished"):
        held[0].fulfill(response=before)

    send(tab, "Third")
    expect(tab.locator(".answer-actions")).to_have_count(3)
    expect(tab.locator(".question-text")).to_have_text(["First", "Second", "Third"])


def test_a_message_whose_reply_comes_after_the_tab_caught_up_is_shown_once(window: Window) -> None:
    tab = window.open()
    send(tab, "First")
    expect(tab.locator(".answer-actions")).to_have_count(1)
    tab.clock.install()
    held: list[Route] = []
    tab.route("**/conversations/*/messages/", lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler
    send(tab, "Second")
    while not held:
        tab.evaluate("0")  # until the route was called, which Playwright does between two calls of ours
    reply = held[0].fetch()
    window.open()
    tab.clock.fast_forward(6_000)
    tab.bring_to_front()
    expect(tab.locator(".answer-actions")).to_have_count(2)

    held[0].fulfill(response=reply)

    expect(tab.get_by_label("Your message")).to_have_value("")
    send(tab, "Third")
    expect(tab.locator(".answer-actions")).to_have_count(3)
    expect(tab.locator(".question-text")).to_have_text(["First", "Second", "Third"])


def test_a_reader_keeps_the_place_when_the_tab_comes_back(read_above: Page, window: Window) -> None:
    tab = read_above
    place = tab.locator(".transcript")
    was = place.evaluate(READ)
    other = window.open(tab.url)
    send(other, "Elsewhere")
    expect(other.locator(".message", has_text="Hello there")).to_have_count(1)
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".message")).to_have_count(142)
    assert place.evaluate(READ) == was
    send(tab, "And here")
    expect(tab.locator(".message")).to_have_count(144)
    expect(tab.locator(".question-text").last).to_have_text("And here")


def test_a_reader_is_left_alone_where_the_chat_went_on_from_elsewhere(read_above: Page, window: Window) -> None:
    tab = read_above
    place = tab.locator(".transcript")
    was = place.evaluate(READ)
    other = window.open(tab.url)
    other.get_by_role("button", name="Answer again").last.click()
    expect(other.locator(".siblings-place")).to_have_text("2/2")
    expect(other.locator(".answer-actions").last).to_be_visible()
    tab.clock.fast_forward(6_000)

    with tab.expect_event("requestfinished", lambda request: request.url == tab.url):
        tab.bring_to_front()

    expect(tab.locator(".message")).to_have_count(140)
    assert place.evaluate(READ) == was
    tab.get_by_role("button", name="To the end").click()
    expect(tab.locator(".siblings-place")).to_have_text("2/2")
    expect(tab.locator(".message").last).to_be_in_viewport()


def test_a_tab_lists_the_chats_that_were_begun_elsewhere_when_it_comes_back(window: Window) -> None:
    tab = window.open()
    send(tab, "First")
    expect(tab.locator(".answer-actions")).to_have_count(1)
    tab.clock.install()
    send(window.open(), "Second")
    expect(tab.locator(".sidebar-item")).to_have_count(1)
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".sidebar-item")).to_have_count(2)
    expect(tab.locator(".sidebar-item[aria-current=page]")).to_have_count(1)
    expect(tab.locator(".sidebar-item").last).to_have_attribute("aria-current", "page")


def test_a_newcomers_tab_lists_the_first_chat_that_was_begun_elsewhere(window: Window) -> None:
    tab = window.open()
    expect(tab.get_by_text("Your chats will be kept here.")).to_have_count(1)
    tab.clock.install()
    other = window.open()
    send(other, "First")
    expect(other.locator(".answer-actions")).to_have_count(1)
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".sidebar-item")).to_have_count(1)
    expect(tab.locator(".sidebar-empty")).to_have_css("display", "none")
    expect(tab.locator(".sidebar-all")).to_have_css("display", "block")


def test_a_tab_lists_no_chat_that_was_deleted_elsewhere(window: Window, site: Site, person: str) -> None:
    site.run(CHATS.format(person=person, titles=["Oldest", "Newest"]))
    tab = window.open()
    expect(tab.locator(".sidebar-item")).to_have_text(["Newest", "Oldest"])
    tab.clock.install()
    window.open()
    site.run(DELETED.format(person=person, title="Oldest"))
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.locator(".sidebar-item")).to_have_text(["Newest"])


def test_a_chat_that_was_renamed_elsewhere_bears_its_name_when_its_tab_comes_back(
    window: Window, site: Site, person: str
) -> None:
    tab = window.open()
    send(tab, "First")
    expect(tab.get_by_role("heading", level=1)).to_have_text("A short title")
    tab.clock.install()
    window.open()
    site.run(RENAMED.format(person=person, title="Renamed"))
    tab.clock.fast_forward(6_000)

    tab.bring_to_front()

    expect(tab.get_by_role("heading", level=1)).to_have_text("Renamed")
    expect(tab).to_have_title("Renamed · chatsite")
    expect(tab.locator(".sidebar-item")).to_have_text(["Renamed"])


def test_to_the_end_leads_to_the_newest_from_anywhere(page: Page, site: Site, endless: str) -> None:
    page.context.add_cookies([{"name": "session", "value": site.sessions["admin"], "url": site.url}])
    page.goto(endless)
    page.locator(".message").first.scroll_into_view_if_needed()
    expect(page.locator(".message")).to_have_count(2 * PAGE)
    old = page.locator(".message").first.get_attribute("id")
    page.goto(f"{endless}?at={old.removeprefix('message-')}")
    page.mouse.move(600, 300)
    page.mouse.wheel(0, -200)
    expect(page.get_by_text("You are reading older messages.")).to_be_visible()

    page.get_by_role("button", name="To the end").click()

    expect(page.get_by_text("Message 10000 with")).to_be_in_viewport()
    expect(page.get_by_text("You are reading older messages.")).to_be_hidden()
    expect(page.get_by_role("link", name="Show newer messages")).to_have_count(0)


def test_older_messages_come_without_a_jump(page: Page, site: Site, person: str) -> None:
    site.run(HISTORY.format(person=person))
    page.reload()
    page.get_by_role("link", name="Long").click()
    expect(page.get_by_text("assistant 69")).to_be_in_viewport()
    expect(page.locator(".message")).to_have_count(PAGE)

    for count in (*range(2 * PAGE, 140, PAGE), 140):
        first = page.locator(".message").first
        text = first.locator(".question-text").inner_text()
        first.scroll_into_view_if_needed()
        page.locator(".transcript").hover()
        page.mouse.wheel(0, -400)  # to the very beginning of what is there
        expect(page.locator(".message")).to_have_count(count)
        expect(page.get_by_text(text, exact=True).first).to_be_in_viewport()

    expect(page.locator(".question-text").first).to_have_text("user 0")
    expect(page.get_by_role("link", name="Show older messages")).to_have_count(0)


def test_the_sidebar_pages_itself(page: Page, site: Site, person: str) -> None:
    site.run(CHATS.format(person=person, titles=TALKS))
    page.reload()
    expect(page.locator(".sidebar-item")).to_have_count(30)

    page.locator(".sidebar-item").last.scroll_into_view_if_needed()
    page.locator(".sidebar-list").hover()
    page.mouse.wheel(0, 400)
    expect(page.locator(".sidebar-item")).to_have_count(60)
    page.locator(".sidebar-item").last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)

    expect(page.locator(".sidebar-item")).to_have_text(TALKS[::-1])
    expect(page.get_by_role("link", name="Older")).to_have_count(0)


@pytest.mark.parametrize(("name", "part"), [("Older", ".sidebar-item"), ("Show older messages", ".message")])
def test_another_page_in_the_place_of_older_ones_is_not_shown(
    page: Page, site: Site, person: str, name: str, part: str
) -> None:
    site.run(CHATS.format(person=person, titles=TALKS))
    site.run(HISTORY.format(person=person))
    page.reload()
    page.get_by_role("link", name="Long").click()
    expect(page.locator(".message")).to_have_count(PAGE)
    count = page.locator(part).count()
    link = page.get_by_role("link", name=name, exact=True)
    page.route("**/*before=*", lambda route: route.fulfill(content_type="text/html", body="<h1>Wi-Fi</h1>"), times=1)
    with page.expect_event("requestfinished"):
        link.scroll_into_view_if_needed()

    link.click()

    expect(page.locator(part)).to_have_count(2 * count)
    expect(page.get_by_role("heading", name="Wi-Fi")).to_have_count(0)
