"""What was said is found again, and leads to where it was said."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, asks, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks

FILLED = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Ending
person = User.objects.get(username={person!r})
answer = Conversation.begin(person, text="Where do lions live?", model="fake-model")
for number in range(60):
    answer.claim(runner="test", sent={{}})
    words = "Zebras live near lions." if number == 5 else f"Answer {{number}}. " + "Some words. " * 60
    answer.end(Ending(status="complete", text=words, finish_reason="stop"), runner="test")
    if number == 5:
        found = answer.uuid
    if number < 59:
        answer = answer.conversation.send(f"Question {{number}}", parent=answer, model="fake-model")
answer.conversation.rename("A long talk")
print(found)
"""

TOP_OF_FOUND = """() => new Promise((resolve) => {
    const look = (frames) => requestAnimationFrame(() => frames ? look(frames - 1) : resolve(
        [...CSS.highlights.get("found")][0].getBoundingClientRect().top
    ));
    look(5);
})"""


def wait_marked(page: Page) -> None:
    """Until the page that was asked for has marked what was sought: the browser shows the place before."""
    page.wait_for_url(re.compile("/conversations/[0-9a-f-]{36}/"))
    page.wait_for_function("() => CSS.highlights.has('found')")


@pytest.fixture
def found(site: Site, person: str) -> str:
    """The id of a message far above the end of a long chat, which names zebras."""
    return site.run(FILLED.format(person=person)).strip()


def test_the_search_leads_to_the_message_far_above(page: Page, found: str) -> None:
    page.reload()
    page.get_by_role("link", name="All chats").first.click()
    page.get_by_role("searchbox").fill("zébra")
    page.keyboard.press("Enter")
    place = page.locator("a.found-place")
    expect(place.locator("mark")).to_have_text(["Zebras"])

    place.click()

    message = page.locator(f"#message-{found}")
    expect(message).to_be_in_viewport(ratio=0.9)
    wait_marked(page)
    marked = page.evaluate("[...CSS.highlights.get('found')].map(String)")
    assert marked == ["Zebras"]
    expect(message).to_contain_text("Zebras live near lions.")
    expect(page.get_by_role("heading", name="A long talk")).to_be_visible()


def test_the_place_in_a_long_answer_is_shown_and_folded_code_opened(
    page: Page, site: Site, model: FakeProvider
) -> None:
    lines = "\n".join(f"line {number}" for number in range(60))
    answer = "Some words.\n\n" * 80 + f"```sh\n{lines}\nokapi\n```\n\nEnd."
    model.script(chunks(answer), when=asks("A long one"))
    send(page, "A long one")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.goto(f"{site.url}/conversations/?q=okapi")

    page.locator("a.found-place").click()

    wait_marked(page)
    top = page.evaluate(TOP_OF_FOUND)
    assert page.viewport_size is not None
    assert 0 < top < page.viewport_size["height"]


def test_it_does_so_without_script(plain_page: Page, site: Site, found: str) -> None:
    plain_page.goto(f"{site.url}/conversations/?q=zebra")

    plain_page.locator("a.found-place").click()

    expect(plain_page.locator(f"#message-{found}")).to_be_in_viewport()


def test_the_palette_finds_what_was_said(page: Page, found: str) -> None:
    page.reload()
    page.locator("command-palette:defined").wait_for(state="attached")
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra")
    option = page.get_by_role("option").filter(has_text="Zebras live near lions.")
    expect(option.locator("mark")).to_have_text(["Zebras"])

    option.click()

    expect(page.locator(f"#message-{found}")).to_be_in_viewport()


def test_another_branch_is_opened_and_gone_on_from(page: Page, site: Site, model: FakeProvider) -> None:
    model.script(chunks("A zebra"), when=asks("First animal"))
    model.script(chunks("An okapi"), when=asks("Second animal"))
    model.script(chunks("Black and white"), when=asks("Which colour?"))
    send(page, "First animal")
    expect(page.locator(".answer-body")).to_have_text("A zebra")
    page.get_by_role("button", name="Edit").first.or_(page.locator("message-editor summary").first).first.click()
    page.locator("message-editor textarea").fill("Second animal")
    page.locator("message-editor textarea").press("Control+Enter")
    expect(page.locator(".answer-body")).to_have_text("An okapi")
    page.goto(f"{site.url}/conversations/?q=zebra")

    page.locator("a.found-place").click()

    expect(page.locator(".answer-body")).to_have_text("A zebra")
    expect(page.get_by_text("You see another version of this chat.")).to_be_visible()
    assert "at" in parse_qs(urlsplit(page.url).query)
    send(page, "Which colour?")
    expect(page.locator(".answer-body")).to_have_text(["A zebra", "Black and white"])
    page.goto(page.url.partition("?")[0])
    expect(page.locator(".answer-body")).to_have_text(["A zebra", "Black and white"])


def test_a_query_of_signs_is_answered(page: Page, site: Site) -> None:
    send(page, 'Use c++, node.js or "a:b" -vu')
    expect(page.locator(".answer-actions")).to_be_visible()

    for asked in ("c++", "node.js", '"a:b"', "a:b", "-vu", "USE", '"'):
        page.goto(f"{site.url}/conversations/")
        page.get_by_role("searchbox").fill(asked)
        page.get_by_role("button", name="Search", exact=True).click()

        nothing = page.get_by_text("There is no word in this to look for.")
        expect(nothing if asked == '"' else page.locator("a.found-place").first).to_be_visible()
