"""What the model saw, under an answer."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import send


def test_it_is_fetched_when_it_is_opened_and_leads_to_the_messages(page: Page) -> None:
    ask(page, "First", "Second")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/sent/") else None)
    assert asked == []

    summary(page).last.click()

    record = page.locator(".sent")
    expect(record).to_be_visible()
    expect(record.get_by_role("term").first).to_have_text("Model")
    record.get_by_role("link", name="First").click()
    expect(record).to_be_hidden()
    expect(page.locator(".question").first).to_be_focused()
    expect(page).not_to_have_url(re.compile("at="))
    summary(page).last.click()
    expect(record).to_be_visible()
    assert len(asked) == 1


def test_escape_closes_it_and_the_focus_is_where_it_was(page: Page) -> None:
    ask(page, "First")
    summary(page).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sent")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator(".sent")).to_be_hidden()
    expect(summary(page)).to_be_focused()


def test_it_fits_where_it_opens(device: Page) -> None:
    send(device, "First")
    expect(device.locator(".answer-actions")).to_have_count(1)

    summary(device).click()

    expect(device.locator(".sent dd").last).to_be_visible()
    panel = device.locator(".answer-sent .menu-panel")
    expect(panel).to_be_in_viewport(ratio=1)
    expect(panel.get_by_role("heading", name="What the model saw")).to_be_visible()
    column, shown = device.locator(".answer-body").bounding_box(), panel.bounding_box()
    assert column
    assert shown
    assert column["x"] <= shown["x"]
    assert shown["x"] + shown["width"] <= column["x"] + column["width"]
    assert device.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_where_it_cannot_be_fetched_the_link_stays(page: Page) -> None:
    ask(page, "First")
    page.route("**/sent/", lambda route: route.abort())

    summary(page).click()

    link = page.get_by_role("link", name="What the model saw")
    expect(link).to_be_focused()
    page.unroute("**/sent/")
    link.click()
    expect(page.get_by_role("heading", name="What the model saw")).to_be_visible()


def test_without_script_it_is_a_page(plain_page: Page) -> None:
    plain_page.get_by_label("Your message").fill("First")
    plain_page.get_by_role("button", name="Send").click()
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")

    summary(plain_page).click()
    plain_page.get_by_role("link", name="What the model saw").click()

    expect(plain_page.locator(".sent")).to_contain_text("fake-model")
    plain_page.get_by_role("link", name="Back to the answer").click()
    expect(plain_page.locator(".answer-body.markdown")).to_be_in_viewport()


def ask(page: Page, *texts: str) -> None:
    for count, text in enumerate(texts, 1):
        send(page, text)
        expect(page.locator(".answer-actions")).to_have_count(count)


def summary(page: Page) -> Locator:
    return page.locator(".answer-sent summary")
