"""Thumbs with a reason, and reports: saved at once, where one is, with nothing else disturbed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.site import Site, growing, send
from tests.browser.whole import expect_calm
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, refusal

GIVEN = """
SELECT verdict, reason FROM conversations_feedback feedback JOIN auth_user person ON person.id = feedback.owner_id
WHERE person.username = ?
"""
REPORTED = """
SELECT flag.source, flag.reason, review.state
FROM conversations_flag flag
JOIN conversations_conversation conversation ON conversation.id = flag.conversation_id
JOIN conversations_review review ON review.conversation_id = conversation.id
JOIN auth_user person ON person.id = conversation.owner_id
WHERE person.username = ?
"""


GAP = """form => form.querySelector("button").getBoundingClientRect().top
    - form.querySelector("textarea").getBoundingClientRect().bottom"""


@pytest.fixture
def answered(page: Page) -> Page:
    """With one answer, and a mark by which a page that was not left is known."""
    ask(page, "Hi")
    page.locator("body").evaluate("body => { body.dataset.stayed = 'yes'; }")
    return page


def test_a_thumb_is_saved_at_once_and_asks_why(answered: Page, site: Site, person: str) -> None:
    page = answered
    page.get_by_label("Your message").fill("Half a thought")
    thumb(page, "Good").focus()

    with page.expect_response("**/messages/*/"):
        page.keyboard.press("Enter")

    expect(thumb(page, "Good")).to_have_attribute("aria-pressed", "true")
    expect(thumb(page, "Good")).to_be_focused()
    expect(page.get_by_text("What was good about it?")).to_be_visible()
    expect(page.get_by_text("What was bad about it?")).to_be_hidden()
    expect(page.get_by_label("Your message")).to_have_value("Half a thought")
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")
    assert site.rows(GIVEN, person) == [("up", "")]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("It is short.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".rating-why > summary")).to_be_focused()
    expect(page.locator(".rating-reason")).to_have_text("It is short.")
    assert site.rows(GIVEN, person) == [("up", "It is short.")]
    page.reload()
    expect(thumb(page, "Good")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".rating-reason")).to_have_text("It is short.")


def test_another_verdict_and_none_keep_the_reason_in_the_field_alone(answered: Page, site: Site, person: str) -> None:
    page = answered
    rate(page, "Good")
    page.get_by_label("Your reason").fill("It is short.")
    why(page).get_by_role("button", name="Send").click()
    expect(page.locator(".rating-reason")).to_have_text("It is short.")

    rate(page, "Bad")
    expect(thumb(page, "Good")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("What was bad about it?")).to_be_visible()
    expect(page.get_by_label("Your reason")).to_have_value("It is short.")
    expect(page.locator(".rating-reason")).to_have_text("")
    assert site.rows(GIVEN, person) == [("down", "")]
    rate(page, "Bad")

    expect(why(page)).to_be_hidden()
    expect(thumb(page, "Bad")).to_have_attribute("aria-pressed", "false")
    assert site.rows(GIVEN, person) == []
    page.reload()
    expect(why(page)).to_be_hidden()
    rate(page, "Good")
    expect(page.get_by_label("Your reason")).to_have_value("It is short.")
    why(page).get_by_role("button", name="Send").click()
    expect(page.locator(".rating-reason")).to_have_text("It is short.")
    assert site.rows(GIVEN, person) == [("up", "It is short.")]


def test_a_reason_that_is_being_written_outlives_another_thumb_and_a_reload(answered: Page) -> None:
    page = answered
    rate(page, "Good")
    page.get_by_label("Your reason").fill("It is")

    rate(page, "Bad")
    expect(page.get_by_label("Your reason")).to_have_value("It is")
    page.reload()

    expect(page.get_by_label("Your reason")).to_have_value("It is")
    page.get_by_label("Your reason").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your reason")).to_be_hidden()
    expect(page.locator(".rating-why > summary")).to_be_focused()


def test_what_cannot_be_saved_is_taken_back_and_said(answered: Page, site: Site, person: str) -> None:
    page = answered
    page.route("**/messages/*/", abort)

    thumb(page, "Good").click()

    expect(page.get_by_role("alert")).to_contain_text("The site cannot be reached.")
    expect(thumb(page, "Good")).to_have_attribute("aria-pressed", "false")
    expect(why(page)).to_be_hidden()
    page.unroute("**/messages/*/")
    rate(page, "Good")
    page.get_by_label("Your reason").fill("It is short.")
    page.route("**/messages/*/", abort)
    why(page).get_by_role("button", name="Send").click()
    expect(why(page).get_by_role("alert")).to_contain_text("The site cannot be reached.")
    expect(page.get_by_label("Your reason")).to_have_value("It is short.")
    assert site.rows(GIVEN, person) == [("up", "")]


def test_each_answer_has_its_own(answered: Page, site: Site, person: str) -> None:
    page = answered
    rate(page, "Bad")
    page.get_by_label("Your reason").fill("Half a reason")

    page.get_by_role("button", name="Answer again").click()
    expect(page.locator(".siblings-place")).to_have_text("2/2")

    expect(thumb(page, "Bad")).to_have_attribute("aria-pressed", "false")
    expect(why(page)).to_be_hidden()
    page.get_by_role("button", name="Previous answer").click()
    expect(thumb(page, "Bad")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Your reason")).to_have_value("Half a reason")


def test_what_is_not_there_yet_or_failed_has_no_thumbs(
    page: Page, model: FakeProvider, gate: Callable[[], Gate]
) -> None:
    end = gate()
    model.script(growing("So far", end), refusal(401))
    send(page, "First")
    expect(page.locator(".answer-tail")).to_have_text("So far")
    expect(thumb(page, "Good")).to_have_count(0)

    end.open()

    expect(thumb(page, "Good")).to_be_visible()
    send(page, "Second")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(thumb(page, "Good")).to_have_count(1)
    expect(page.locator("answer-report")).to_have_count(2)


def test_an_answer_is_reported(answered: Page, site: Site, person: str) -> None:
    page = answered
    page.get_by_label("Your message").fill("Half a thought")
    open_report(page)
    expect(page.locator(".answer-menu .menu-panel")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Administrators will see this")).to_be_visible()
    page.get_by_label("What is wrong with it?").fill("It made this up.")

    page.get_by_role("button", name="Report", exact=True).click()

    expect(page.get_by_role("status").filter(has_text="Reported")).to_be_visible()
    expect(page.locator(".answer-menu > details > summary")).to_be_focused()
    expect(page.get_by_label("What is wrong with it?")).to_be_hidden()
    expect(page.get_by_label("Your message")).to_have_value("Half a thought")
    expect(page.locator("body")).to_have_attribute("data-stayed", "yes")
    assert site.rows(REPORTED, person) == [("person", "It made this up.", "open")]
    page.reload()
    expect(page.get_by_text("Reported")).to_be_visible()
    open_report(page)
    expect(page.get_by_label("What is wrong with it?")).to_have_value("It made this up.")


def test_a_report_needs_a_reason_and_says_why_it_is_not_sent(answered: Page, site: Site, person: str) -> None:
    page = answered
    open_report(page)
    report = page.get_by_role("button", name="Report", exact=True)
    report.click()  # which the browser itself refuses
    page.get_by_label("What is wrong with it?").fill("   ")

    report.click()

    expect(page.get_by_role("alert")).to_contain_text("Write something first.")
    page.get_by_label("What is wrong with it?").fill("It made this up.")
    page.reload()
    open_report(page)
    expect(page.get_by_label("What is wrong with it?")).to_have_value("It made this up.")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator(".answer-menu > details > summary")).to_be_focused()
    page.reload()
    open_report(page)
    expect(page.get_by_label("What is wrong with it?")).to_have_value("")
    assert site.rows(REPORTED, person) == []


def test_rating_and_reporting_without_script(plain_page: Page, site: Site, person: str) -> None:
    page = plain_page
    page.get_by_label("Your message").fill("Plain")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")

    thumb(page, "Bad").click()
    expect(thumb(page, "Bad")).to_have_attribute("aria-pressed", "true")
    why(page).get_by_role("link").click()
    page.get_by_label("Your reason").fill("It is rude.")
    why(page).get_by_role("button", name="Send").click()
    expect(page.locator(".rating-reason")).to_have_text("It is rude.")
    page.locator(".answer-menu > details > summary").click()
    page.get_by_role("link", name="Report this answer").click()
    page.get_by_label("What is wrong with it?").fill("   ")
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Write something first.")
    page.get_by_label("What is wrong with it?").fill("It made this up.")
    page.get_by_role("button", name="Report", exact=True).click()

    expect(page.get_by_text("Reported")).to_be_visible()
    assert site.rows(GIVEN, person) == [("down", "It is rude.")]
    assert site.rows(REPORTED, person) == [("person", "It made this up.", "open")]
    thumb(page, "Bad").click()
    expect(thumb(page, "Bad")).to_have_attribute("aria-pressed", "false")
    assert site.rows(GIVEN, person) == []


def test_what_is_refused_without_script_comes_back_with_its_text(plain_page: Page) -> None:
    page = plain_page
    page.get_by_label("Your message").fill("Plain")
    page.get_by_role("button", name="Send").click()
    thumb(page, "Good").click()
    why(page).get_by_role("link").click()
    long = "Too long. " * 101
    page.get_by_label("Your reason").evaluate("field => field.removeAttribute('maxlength')")
    page.get_by_label("Your reason").fill(long)

    why(page).get_by_role("button", name="Send").click()

    expect(page.get_by_role("alert")).to_contain_text("Write at most 1000 characters.")
    expect(page.get_by_label("Your reason")).to_have_value(long)


def test_the_buttons_of_an_answer_with_versions_fit_in_one_line_of_a_phone(device: Page) -> None:
    ask(device, "Hi")
    device.get_by_role("button", name="Answer again").click()
    expect(device.locator(".siblings-place")).to_have_text("2/2")
    expect_calm(device)

    rate(device, "Good")

    tops = device.locator(".answer-actions :is(button, summary):visible:not(.rating-why *)").evaluate_all(
        "buttons => [...new Set(buttons.map(button => Math.round(button.getBoundingClientRect().bottom)))]"
    )
    assert len(tops) == 1
    assert device.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(why(device).get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert why(device).locator("form").evaluate(GAP) >= 4


def ask(page: Page, text: str) -> None:
    send(page, text)
    expect(page.locator(".answer-actions")).to_have_count(1)


def rate(page: Page, verdict: str) -> None:
    """Press a thumb, and wait until the site has heard of it."""
    with page.expect_response("**/messages/*/"):
        thumb(page, verdict).click()
    expect(page.locator("answer-rating:not([data-busy])")).to_be_attached()


def open_report(page: Page) -> None:
    page.locator(".answer-menu > details > summary").click()
    page.locator("answer-report summary").click()


def thumb(page: Page, verdict: str) -> Locator:
    return page.get_by_role("button", name=f"{verdict} answer")


def why(page: Page) -> Locator:
    return page.locator(".rating-why")


def abort(route: Route) -> None:
    route.abort()
