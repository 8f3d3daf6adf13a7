"""Exports, as people ask for them, and the HTML file as it opens with nothing else."""

import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, context_of, send
from tests.browser.states.texts import ANSWER, FORMULAS_AND_CODE
from tests.browser.test_settings import open_fold
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks
from tests.markdown.corpora import texts

HOSTILE = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
import json
person = User.objects.get(username={person!r})
conversation = Conversation.objects.create(owner=person, title="<script>alert(1)</script>")
parent = None
for place, text in enumerate(json.loads({texts!r})):
    role = "assistant" if place % 2 else "user"
    parent = Message.objects.create(conversation=conversation, owner=person, parent=parent, role=role, text=text)
Conversation.objects.filter(pk=conversation.pk).update(leaf=parent)
print(conversation.get_absolute_url())
"""


@pytest.fixture(params=["page", "plain_page"])
def any_page(request: pytest.FixtureRequest) -> Page:
    """With script and without."""
    found: Page = request.getfixturevalue(request.param)
    return found


def test_a_chat_is_exported_from_its_menu(page: Page, model: FakeProvider, tmp_path: Path) -> None:
    model.script(chunks(ANSWER))
    send(page, "Show me")
    expect(page.locator(".answer-actions")).to_be_visible()

    open_fold(page, "Export")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Markdown").click()

    downloading.value.save_as(tmp_path / "chat.md")
    assert "Show me" in (tmp_path / "chat.md").read_text()
    assert downloading.value.suggested_filename.endswith("-A-short-title.md")


def test_all_chats_are_exported(any_page: Page, tmp_path: Path) -> None:
    any_page.get_by_label("Your message").fill("Hello?")
    any_page.get_by_role("button", name="Send").click()
    expect(any_page.locator(".answer-body.markdown")).to_have_text("Hello there")
    any_page.locator(".user-menu summary").click()
    any_page.get_by_role("link", name="Export").click()
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Export")

    with any_page.expect_download() as downloading:
        any_page.get_by_role("button", name="Export all chats").click()

    downloading.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as zipped:
        assert len(zipped.namelist()) == 3


def test_the_file_opens_with_nothing_else(
    page: Page, site: Site, person: str, browser: Browser, tmp_path: Path
) -> None:
    hostile = [text for name in ("payloadbox_xss", "exfil_and_links", "dompurify") for text in texts(name)][::9]
    path = saved(page, site, person, [FORMULAS_AND_CODE, ANSWER, *hostile], tmp_path)

    said, asked = opened(browser, path)

    assert said == []
    assert asked == [path.as_uri()]
    assert len(hostile) > 100


def saved(page: Page, site: Site, person: str, said: list[str], folder: Path) -> Path:
    """The HTML file of a chat with these texts."""
    url = site.run(HOSTILE.format(person=person, texts=json.dumps(said))).strip()
    reply = page.request.get(f"{site.url}{url}export/?as=html")
    path = folder / "chat.html"
    path.write_bytes(reply.body())
    return path


def opened(browser: Browser, path: Path) -> tuple[list[str], list[str]]:
    """What the console has to say of the file, and all that it asks for."""
    said: list[str] = []
    asked: list[str] = []
    with context_of(browser, offline=True) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        for thoughts in page.locator("details").all():
            thoughts.click()
        expect(page.locator(".exported-head h1")).to_have_text("<script>alert(1)</script>")
        assert page.evaluate("getComputedStyle(document.querySelector('.question-text')).borderRadius") != "0px"
    return said, asked
