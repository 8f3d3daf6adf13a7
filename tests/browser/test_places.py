"""The bin, the archive and what is pinned, as a person uses them; and the way back, by keyboard and without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, Window, growing, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

Gates = Callable[[], Gate]
THREE = """
from django.contrib.auth.models import User
from conversations.models import Conversation
person = User.objects.get(username={person!r})
for title in ("one", "two", "three"):
    Conversation.objects.create(owner=person, title=title)
"""


@pytest.fixture
def three(site: Site, person: str) -> None:
    """The person has three chats."""
    site.run(THREE.format(person=person))


def listed(page: Page) -> list[str]:
    return page.locator(".listing-title").all_text_contents()


def in_menu(page: Page, name: str) -> None:
    page.locator(".conversation-menu > details > summary").click()
    page.locator(".conversation-menu").get_by_role("button", name=name, exact=True).click()


@pytest.fixture(params=["with script", "without script"])
def any_page(request: pytest.FixtureRequest) -> Page:
    return request.getfixturevalue("page" if request.param == "with script" else "plain_page")


def test_bin_and_undo(any_page: Page, site: Site, three: None) -> None:
    page = any_page
    page.goto(f"{site.url}/conversations/")
    titles = listed(page)
    for title in titles[:2]:
        page.get_by_role("checkbox", name=title).check()

    page.get_by_role("button", name="Move to the bin").click()

    expect(page.locator(".notice")).to_contain_text("2 chats were moved to the bin.")
    assert listed(page) == titles[2:]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("2 chats were restored.")
    assert listed(page) == titles
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("2 chats were moved to the bin.")
    page.get_by_role("link", name="Bin").click()
    assert listed(page) == titles[:2]
    page.get_by_role("checkbox", name=titles[0]).check()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="Delete for good?")).to_be_visible()
    expect(page.locator(".sure-titles")).to_have_text(titles[0])
    page.get_by_role("button", name="Delete for good").click()
    expect(page.locator(".notice")).to_contain_text("The chat was deleted.")
    assert listed(page) == titles[1:2]
    page.get_by_role("button", name="Empty the bin").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The bin is empty.")).to_be_visible()


def test_by_keyboard_alone(page: Page, site: Site, three: None) -> None:
    page.goto(f"{site.url}/conversations/")
    titles = listed(page)
    page.get_by_role("checkbox", name=titles[0]).focus()
    page.keyboard.press("Space")
    press(page, "Archive")

    expect(page.locator(".notice")).to_contain_text("The chat was moved to the archive.")
    assert listed(page) == titles[1:]
    press(page, "Undo")

    expect(page.locator(".notice")).to_contain_text("The chat is out of the archive.")
    assert listed(page) == titles


def test_a_notice_of_a_list_has_the_focus_and_undo_is_next(any_page: Page, site: Site, three: None) -> None:
    page = any_page
    page.goto(f"{site.url}/conversations/")
    expect(page.locator("body")).to_be_focused()
    page.get_by_role("checkbox", name="two").check()
    page.get_by_role("button", name="Archive", exact=True).click()

    notice = page.get_by_role("group", name="The chat was moved to the archive.")
    expect(notice).to_be_focused()
    expect(page.locator("[role=status] .notice")).to_have_count(0)  # it would be read twice
    page.keyboard.press("Enter")  # as of somebody who holds the key too long
    expect(notice).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="The chat is out of the archive.")).to_be_focused()


def test_a_notice_takes_the_focus_from_nobody_who_writes(page: Page) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)

    in_menu(page, "Pin")

    expect(page.get_by_role("status").filter(has_text="The chat was pinned.")).to_be_visible()
    expect(page.get_by_label("Your message")).to_be_focused()


def test_what_would_do_nothing_with_the_chosen_is_not_offered(any_page: Page, site: Site, three: None) -> None:
    page = any_page
    page.goto(f"{site.url}/conversations/")
    pin, unpin = (page.get_by_role("button", name=name, exact=True) for name in ("Pin", "Unpin"))
    page.get_by_role("checkbox", name="two").check()
    expect(pin).to_be_visible()
    expect(unpin).to_be_hidden()
    pin.click()
    expect(page.locator(".notice")).to_contain_text("The chat was pinned.")

    page.get_by_role("checkbox", name="two").check()

    expect(unpin).to_be_visible()
    expect(pin).to_be_hidden()
    page.get_by_role("checkbox", name="one").check()
    expect(unpin).to_be_visible()
    expect(pin).to_be_visible()


def test_all_of_a_page_are_chosen_and_let_go_by_keys(page: Page, site: Site, three: None) -> None:
    page.goto(f"{site.url}/conversations/")
    everything = page.get_by_role("checkbox", name="Select all on this page")
    rows = page.locator("[name=id]")
    expect(everything).to_be_hidden()

    rows.last.press("Space")
    expect(everything).to_be_checked(indeterminate=True)
    page.keyboard.press("Tab")  # its title
    page.keyboard.press("Tab")
    expect(everything).to_be_focused()

    page.keyboard.press("Space")
    expect(everything).to_be_checked()
    expect(page.locator("[name=id]:checked")).to_have_count(3)
    page.keyboard.press("Space")
    expect(page.locator("[name=id]:checked")).to_have_count(0)
    expect(everything).not_to_be_checked()
    expect(everything).to_be_focused()
    page.keyboard.press("Space")
    rows.first.uncheck()
    expect(everything).to_be_checked(indeterminate=True)
    rows.first.check()
    expect(everything).to_be_checked()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("3 chats were moved to the archive.")


def test_all_that_a_browser_brings_back_is_shown_as_chosen(page: Page, site: Site, three: None) -> None:
    page.goto(f"{site.url}/conversations/")
    for row in page.locator("[name=id]").all():
        row.check()
    page.get_by_role("link", name="New chat").first.click()
    expect(page.get_by_label("Your message")).to_be_visible()

    page.go_back()

    expect(page.locator("[name=id]:checked")).to_have_count(3)
    expect(page.get_by_role("checkbox", name="Select all on this page")).to_be_checked()


def test_without_script_nothing_offers_to_choose_all(plain_page: Page, site: Site, three: None) -> None:
    plain_page.goto(f"{site.url}/conversations/")
    plain_page.get_by_role("checkbox", name="two").check()

    expect(plain_page.get_by_role("button", name="Move to the bin")).to_be_visible()
    expect(plain_page.locator("pick-all")).to_be_hidden()


def press(page: Page, name: str) -> None:
    """Go on with the Tab key until the button of this name has the focus, and press it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    pytest.fail(f"The Tab key never comes to {name}.")


