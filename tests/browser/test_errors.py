"""The pages for what went wrong, as a browser shows them."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.site import Site, context_of, log_in, serving, watched
from tests.fakes.provider import FakeProvider


def test_nothing_here(page: Page, site: Site) -> None:
    response = page.goto(f"{site.url}/conversations/00000000-0000-0000-0000-000000000000/")

    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    page.get_by_role("link", name="Back to chats").click()
    expect(page).to_have_url(f"{site.url}/")


def test_a_form_without_its_token_leads_back(page: Page, site: Site, context: BrowserContext) -> None:
    page.goto(f"{site.url}/conversations/")
    page.locator(".user-menu summary").click()
    context.clear_cookies(name="csrf")

    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="We couldn’t send that")).to_be_visible()
    expect(page.locator(".card-eyebrow")).to_have_text("403")
    expect(page.locator(".card-note")).to_contain_text("Reference")
    page.get_by_role("link", name="Open the page again").click()
    expect(page).to_have_url(f"{site.url}/conversations/")


def test_what_was_sent_from_a_page_that_is_too_old_can_be_copied(
    page: Page, site: Site, context: BrowserContext
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site.url}/")
    page.get_by_label("Your message").fill("Long\nthoughts")
    context.clear_cookies(name="csrf")
    page.locator(".composer-form").evaluate("form => form.submit()")

    expect(page.get_by_label("What you wrote")).to_have_value("Long\nthoughts")
    page.get_by_role("button", name="Copy the text").click()

    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == "Long\nthoughts"
    page.get_by_role("link", name="Open the page again").click()
    expect(page.get_by_label("Your message")).to_be_visible()


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/logout/", "/conversations/"])
def test_every_page_is_clean(page: Page, site: Site, path: str) -> None:
    page.goto(site.url + path)

    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_a_site_that_cannot_be_reached_shows_its_own_page(
    browser: Browser, model: FakeProvider, problems: list[str]
) -> None:
    with context_of(browser, service_workers="allow") as context:
        with serving(model) as site:
            site.make_accounts(("zoe", False))
            page = watched(context, problems)
            log_in(page, site, "zoe")
            page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")

        page.goto(f"{site.url}/conversations/")

        expect(page.get_by_role("heading", name="The site cannot be reached")).to_be_visible()
        expect(page.get_by_role("link", name="Try again")).to_be_visible()
        expect(page.locator(".card")).to_have_css("border-top-left-radius", "22px")
