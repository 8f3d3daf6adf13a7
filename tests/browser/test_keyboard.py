"""Everything by the keyboard: the palette that leads to each chat and action, the shortcuts, and the sheet of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site, growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]
TITLED = """
from django.contrib.auth.models import User
from conversations.models import Conversation
from conversations.models.conversation import titled
person = User.objects.get(username={person!r})
Conversation.objects.bulk_create(Conversation(owner=person, **titled(title)) for title in {titles!r})
"""


@pytest.fixture
def titled(site: Site, person: str) -> Callable[[list[str]], str]:
    """Gives the person conversations of these titles, the last one the newest."""
    return lambda titles: site.run(TITLED.format(person=person, titles=titles))


def test_the_palette_leads_to_a_chat_that_the_sidebar_does_not_show(
    page: Page, titled: Callable[[list[str]], str]
) -> None:
    titled(["Überfahrt nach Föhr", *(f"Chat {number}" for number in range(200))])
    page.reload()
    open_palette(page)
    expect(options(page).first).to_have_text("Chat 199")

    page.keyboard.type("fohr uber")

    expect(options(page)).to_have_text(["Überfahrt nach Föhr"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Überfahrt nach Föhr")).to_be_visible()


def test_the_palette_says_where_nothing_fits(page: Page) -> None:
    open_palette(page)

    page.keyboard.type("qwertz")

    expect(page.get_by_role("status").filter(has_text="Nothing fits these words.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(palette(page)).to_be_visible()


def test_the_palette_offers_what_can_be_done_here(page: Page) -> None:
    open_palette(page)
    expect(action(page, "New chat")).to_be_visible()
    expect(action(page, "Rename this chat")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your message")).to_be_focused()

    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()
    open_palette(page)

    expect(action(page, "Rename this chat")).to_be_visible()
    expect(action(page, "Stop the answer")).to_be_hidden()


def test_an_action_that_begins_like_what_is_typed_stands_first(page: Page, titled: Callable[[list[str]], str]) -> None:
    titled(["What to rename"])
    page.reload()
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()
    open_palette(page)

    page.keyboard.type("rename")

    expect(options(page)).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_focused()


def test_the_palette_is_walked_through_by_arrows(page: Page, titled: Callable[[list[str]], str]) -> None:
    titled(["One", "Two", "Three"])
    page.reload()
    open_palette(page)
    expect(active(page)).to_have_text("Three")

    page.keyboard.press("ArrowDown")
    expect(active(page)).to_have_text("Two")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")

    expect(active(page)).to_have_text("Log out")
    expect(active(page)).to_be_in_viewport()
    expect(palette(page).get_by_role("combobox")).to_be_focused()


def test_actions_reach_the_newest_message(page: Page, model: FakeProvider) -> None:
    model.script(chunks("First"), chunks("Second"), chunks("Third"))
    for count, text in enumerate(("One", "Two"), 1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count)

    do(page, "Answer again")

    expect(page.locator(".answer-body")).to_have_text(["First", "Third"])
    do(page, "Edit your last message")
    expect(page.get_by_label("Edited text").last).to_have_value("Two")
    expect(page.get_by_label("Edited text").last).to_be_focused()
    page.keyboard.press("Escape")
    do(page, "Move this chat to the bin")
    expect(page.locator(".notice")).to_contain_text("The chat was moved to the bin.")
    do(page, "Undo")
    expect(page.locator(".notice")).to_contain_text("The chat was restored.")
    expect(page.locator(".answer-body")).to_have_text(["First", "Third"])


def test_tags_and_export_of_a_chat_are_reached(page: Page) -> None:
    open_palette(page)
    expect(action(page, "Tags of this chat")).to_be_hidden()
    expect(action(page, "Export this chat")).to_be_hidden()
    page.keyboard.press("Escape")
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()

    do(page, "Tags of this chat")
    expect(page.get_by_label("New tag")).to_be_focused()
    do(page, "Export this chat")
    expect(page.get_by_role("link", name="Markdown", exact=True)).to_be_visible()
    expect(page.locator(".fold-export > summary")).to_be_focused()


@pytest.mark.parametrize(("name", "heading"), [("Export all chats", "Export"), ("Import chats", "Import")])
def test_the_palette_leads_to_export_and_import(page: Page, name: str, heading: str) -> None:
    do(page, name)

    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def test_actions_of_an_answer_are_those_of_the_last_one(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(chunks("Cut", finish="length"), chunks("Whole"), growing("On and", gate()))
    for count, text in enumerate(("One", "Two"), 1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count)
    open_palette(page)

    expect(action(page, "Answer again")).to_be_visible()
    expect(action(page, "Continue the answer")).to_be_hidden()
    page.keyboard.press("Escape")
    send(page, "Three")
    expect(page.locator(".answer-tail")).to_have_text("On and")
    open_palette(page)
    expect(action(page, "Stop the answer")).to_be_visible()
    expect(action(page, "Answer again")).to_be_hidden()


def test_what_was_chosen_stays_chosen_when_the_site_has_answered(
    page: Page, titled: Callable[[list[str]], str]
) -> None:
    titled([f"Plan {number}" for number in range(10, 22)])
    page.reload()
    open_palette(page)
    page.keyboard.type("plan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")

    expect(options(page)).to_have_count(12)  # of which the page itself offers the newest eight

    expect(active(page)).to_have_text("Plan 19")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Plan 19")).to_be_visible()


def test_more_chats_than_are_offered_are_told_of(page: Page, titled: Callable[[list[str]], str]) -> None:
    titled([f"Plan {number}" for number in range(31)])
    page.reload()
    open_palette(page)
    more = page.get_by_role("status").get_by_role("link", name="More results")

    page.keyboard.type("plan")

    expect(more).to_be_visible()
    page.keyboard.type(" 30")
    expect(options(page)).to_have_text(["Plan 30"])
    expect(more).to_be_hidden()


def test_the_theme_is_changed_from_the_palette(page: Page) -> None:
    with page.expect_response("**/preferences/"):
        do(page, "Dark theme")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_way_to_a_chat_opens_the_palette(page: Page) -> None:
    page.locator("command-palette:defined").wait_for(state="attached")
    page.get_by_role("link", name="Search chats and actions").click()

    expect(palette(page)).to_be_visible()
    page.mouse.click(5, 5)
    expect(palette(page)).to_be_hidden()


def test_the_sheet_lists_the_shortcuts(page: Page) -> None:
    page.locator("keyboard-shortcuts:defined").wait_for(state="attached")
    page.get_by_label("Your message").fill("?")
    expect(sheet(page)).to_be_hidden()
    page.get_by_label("Your message").fill("")
    page.get_by_label("Your message").blur()

    page.keyboard.press("?")

    expect(sheet(page)).to_be_visible()
    expect(sheet(page)).to_contain_text("Search chats and actions")
    page.keyboard.press("Escape")
    expect(sheet(page)).to_be_hidden()


def test_the_sheet_gives_the_focus_back_to_the_menu_that_opened_it(page: Page) -> None:
    page.locator("keyboard-shortcuts:defined").wait_for(state="attached")
    menu = page.locator(".user-menu summary")
    menu.click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(sheet(page)).to_be_visible()

    page.keyboard.press("Escape")

    expect(sheet(page)).to_be_hidden()
    expect(menu).to_be_focused()


def test_single_keys_are_turned_off(page: Page) -> None:
    page.get_by_text("person").last.click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    with page.expect_response("**/preferences/"):
        sheet(page).get_by_role("button", name="Off").click()
    page.keyboard.press("Escape")
    page.reload()
    page.locator("keyboard-shortcuts:defined").wait_for(state="attached")
    page.get_by_label("Your message").blur()

    page.keyboard.press("/")
    page.keyboard.press("?")
    open_palette(page)

    expect(sheet(page)).to_be_hidden()
    expect(palette(page).get_by_role("combobox")).to_have_value("")


def test_shortcuts_write_stop_and_begin_anew(page: Page, model: FakeProvider, gate: Gates, site: Site) -> None:
    model.script(growing("On and", gate()))
    page.locator("keyboard-shortcuts:defined").wait_for(state="attached")
    page.get_by_label("Your message").blur()
    page.keyboard.press("/")
    page.keyboard.type("Talk")
    page.keyboard.press("Enter")
    expect(page.locator(".answer-tail")).to_have_text("On and")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    page.keyboard.press("Control+.")

    expect(page.locator(".answer-label")).to_have_text("You stopped this answer.")
    page.keyboard.press("Control+Shift+O")
    expect(page).to_have_url(f"{site.url}/")


def test_arrows_lead_from_message_to_message(page: Page) -> None:
    for count, text in enumerate(("One", "Two"), 1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count)
    expect(page.get_by_label("Your message")).to_be_focused()

    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".message").nth(3)).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")

    expect(page.locator(".message").nth(2)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".message").nth(3)).to_be_focused()


def test_arrows_are_the_texts_own_where_something_is_written(page: Page) -> None:
    send(page, "One")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_label("Your message").fill("Half a thought")

    page.keyboard.press("Alt+ArrowUp")

    expect(page.get_by_label("Your message")).to_be_focused()


def test_escape_from_editing_leads_back_to_where_one_writes(page: Page) -> None:
    send(page, "One")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.get_by_label("Your message").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_label("Edited text")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.get_by_label("Your message")).to_be_focused()


def test_a_long_title_stays_in_the_palette(page: Page, titled: Callable[[list[str]], str]) -> None:
    titled(["A title that goes on " * 9])
    page.reload()
    page.set_viewport_size({"width": 360, "height": 740})

    open_palette(page)

    assert page.locator(".palette-list").evaluate("list => list.scrollWidth <= list.clientWidth")


def palette(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Search chats and actions")


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keyboard shortcuts")


def open_palette(page: Page) -> None:
    page.locator("command-palette:defined").wait_for(state="attached")
    page.keyboard.press("Control+k")
    expect(palette(page)).to_be_visible()


def options(page: Page) -> Locator:
    return palette(page).get_by_role("option")


def action(page: Page, name: str) -> Locator:
    return palette(page).locator("[data-actions] [role=option]").filter(has_text=name)


def active(page: Page) -> Locator:
    """The option that a screen reader is told to be the active one, which is the one that is shown so."""
    told = palette(page).get_by_role("combobox").get_attribute("aria-activedescendant")
    return palette(page).locator(f"[id='{told}'][aria-selected=true]")


def do(page: Page, name: str) -> None:
    open_palette(page)
    page.keyboard.type(name)
    expect(active(page)).to_contain_text(name)
    page.keyboard.press("Enter")