def test_tags(any_page: Page, site: Site, three: None) -> None:
    page = any_page
    page.goto(f"{site.url}/conversations/")
    for title in ("one", "two"):
        page.get_by_role("checkbox", name=title).check()
    page.locator(".picking-tag > summary").click()

    page.locator(".picking-tag").get_by_label("Tag").fill("Work")
    page.keyboard.press("Enter")

    expect(page.locator(".notice")).to_contain_text("2 chats were tagged.")
    page.get_by_role("link", name="Work", exact=True).click()
    assert listed(page) == ["two", "one"]
    page.get_by_role("link", name="one", exact=False).last.click()
    page.locator(".conversation-menu > details > summary").click()
    page.locator(".fold > summary", has_text="Tags").click()
    page.get_by_role("button", name="Take off the tag Work").click()
    expect(page.locator(".notice")).to_contain_text("The tag was taken off the chat.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("The chat was tagged.")


def test_a_temporary_chat_is_in_no_list_until_it_is_kept(any_page: Page, site: Site) -> None:
    page = any_page
    page.get_by_label("Temporary chat").check()
    page.get_by_label("Your message").fill("Between us")
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.locator(".standing")).to_contain_text("Temporary chat.")
    expect(page.locator(".sidebar-item")).to_have_count(0)
    page.locator(".standing").get_by_role("button", name="Keep this chat").click()
    expect(page.locator(".notice")).to_contain_text("The chat is kept.")
    expect(page.locator(".sidebar-item")).to_have_count(1)
    expect(page.locator(".standing")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("The chat is temporary again.")
    expect(page.locator(".standing")).to_contain_text("Temporary chat.")
    expect(page.locator(".sidebar-item")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notice")).to_contain_text("The chat is kept.")


def test_nothing_moves_when_the_first_is_chosen(page: Page, site: Site, three: None) -> None:
    page.goto(f"{site.url}/conversations/")
    place = page.locator(".listing-row").last
    before = place.bounding_box()
    expect(page.get_by_role("button", name="Move to the bin")).to_be_hidden()

    page.get_by_role("checkbox").first.check()

    expect(page.get_by_role("button", name="Move to the bin")).to_be_visible()
    assert place.bounding_box() == before


def test_a_chat_in_the_bin_is_read_and_restored(page: Page) -> None:
    send(page, "Keep me")
    expect(page.locator(".answer-actions")).to_have_count(1)
    place = page.url

    in_menu(page, "Move to the bin")
    expect(page.locator(".notice")).to_contain_text("The chat was moved to the bin.")
    expect(page.locator(".sidebar-item")).to_have_count(0)
    page.goto(place)

    expect(page.locator(".standing")).to_contain_text("In the bin until")
    expect(page.locator(".answer-body")).to_have_text("Hello there")
    expect(page.get_by_label("Your message")).to_have_count(0)
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_label("Your message")).to_be_visible()
    send(page, "And on")
    expect(page.locator(".answer-actions")).to_have_count(2)


def test_an_archived_chat_says_so_and_stays_in_use(any_page: Page) -> None:
    page = any_page
    page.get_by_label("Your message").fill("Keep me")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-actions")).to_have_count(1)
    expect(page.locator(".standing")).to_have_count(0)

    in_menu(page, "Archive")

    expect(page.locator(".standing")).to_contain_text("This chat is in the archive.")
    page.get_by_label("Your message").fill("And on")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-actions")).to_have_count(2)
    page.locator(".standing").get_by_role("button", name="Unarchive").click()
    expect(page.locator(".notice")).to_contain_text("The chat is out of the archive.")
    expect(page.locator(".standing")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".standing")).to_contain_text("This chat is in the archive.")


