"""The second factor in a browser: an app's codes without script, and passkeys with a keeper that Chromium makes up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.authenticator import code_of
from tests.browser.site import PASSWORD, Site, enter, watched

KEEPER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def local(site: Site) -> Site:
    """The site at a name: browsers have no passkeys for numbers."""
    return site.behind(site.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def keeper(context: BrowserContext, local: Site, person: str, problems: list[str]) -> Iterator[Page]:
    """The page of a logged-in person whose device keeps passkeys."""
    with device(context, problems) as page:
        enter(page, local, person)
        yield page


@contextmanager
def device(context: BrowserContext, problems: list[str], **changes: Any) -> Iterator[Page]:
    page = watched(context, problems)
    browser = context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": KEEPER | changes})
    yield page


def test_passkey_is_made_and_logs_in_alone(keeper: Page, local: Site) -> None:
    make_passkey(keeper, local)
    log_out(keeper, local)

    keeper.get_by_role("button", name="Log in with a passkey").click()

    expect(keeper.get_by_role("heading", name="What is on your mind?")).to_be_visible()


def test_passkey_is_the_second_factor(keeper: Page, local: Site, person: str) -> None:
    make_passkey(keeper, local)
    log_out(keeper, local)
    give_password(keeper, person)
    expect(keeper.get_by_role("heading", name="And now the second factor")).to_be_visible()

    keeper.get_by_role("button", name="Use a passkey").click()

    expect(keeper.get_by_role("heading", name="What is on your mind?")).to_be_visible()


def test_security_key_that_does_not_log_in_alone_is_the_second_factor(keeper: Page, local: Site, person: str) -> None:
    make_passkey(keeper, local, is_alone=False)
    log_out(keeper, local)
    give_password(keeper, person)

    keeper.get_by_role("button", name="Use a passkey").click()

    expect(keeper.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    keeper.goto(f"{local.url}/accounts/2fa/")
    expect(keeper.locator(".account-row", has=keeper.get_by_role("heading", name="Phone"))).to_contain_text(
        "Passkey · last used"
    )


def test_passkey_is_asked_for_before_another_is_added(keeper: Page, local: Site) -> None:
    make_passkey(keeper, local)
    keeper.context.clear_cookies()
    keeper.goto(local.url)
    keeper.get_by_role("button", name="Log in with a passkey").click()
    keeper.get_by_role("heading", name="What is on your mind?").wait_for()
    keeper.goto(f"{local.url}/accounts/2fa/webauthn/add/")

    keeper.get_by_role("button", name="Use a passkey").click()

    expect(keeper.get_by_role("heading", name="Add a passkey")).to_be_visible()


def test_device_without_a_passkey_is_told_so(context: BrowserContext, local: Site, problems: list[str]) -> None:
    with device(context, problems) as page:
        page.goto(f"{local.url}/accounts/login/")

        page.get_by_role("button", name="Log in with a passkey").click()

        expect(page.get_by_role("status")).to_have_text("That did not work. Try again, or choose another way.")
        expect(page.get_by_role("button", name="Log in with a passkey")).to_be_enabled()


def test_login_at_an_address_of_numbers_offers_no_passkey(page: Page, site: Site) -> None:
    page.context.clear_cookies()
    page.goto(f"{site.url}/accounts/login/")

    expect(page.locator("passkey-form:defined")).to_be_hidden()


def test_page_at_an_address_of_numbers_says_why_no_passkey_can_be_made(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("button", name="Make a passkey")).to_be_disabled()
    expect(page.get_by_role("status")).to_contain_text("https, or localhost")


def test_app_is_set_up_used_and_replaced_by_a_recovery_code_without_script(
    plain_page: Page, site: Site, person: str
) -> None:
    plain_page.locator(".user-menu summary").click()
    plain_page.get_by_role("link", name="Security").click()
    plain_page.get_by_role("link", name="Set up").click()
    plain_page.get_by_label("Password").fill(PASSWORD)
    plain_page.get_by_role("button", name="Go on").click()
    give_code(plain_page, "Turn on")
    codes = plain_page.locator(".codes code").all_text_contents()
    log_out(plain_page, site)
    give_password(plain_page, person)

    plain_page.get_by_label("Code").fill(codes[0])
    plain_page.get_by_role("button", name="Log in").click()

    expect(plain_page.get_by_role("heading", name="What is on your mind?")).to_be_visible()
    plain_page.goto(f"{site.url}/accounts/2fa/")
    expect(plain_page.get_by_text("9 codes are left")).to_be_visible()


def make_passkey(page: Page, site: Site, *, is_alone: bool = True) -> None:
    page.goto(f"{site.url}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Log in with it alone").set_checked(is_alone)
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()


def log_out(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.get_by_label("Username").wait_for()


def give_password(page: Page, person: str) -> None:
    page.get_by_label("Username").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def give_code(page: Page, button: str) -> None:
    """The app's code; where its half minute ended on the way, the next one."""
    secret = page.locator(".secret").inner_text()
    for _ in range(2):
        page.get_by_label("Code").fill(code_of(secret))
        page.get_by_role("button", name=button).click()
        page.locator(".codes, .errorlist").wait_for()
        if page.locator(".codes").count():
            return
