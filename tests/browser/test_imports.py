"""Imports, as people hand them in: the job reads them, and the page shows what became of them."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation

PATIENCE = 30_000  # ms: the job looks every few seconds, and so does the page


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
    any_page.get_by_text("What was not imported, and why").click()
    expect(any_page.get_by_text("[2]: Something in this chat is not what it should be.")).to_be_visible()
    any_page.get_by_role("link", name="From elsewhere").click()
    expect(any_page.locator(".answer-body strong")).to_have_text("Hello")
