"""A conversation's settings, as people choose them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import asks, send
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import chunks


def test_settings_are_chosen_kept_and_sent(page: Page, model: FakeProvider) -> None:
    begin(page)
    open_fold(page, "Settings")
    settings = page.locator(".conversation-menu")
    settings.get_by_label("Model").select_option("other-model")
    settings.get_by_label("System prompt").fill("Be brief.")
    settings.get_by_label("Temperature").fill("0.25")
    settings.get_by_label("Longest answer").fill("500")
    settings.get_by_role("button", name="Save").click()

    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")  # of the composer
    send(page, "Second")
    expect(page.locator(".answer-body.markdown")).to_have_text(["Hello there", "Hello there"])
    body = model.answer_calls[-1].body
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("other-model", 0.25, 500)
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    open_fold(page, "Settings")
    expect(settings.get_by_label("Temperature")).to_have_value("0.25")


@pytest.mark.parametrize("size", [(1280, 800), (360, 640), (320, 256)])
def test_what_keeps_the_settings_is_always_in_view(page: Page, size: tuple[int, int]) -> None:
    begin(page)
    page.set_viewport_size({"width": size[0], "height": size[1]})

    open_fold(page, "Settings")

    settings = page.locator(".settings")
    for field in settings.get_by_role("textbox").or_(settings.get_by_role("spinbutton")).all():
        field.focus()
        expect(field).to_be_in_viewport(ratio=0.9)
        expect(settings.get_by_role("button", name="Save")).to_be_in_viewport(ratio=1)
        expect(settings.get_by_role("link", name="Cancel")).to_be_in_viewport(ratio=1)


def test_the_settings_leave_the_composer_to_be_seen(page: Page) -> None:
    begin(page)

    open_fold(page, "Settings")

    panel = page.locator(".conversation-menu .menu-panel").bounding_box()
    composer = page.locator(".composer-form").bounding_box()
    assert panel
    assert composer
    assert panel["y"] + panel["height"] <= composer["y"]


def test_what_the_site_refuses_is_said_at_its_field(page: Page) -> None:
    begin(page)
    open_fold(page, "Settings")
    page.get_by_label("System prompt").fill("x" * 19_000)
    page.get_by_label("Temperature").fill("0.5")

    page.get_by_role("button", name="Save").click()

    prompt = page.get_by_label("System prompt")
    expect(prompt).to_have_accessible_description(
        re.compile(r"This system prompt leaves the model no room for a chat. Shorten it\.")
    )
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(prompt).to_be_focused()
    expect(prompt).to_have_value("x" * 19_000)
    expect(page.get_by_label("Temperature")).to_have_value("0.5")


def test_a_number_out_of_bounds_does_not_leave_the_browser(page: Page) -> None:
    begin(page)
    open_fold(page, "Settings")
    page.get_by_label("Longest answer").fill("1000000")

    page.get_by_role("button", name="Save").click()

    assert page.get_by_label("Longest answer").evaluate("field => field.validity.rangeOverflow")
    expect(page.get_by_label("Longest answer")).to_be_visible()


def test_what_is_no_number_comes_back_as_it_was_typed(page: Page) -> None:
    begin(page)
    open_fold(page, "Settings")
    page.get_by_label("Temperature").fill("warm")

    page.get_by_role("button", name="Save").click()

    field = page.get_by_label("Temperature")
    expect(field).to_have_value("warm")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(r"Give a number from 0 to 2\."))


def test_a_refused_name_comes_back_to_its_field_with_the_reason_under_it(page: Page) -> None:
    begin(page)
    open_fold(page, "Rename")
    page.get_by_label("Title").evaluate("field => { field.maxLength = 3000; }")
    page.get_by_label("Title").fill("x" * 2_001)

    page.get_by_role("button", name="Rename").click()

    field = page.get_by_label("Title")
    expect(field).to_have_accessible_description("Title: This is longer than 2 KB.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_value("x" * 2_001)


def test_settings_without_script(plain_page: Page, model: FakeProvider) -> None:
    model.script(chunks("Warm"), when=asks("Second"))
    plain_page.get_by_label("Your message").fill("First")
    plain_page.get_by_role("button", name="Send").click()
    expect(plain_page.locator(".answer-body.markdown")).to_have_text("Hello there")

    open_fold(plain_page, "Settings")
    plain_page.get_by_label("Temperature").fill("1.5")
    plain_page.get_by_role("button", name="Save").click()
    plain_page.get_by_label("Your message").fill("Second")
    plain_page.get_by_role("button", name="Send").click()

    expect(plain_page.locator(".answer-body.markdown").last).to_have_text("Warm")
    assert model.answer_calls[-1].body["temperature"] == 1.5
    open_fold(plain_page, "Settings")
    expect(plain_page.get_by_label("Temperature")).to_have_value("1.5")


def begin(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    expect(page.locator(".answer-actions")).to_be_visible()


def open_fold(page: Page, name: str) -> None:
    page.locator(".conversation-menu > details > summary").click()
    page.locator(".conversation-menu .fold > summary", has_text=name).click()
