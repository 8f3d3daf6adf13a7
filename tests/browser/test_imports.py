"""Imports, as people hand them in: the job reads them, and the page shows what became of them."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation

PATIENCE = 30_000  # ms: without script the page looks every few seconds


@pytest.fixture(params=["page", "plain_page"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """With script and without."""
    found: Page = request.getfixturevalue(request.param)
    return found


def test_chats_of_another_program_are_imported(any_page: Page, site: Site) -> None:
    chats = json.dumps([conversation(ROOT, ASKED, ANSWERED, title="From elsewhere"), 7]).encode()
    any_page.locator(".user-menu summary").click()
    any_page.get_by_role("link", name="Import").click()

    any_page.get_by_label("File").set_input_files(
        {"name": "conversations.json", "mimeType": "application/json", "buffer": chats}
    )
    any_page.get_by_role("button", name="Import chats").click()

    expect(any_page.get_by_text("new: 1 · refused: 1")).to_be_visible(timeout=PATIENCE)
    any_page.get_by_text("What was not imported, or not in whole, and why").click()
    expect(any_page.get_by_text("[2]: Something in this chat is not what it should be.")).to_be_visible()
    any_page.get_by_role("link", name="From elsewhere").click()
    expect(any_page.locator(".answer-body strong")).to_have_text("Hello")


ARRIVING = """
from django.contrib.auth.models import User
from conversations.models import Import
Import.begin(User.objects.get(username={person!r}), name="chats.json", size=2_000_000)
"""
READ = "from conversations.models import Import; Import.objects.filter(state='arriving').update(read=1_048_576, made=7)"


def test_an_import_is_stopped(any_page: Page, site: Site, person: str) -> None:
    site.run(ARRIVING.format(person=person))
    any_page.goto(f"{site.url}/imports/")
    expect(any_page.get_by_text("0\xa0bytes of 1.9\xa0MB read · No chat yet.")).to_be_visible()

    any_page.get_by_role("button", name="Stop this import").click()

    expect(any_page.get_by_text("You stopped this import.")).to_be_visible()
    expect(any_page.get_by_label("File")).to_be_visible()


def test_the_page_follows_an_import_and_leaves_the_focus_where_it_is(page: Page, site: Site, person: str) -> None:
    site.run(ARRIVING.format(person=person))
    page.goto(f"{site.url}/imports/")
    stop = page.get_by_role("button", name="Stop this import")
    stop.focus()

    site.run(READ)

    expect(page.get_by_text("1.0\xa0MB of 1.9\xa0MB read · new: 7")).to_be_visible()
    expect(page.get_by_role("progressbar", name="How much of the file is read")).to_have_js_property("value", 1_048_576)
    expect(stop).to_be_focused()
    stop.click()
    expect(page.get_by_text("You stopped this import.")).to_be_visible()
