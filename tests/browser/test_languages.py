"""The site in the reader's language and time."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, context_of, enter, watched
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks, refusal

LISTED = """
from datetime import UTC, datetime
from django.contrib.auth.models import User
from conversations.models import Conversation
person = User.objects.get(username={person!r})
Conversation.objects.create(owner=person, title="Old", touched_at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
"""


def test_language_is_chosen_in_the_menu_with_script(page: Page) -> None:
    choose_german(page)

    expect(page.get_by_role("heading", name="Was geht dir durch den Kopf?")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_language_is_chosen_in_the_menu_without_script(plain_page: Page) -> None:
    choose_german(plain_page)

    expect(plain_page.get_by_role("heading", name="Was geht dir durch den Kopf?")).to_be_visible()
    plain_page.locator(".user-menu summary").click()
    expect(plain_page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-pressed", "true")


def test_what_is_typed_outlives_a_change_of_the_language(page: Page) -> None:
    page.get_by_label("Your message").fill("Half a thought")

    choose_german(page)

    expect(page.get_by_label("Deine Nachricht")).to_have_value("Half a thought")


def test_an_answer_is_accompanied_in_the_language_of_the_browser(
    browser: Browser, site: Site, person: str, problems: list[str], model: FakeProvider
) -> None:
    model.script(chunks("Bonjour"))
    model.script(refusal(401))
    with context_of(browser, locale="fr-FR") as context:
        page = watched(context, problems)
        enter(page, site, person)
        page.locator("chat-composer:defined").wait_for()
        page.get_by_label("Votre message").fill("Salut")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Répondre à nouveau")).to_be_visible()
        page.get_by_label("Votre message").fill("Encore")
        page.keyboard.press("Enter")

        expect(page.locator(".answer-failure")).to_contain_text("L’accès de ce site au modèle est mal configuré.")


def test_time_zone_is_learnt_from_the_browser(browser: Browser, site: Site, person: str, problems: list[str]) -> None:
    site.run(LISTED.format(person=person))
    with context_of(browser, timezone_id="Asia/Tokyo") as context:
        page = watched(context, problems)
        enter(page, site, person)
        page.locator("learn-zone").wait_for(state="detached")

        page.goto(f"{site.url}/conversations/")

        expect(page.locator(".listing-item time")).to_have_text("2 Jan 2026, 08:30")
        expect(page.locator(".listing-item time")).to_have_attribute("datetime", "2026-01-02T08:30:00+09:00")


def test_time_zone_is_learnt_anew_where_the_browser_has_moved(
    browser: Browser, site: Site, person: str, problems: list[str]
) -> None:
    site.run(LISTED.format(person=person))
    with context_of(browser, timezone_id="Asia/Tokyo") as home:
        page = watched(home, problems)
        enter(page, site, person)
        page.locator("learn-zone").wait_for(state="detached")
        cookies = home.storage_state()
    with context_of(browser, timezone_id="America/New_York", storage_state=cookies) as away:
        page = watched(away, problems)
        page.goto(f"{site.url}/conversations/")
        expect(page.locator(".listing-item time")).to_have_text("2 Jan 2026, 08:30")
        page.locator("learn-zone").wait_for(state="detached")

        page.reload()

        expect(page.locator(".listing-item time")).to_have_text("1 Jan 2026, 18:30")


def test_time_zone_that_was_chosen_is_kept_though_the_browser_has_another(page: Page, site: Site) -> None:
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Time zone").click()
    page.get_by_label("Show times in").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_label("Show times in")).to_have_value("Pacific/Auckland")
    expect(page.locator("#zone-help")).to_contain_text("(Pacific/Auckland)")
    expect(page.locator("learn-zone")).to_have_count(0)


def choose_german(page: Page) -> None:
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Deutsch").click()
