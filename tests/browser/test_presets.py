"""Presets, as people save and choose them."""

from playwright.sync_api import Page, Route, expect

from tests.browser.site import Site, send
from tests.browser.test_settings import open_fold
from tests.fakes.provider import FakeProvider


def test_a_preset_is_saved_chosen_and_given(page: Page, site: Site, model: FakeProvider) -> None:
    begin(page)
    chat = page.url
    save(page, "Cool")
    expect(page.get_by_role("status").get_by_text("Saved as a preset: Cool")).to_be_visible()
    expect(page).to_have_url(chat)
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()

    page.get_by_role("combobox", name="Preset").select_option(label="Cool")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")
    send(page, "Begin with it")

    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    assert asked(model) == ("other-model", 0.25)
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()
    send(page, "Begin without")
    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    assert asked(model) == ("fake-model", None)
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    open_fold(page, "Presets")
    page.get_by_role("link", name="Use a preset").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Presets for “A short title”")
    page.get_by_role("button", name="Use in this chat").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")
    send(page, "Now with it")
    expect(page.locator(".answer-body.markdown")).to_have_count(2)
    assert asked(model) == ("other-model", 0.25)


def test_another_model_than_the_presets_may_be_chosen(page: Page, site: Site, model: FakeProvider) -> None:
    begin(page)
    save(page, "Cool")
    page.get_by_text("Saved as a preset: Cool").wait_for()
    page.goto(f"{site.url}/presets/")
    page.locator(".preset").get_by_role("link", name="New chat").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")
    page.get_by_role("combobox", name="Model").select_option("fake-model")

    send(page, "Hi")

    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    assert asked(model) == ("fake-model", 0.25)


def test_another_preset_after_a_lost_reply_begins_another_chat(page: Page, site: Site, model: FakeProvider) -> None:
    begin(page)
    save(page, "Cool")
    page.goto(site.url)
    page.get_by_role("combobox", name="Model").select_option("other-model")
    page.route("**/conversations/", lose_reply, times=1)
    send(page, "Hi")
    expect(page.locator(".send-error")).to_contain_text("The site cannot be reached.")

    page.get_by_role("combobox", name="Preset").select_option(label="Cool")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")
    assert asked(model) == ("other-model", 0.25)


def test_presets_without_script(plain_page: Page, site: Site, model: FakeProvider) -> None:
    page = plain_page
    write(page, "First")
    open_fold(page, "Settings")
    page.locator(".conversation-menu").get_by_label("Model").select_option("other-model")
    page.get_by_label("Temperature").fill("0.25")
    page.get_by_role("button", name="Save", exact=True).click()
    save(page, "Cool")
    page.goto(site.url)

    page.get_by_role("combobox", name="Preset").select_option(label="Cool")
    write(page, "Begin with it")

    assert asked(model) == ("other-model", 0.25)
    page.goto(f"{site.url}/presets/")
    open_menu(page, "Rename")
    page.get_by_label("Name").fill("Cooler")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="Cooler")).to_be_visible()
    open_menu(page, "Delete")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("There are no presets here yet.")).to_be_visible()


def test_presets_fit_a_small_screen(device: Page, site: Site) -> None:
    begin(device)
    save(device, "A name that is as long as names of presets can be, which is eighty characters of it")
    expect(device.get_by_text("Saved as a preset:")).to_be_visible()
    open_fold(device, "Presets")
    device.get_by_role("link", name="Use a preset").click()

    chosen = str(device.locator(".preset").get_by_role("button").first.get_attribute("value"))
    for url in (f"{site.url}/presets/", site.url, f"{site.url}/?preset={chosen}"):
        device.goto(url)
        assert device.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(device.get_by_role("combobox", name="Preset")).to_have_value(chosen)
    expect(device.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    expect(device.get_by_role("combobox", name="Preset")).to_be_visible()


def begin(page: Page) -> None:
    """A chat with settings of its own."""
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    open_fold(page, "Settings")
    page.locator(".conversation-menu").get_by_label("Model").select_option("other-model")
    page.get_by_label("Temperature").fill("0.25")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("other-model")


def save(page: Page, name: str) -> None:
    open_fold(page, "Presets")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save as preset").click()


def lose_reply(route: Route) -> None:
    route.fetch()
    route.abort()


def open_menu(page: Page, fold: str) -> None:
    page.locator(".preset .menu > summary").click()
    page.locator(".preset .fold > summary", has_text=fold).click()


def write(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer-body.markdown")).to_have_text("Hello there")


def asked(model: FakeProvider) -> tuple[str, float | None]:
    body = model.answer_calls[-1].body
    return body["model"], body.get("temperature")
