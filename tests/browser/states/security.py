"""The pages on which a person looks after their account: the second factor, and what it asks at the login."""

from playwright.sync_api import Page

from tests.authenticator import SECRET
from tests.browser.site import PASSWORD, enter
from tests.browser.states.visit import Visit, state

FACTORS = """
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
person = User.objects.get(username={person!r})
Authenticator.objects.create(user=person, type="totp", data={{"secret": {secret!r}}})
Authenticator.objects.create(user=person, type="recovery_codes", data={{"seed": "a seed", "used_mask": {used}}})
"""
PASSKEYS = """
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
for name, is_alone in (("Phone", True), ("The blue key on my keyring", False)):
    credential = {{"clientExtensionResults": {{"credProps": {{"rk": is_alone}}}}}}
    data = {{"name": name, "credential": credential}}
    Authenticator.objects.create(user=User.objects.get(username={person!r}), type="webauthn", data=data)
"""
OTHERS = """
from django.contrib.auth.models import User
from django.test import Client
for address, browser in (
    ("192.0.2.17", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1"),
    ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "a script of my own that tells a long story of itself when it is asked"),
):
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username={person!r}))
    session = client.session
    session["login"] = {{"address": address, "browser": browser, "at": 1795000000}}
    session.save()
"""
ADDRESS = """
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.models import User
person = User.objects.get(username={person!r})
address = EmailAddress.objects.create(user=person, email="somebody@example.org", primary=True)
print(EmailConfirmationHMAC.create(address).key)
"""
CODE = """
from allauth.mfa.models import Authenticator
codes = Authenticator.objects.get(user__username={person!r}, type="recovery_codes")
print(codes.wrap().get_unused_codes()[-1])
"""


def give_factors(visit: Visit, used: int = 0b101) -> None:
    visit.site.run(FACTORS.format(person=visit.person, secret=SECRET, used=used))


def confirm(page: Page) -> None:
    """Says once more who one is, with the password."""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


@state
def security_page(visit: Visit) -> None:
    visit.enter()
    visit.go("/accounts/2fa/")


@state
def security_page_with_all(visit: Visit) -> None:
    give_factors(visit)
    visit.site.run(PASSKEYS.format(person=visit.person))
    visit.site.run(OTHERS.format(person=visit.person))
    security_page(visit)


@state
def security_page_required(visit: Visit) -> None:
    site = visit.another_site(REQUIRE_MFA="everyone", EMAIL_URL="consolemail://").make_accounts((visit.person, False))
    site.run(ADDRESS.format(person=visit.person))
    enter(visit.page, site, visit.person)
    visit.page.get_by_role("button", name="Send me a link").wait_for()


@state
def address(visit: Visit) -> None:
    site = visit.another_site(EMAIL_URL="consolemail://").make_accounts((visit.person, False))
    key = site.run(ADDRESS.format(person=visit.person)).strip()
    visit.page.goto(f"{site.url}/accounts/confirm-email/{key}/")
    visit.page.get_by_role("button", name="Confirm").wait_for()


@state
def address_gone(visit: Visit) -> None:
    site = visit.another_site(EMAIL_URL="consolemail://")
    visit.page.goto(f"{site.url}/accounts/confirm-email/nonsense/")


@state
def is_it_you(visit: Visit) -> None:
    visit.enter()
    visit.go("/accounts/2fa/totp/activate/")


@state
def is_it_you_refused(visit: Visit) -> None:
    is_it_you(visit)
    visit.page.get_by_label("Password").fill("wrong")
    visit.page.get_by_role("button", name="Go on").click()
    visit.page.locator(".errorlist").wait_for()


@state
def is_it_you_by_code(visit: Visit) -> None:
    give_factors(visit)
    visit.enter()
    visit.go("/accounts/2fa/recovery-codes/")


@state
def app(visit: Visit) -> None:
    is_it_you(visit)
    confirm(visit.page)
    visit.page.locator(".secret").wait_for()


@state
def app_refused(visit: Visit) -> None:
    app(visit)
    visit.page.get_by_label("Code").fill("000000")
    visit.page.get_by_role("button", name="Turn on").click()
    visit.page.locator(".errorlist").wait_for()


@state
def passkey(visit: Visit) -> None:
    """At an address of numbers, where there can be none."""
    visit.enter()
    visit.go("/accounts/2fa/webauthn/add/")
    confirm(visit.page)
    visit.page.locator("passkey-form:defined").wait_for()


@state
def second_factor(visit: Visit) -> None:
    give_factors(visit)
    visit.go("/accounts/login/")
    visit.page.get_by_label("Username").fill(visit.person)
    visit.page.get_by_label("Password").fill(PASSWORD)
    visit.page.get_by_role("button", name="Log in", exact=True).click()
    visit.page.get_by_label("Code").wait_for()


@state
def second_factor_refused(visit: Visit) -> None:
    second_factor(visit)
    visit.page.get_by_label("Code").fill("000000")
    visit.page.get_by_role("button", name="Log in").click()
    visit.page.locator(".errorlist").wait_for()


def show_code(visit: Visit, path: str) -> None:
    """A recovery code opens what asks for the second factor."""
    give_factors(visit)
    code = visit.site.run(CODE.format(person=visit.person)).strip()
    visit.enter()
    visit.go(path)
    visit.page.get_by_label("Code").fill(code)
    visit.page.get_by_role("button", name="Go on").click()


def show_code_for_passkey(visit: Visit, link: str) -> None:
    give_factors(visit)
    visit.site.run(PASSKEYS.format(person=visit.person))
    code = visit.site.run(CODE.format(person=visit.person)).strip()
    security_page(visit)
    visit.page.get_by_role("link", name=link).first.click()
    visit.page.get_by_label("Code").fill(code)
    visit.page.get_by_role("button", name="Go on").click()


@state
def passkey_rename(visit: Visit) -> None:
    show_code_for_passkey(visit, "Rename")
    visit.page.get_by_label("Name").wait_for()


@state
def passkey_remove(visit: Visit) -> None:
    show_code_for_passkey(visit, "Remove")
    visit.page.get_by_role("button", name="Remove").wait_for()


@state
def login_with_passkey(visit: Visit) -> None:
    """At a name, where a browser has passkeys."""
    visit.page.goto(visit.site.url.replace("127.0.0.1", "localhost") + "/accounts/login/")
    visit.page.get_by_role("button", name="Log in with a passkey").wait_for()


@state
def recovery_codes(visit: Visit) -> None:
    show_code(visit, "/accounts/2fa/recovery-codes/")
    visit.page.locator(".codes").wait_for()


@state
def recovery_codes_anew(visit: Visit) -> None:
    show_code(visit, "/accounts/2fa/recovery-codes/generate/")
    visit.page.get_by_role("button", name="Make new ones").wait_for()


@state
def app_off(visit: Visit) -> None:
    show_code(visit, "/accounts/2fa/totp/deactivate/")
    visit.page.get_by_role("button", name="Turn off").wait_for()
