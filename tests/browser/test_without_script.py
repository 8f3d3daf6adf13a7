"""The same site with JavaScript off: forms post, links go somewhere, and the page refreshes itself."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site, growing, is_answer_call
from tests.browser.test_presets import save
from tests.browser.test_settings import open_fold
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate

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
    model.script(growing("Some ", more, "more", gate()), when=is_answer_call)
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
    model.script(growing("".join(f"Line {number}\n\n" for number in range(80))), when=is_answer_call)

    ask(plain_page, "A lot")

    expect(plain_page.get_by_text("Line 79")).to_be_in_viewport()


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
    plain_page.locator(".fold > summary", has_text="Delete").click()
    plain_page.get_by_role("button", name="Delete for good").click()

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
    plain_page.get_by_role("link", name="Back to the chat").click()
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


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
