"""The same site with JavaScript off: forms post, links go somewhere, and the page refreshes itself. Branches,
presets and what a model saw have their tests without script beside those with it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, growing, log_in
from tests.browser.states.conversation import LONG
from tests.browser.states.listings import MANY
from tests.browser.states.texts import ANSWER, FORMULAS_AND_CODE
from tests.browser.test_access import complaints
from tests.browser.test_presets import save
from tests.browser.test_settings import open_fold
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, chunks

Gates = Callable[[], Gate]


def test_sends_and_reads(plain_page: Page) -> None:
    ask(plain_page, "Plain\nand simple")

    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")
    expect(plain_page.locator(".question-text")).to_have_text("Plain\nand simple", use_inner_text=True)
    ask(plain_page, "Again")
    expect(plain_page.locator(".question-text")).to_have_text(["Plain and simple", "Again"])
    expect(plain_page.locator(".answer-body.markdown")).to_have_text(["Hello there", "Hello there"])


def test_the_page_refreshes_itself_and_stop_replaces_the_composer(
    plain_page: Page, model: FakeProvider, gate: Gates
) -> None:
    more = gate()
    model.script(growing("Some ", more, "more", gate()))
    ask(plain_page, "Take long")
    expect(plain_page.locator(".answer-tail")).to_have_text("Some")
    expect(plain_page.get_by_label("Your message")).to_be_hidden()
    more.open()
    expect(plain_page.locator(".answer-tail")).to_have_text("Some more")

    plain_page.get_by_role("button", name="Stop").click()

    expect(plain_page.get_by_text("You stopped this answer.")).to_be_visible()
    expect(plain_page.get_by_label("Your message")).to_be_visible()
    expect(plain_page.locator(".answer-body")).to_have_text("Some more")
    expect(plain_page.locator("meta[http-equiv=refresh]")).to_have_count(0)


def test_the_end_is_in_view(plain_page: Page, model: FakeProvider) -> None:
    model.script(growing("".join(f"Line {number}\n\n" for number in range(80))))

    ask(plain_page, "A lot")

    expect(plain_page.get_by_text("Line 79")).to_be_in_viewport()


def test_an_answer_is_read_to_its_end(plain_page: Page, model: FakeProvider, gate: Gates) -> None:
    more = gate()
    model.script(growing("# A title\n\nSome ", more, "more"))
    ask(plain_page, "Take your time")
    expect(plain_page.locator(".answer[data-running] h1")).to_have_text("A title")

    more.open()

    expect(plain_page.locator(".answer-actions")).to_be_visible()
    expect(plain_page.locator(".answer-body.markdown > p")).to_have_text("Some more")
    expect(plain_page.get_by_label("Your message")).to_be_visible()


def test_what_comes_too_early_stays_and_the_answer_can_be_stopped(
    plain_page: Page, model: FakeProvider, gate: Gates
) -> None:
    ask(plain_page, "Hi")
    expect(plain_page.locator(".answer-actions")).to_have_count(1)
    other = plain_page.context.new_page()
    other.goto(plain_page.url)
    model.script(growing("Some", gate()))
    ask(plain_page, "Take long")
    expect(plain_page.locator(".answer-tail")).to_have_text("Some")

    ask(other, "My next thought")
    expect(other.get_by_role("alert")).to_contain_text("still being written")
    expect(other.get_by_role("button", name="Send")).to_be_visible()
    other.get_by_role("button", name="Stop").click()

    expect(other.get_by_role("alert")).to_contain_text("told to stop")
    expect(other.get_by_label("Your message")).to_have_value("My next thought")
    expect(plain_page.get_by_text("You stopped this answer.")).to_be_visible()
    other.get_by_role("button", name="Send").click()
    expect(other.locator(".question-text")).to_have_text(["Hi", "Take long", "My next thought"])


def test_edits_and_steps_through_the_versions(plain_page: Page) -> None:
    ask(plain_page, "First wording")
    plain_page.locator(".question").hover()
    plain_page.locator(".editor summary").click()
    plain_page.get_by_label("Edited text").fill("Second wording")
    plain_page.locator(".editor").get_by_role("button", name="Send").click()
    expect(plain_page.locator(".question-text")).to_have_text("Second wording")
    expect(plain_page.locator(".siblings-place")).to_have_text("2/2")

    plain_page.get_by_role("button", name="Previous version").click()

    expect(plain_page.locator(".question-text")).to_have_text("First wording")
    plain_page.get_by_role("button", name="Next version").click()
    expect(plain_page.locator(".question-text")).to_have_text("Second wording")


def test_continues_what_was_cut(plain_page: Page, model: FakeProvider) -> None:
    model.script(chunks("One two", finish="length"), chunks(" three"))
    ask(plain_page, "Count")

    plain_page.get_by_role("button", name="Continue").click()

    expect(plain_page.locator(".answer-actions")).to_be_visible()
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("One two three")


def test_settings_are_kept_and_what_is_wrong_with_them_is_said(plain_page: Page) -> None:
    ask(plain_page, "Set me up")
    open_fold(plain_page, "Settings")
    plain_page.get_by_label("Temperature").fill("0.5")
    plain_page.get_by_label("System prompt").fill("x" * 30_000)
    plain_page.get_by_role("button", name="Save", exact=True).click()
    expect(plain_page.locator(".errorlist")).to_be_visible()
    expect(plain_page.get_by_label("Temperature")).to_have_value("0.5")
    plain_page.get_by_label("System prompt").fill("In rhymes.")

    plain_page.get_by_role("button", name="Save", exact=True).click()

    open_fold(plain_page, "Settings")
    expect(plain_page.get_by_label("Temperature")).to_have_value("0.5")
    expect(plain_page.get_by_label("System prompt")).to_have_value("In rhymes.")


def test_older_messages_and_newer_ones_are_reached(plain_page: Page, site: Site, person: str) -> None:
    place = site.run(LONG.format(person=person)).split()[0]
    plain_page.goto(site.url + place)
    expect(plain_page.get_by_text("assistant 69")).to_be_in_viewport()
    expect(plain_page.get_by_text("assistant 55", exact=True)).to_have_count(0)

    plain_page.get_by_role("link", name="Show older messages").click()

    expect(plain_page.get_by_text("assistant 55", exact=True)).to_have_count(1)
    expect(plain_page.get_by_text("You are reading older messages.")).to_be_visible()
    plain_page.get_by_role("link", name="Show newer messages").click()
    expect(plain_page.locator(".question-text", has_text="user 61")).to_have_count(1)
    plain_page.get_by_role("link", name="To the newest").click()
    expect(plain_page.get_by_text("assistant 69")).to_be_in_viewport()
    expect(plain_page.get_by_text("You are reading older messages.")).to_be_hidden()


def test_older_chats_are_reached(plain_page: Page, site: Site, person: str) -> None:
    site.run(MANY.format(person=person))
    plain_page.goto(f"{site.url}/conversations/")
    expect(plain_page.locator(".listing-item").first).to_contain_text("Talk 64")

    plain_page.get_by_role("main").get_by_role("link", name="Older").click()

    expect(plain_page.locator(".listing-item").first).to_contain_text("Talk 34")


def test_logs_out_and_in_again(plain_page: Page, site: Site, person: str) -> None:
    plain_page.locator(".user-menu summary").click()
    plain_page.get_by_role("button", name="Log out").click()
    expect(plain_page.get_by_label("Username")).to_be_visible()

    log_in(plain_page, site, person)

    expect(plain_page.locator(".user-menu-name")).to_have_text(person)


def test_answers_again_renames_and_deletes(plain_page: Page) -> None:
    ask(plain_page, "Do it all")
    plain_page.get_by_role("button", name="Answer again").click()
    expect(plain_page.locator(".siblings-place")).to_have_text("2/2")
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")

    plain_page.locator(".conversation-menu summary").first.click()
    plain_page.locator(".fold > summary", has_text="Rename").click()
    plain_page.get_by_label("Title").fill("No script")
    plain_page.get_by_role("button", name="Rename").click()
    expect(plain_page.get_by_role("heading", level=1)).to_have_text("No script")
    plain_page.locator(".conversation-menu summary").first.click()
    plain_page.get_by_role("button", name="Move to the bin").click()

    expect(plain_page.get_by_text("Your chats will be kept here.")).to_be_visible()


def test_a_refused_message_stays_in_the_form(plain_page: Page) -> None:
    plain_page.get_by_label("Your message").fill("   ")
    plain_page.get_by_role("button", name="Send").click()

    expect(plain_page.get_by_role("alert")).to_contain_text("Write something first.")


def test_a_refused_form_of_a_chat_comes_back_with_its_sentence(plain_page: Page, site: Site) -> None:
    ask(plain_page, "First")
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")
    open_fold(plain_page, "Settings")
    plain_page.get_by_label("System prompt").fill("too much " * 2_000)
    plain_page.get_by_role("button", name="Save", exact=True).click()

    expect(plain_page.get_by_text("This system prompt leaves the model no room")).to_be_visible()
    expect(plain_page.get_by_label("System prompt")).to_have_value("too much " * 2_000)
    plain_page.get_by_label("System prompt").fill("Be brief.")
    plain_page.get_by_role("button", name="Save", exact=True).click()
    save(plain_page, "Brief")
    save(plain_page, "Brief")
    expect(plain_page.get_by_text("You have a preset of this name already.")).to_be_visible()
    expect(plain_page.get_by_label("Name")).to_have_value("Brief")
    plain_page.get_by_role("link", name="Use a preset").click()
    site.run("from conversations.models import Preset; Preset.objects.filter(name='Brief').delete()")
    plain_page.get_by_role("button", name="Use in this chat").click()

    expect(plain_page.get_by_text("There is no such preset any more.")).to_be_visible()
    plain_page.get_by_role("link", name="Back to the chat").click()
    expect(plain_page.locator(".question-text")).to_have_text("First")


def test_the_theme_is_chosen(plain_page: Page) -> None:
    plain_page.locator(".user-menu summary").click()
    plain_page.get_by_role("button", name="Dark").click()

    expect(plain_page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_the_enter_key_does_is_chosen(plain_page: Page) -> None:
    plain_page.locator(".user-menu summary").click()
    plain_page.get_by_role("button", name="New line").click()

    expect(plain_page.locator("html")).to_have_attribute("data-enter", "breaks")


@pytest.mark.parametrize("width", [1280, 360])
def test_everybody_can_use_it(plain_page: Page, page: Page, model: FakeProvider, gate: Gates, width: int) -> None:
    model.script(chunks(ANSWER + FORMULAS_AND_CODE + "```\n"), growing("Slow", gate()))
    page.set_viewport_size({"width": width, "height": 740})
    assert complaints(copied(plain_page, page)) == []
    ask(plain_page, "Show all")
    expect(plain_page.locator(".answer-actions")).to_have_count(1)
    assert complaints(copied(plain_page, page)) == []
    ask(plain_page, "Take long")
    expect(plain_page.locator(".answer-tail")).to_have_text("Slow")
    assert complaints(copied(plain_page, page)) == []


def copied(plain_page: Page, page: Page) -> Page:
    """`page` with what stands on the plain one, as axe needs script; long code is not folded then."""
    html = re.sub(
        r"</?noscript>|<script.*?</script>|<meta http-equiv[^>]*>|md-long", "", plain_page.content(), flags=re.S
    )
    page.route(plain_page.url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto(plain_page.url)
    return page


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