def test_the_last_chat_is_found_in_the_bin(page: Page, site: Site) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    in_menu(page, "Move to the bin")
    page.goto(site.url)

    page.get_by_role("link", name="All chats").click()
    page.get_by_role("main").get_by_role("link", name="Bin").click()

    expect(page.locator(".listing-row")).to_have_count(1)


def test_another_tab_keeps_what_is_typed_while_the_chat_is_in_the_bin(
    page: Page, another: Callable[[str], Page]
) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_have_count(1)
    other = another(page.url)
    in_menu(other, "Move to the bin")

    send(page, "My next thought")

    expect(page.get_by_role("alert")).to_contain_text("This chat is in the bin. Restore it to go on with it.")
    expect(page.get_by_label("Your message")).to_have_value("My next thought")
    other.get_by_role("button", name="Undo").click()
    expect(other.get_by_label("Your message")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-actions")).to_have_count(2)


def test_an_answer_that_is_written_stops_in_the_bin(page: Page, model: FakeProvider, gate: Gates) -> None:
    model.script(growing("Some", gate()))
    send(page, "Take long")
    expect(page.locator(".answer-tail")).to_have_text("Some")
    place = page.url

    in_menu(page, "Move to the bin")
    expect(page.locator(".notice")).to_be_visible()
    page.goto(place)

    expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    expect(page.locator(".answer-body")).to_have_text("Some")


def test_what_is_pinned_in_another_tab_stands_above(window: Window, three: None) -> None:
    window.context.clock.install()
    page = window.open()
    front = window.open()
    front.goto(front.url + str(front.locator(".sidebar-item").last.get_attribute("href")).lstrip("/"))
    in_menu(front, "Pin")
    expect(front.locator(".sidebar-pinned a")).to_have_count(1)
    front.clock.fast_forward(6_000)

    page.bring_to_front()

    expect(page.locator(".sidebar-pinned a")).to_have_count(1)
    expect(page.locator(".sidebar-item")).to_have_count(3)
