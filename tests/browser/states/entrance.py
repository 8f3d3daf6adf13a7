"""The pages of accounts, before the login and behind it."""

from urllib.parse import urlsplit

from tests.browser.site import PASSWORD
from tests.browser.states.visit import Visit, state


@state
def login(visit: Visit) -> None:
    visit.go("/")


@state
def login_refused(visit: Visit) -> None:
    visit.go("/")
    visit.page.get_by_label("Username").fill(visit.person)
    visit.page.get_by_label("Password").fill("wrong")
    visit.page.get_by_role("button", name="Log in", exact=True).click()
    visit.page.locator(".errorlist").wait_for()


@state
def account_closed(visit: Visit) -> None:
    visit.go("/accounts/inactive/")


@state
def login_with_registration(visit: Visit) -> None:
    visit.page.goto(visit.another_site(REGISTRATION="open").url)


@state
def sign_up(visit: Visit) -> None:
    visit.page.goto(visit.another_site(REGISTRATION="open").url + "/accounts/signup/")


@state
def sign_up_refused(visit: Visit) -> None:
    sign_up(visit)
    visit.page.locator("[name=username]").fill("ada")
    visit.page.locator("[name=password1]").fill("12345678")
    visit.page.locator("[name=password2]").fill("another")
    visit.page.get_by_role("main").get_by_role("button").click()
    visit.page.locator(".errorlist").first.wait_for()


@state
def first_admin(visit: Visit) -> None:
    site = visit.another_site()
    link = site.manage("first_admin_link").split()[-1]
    visit.page.goto(site.url + urlsplit(link).path)


@state
def first_admin_refused(visit: Visit) -> None:
    first_admin(visit)
    visit.page.get_by_label("Username").fill("ada")
    visit.page.locator("[name=password1]").fill("12345678")
    visit.page.locator("[name=password2]").fill("another")
    visit.page.get_by_role("button", name="Make the account").click()
    visit.page.locator(".errorlist").first.wait_for()


@state
def first_admin_gone(visit: Visit) -> None:
    visit.go("/setup/anything/")


@state
def first_admin_expired(visit: Visit) -> None:
    visit.page.goto(visit.another_site().url + "/setup/anything/")


@state
def password(visit: Visit) -> None:
    visit.log_in()
    visit.go("/accounts/password/change/")


@state
def password_refused(visit: Visit) -> None:
    password(visit)
    for field in visit.page.get_by_role("main").locator("input[type=password]").all():
        field.fill("12345678")
    visit.page.get_by_role("button", name="Change password").click()
    visit.page.locator(".errorlist").first.wait_for()


@state
def password_changed(visit: Visit) -> None:
    password(visit)
    old, new, again = visit.page.get_by_role("main").locator("input[type=password]").all()
    old.fill(PASSWORD)
    new.fill("another-horse-9")
    again.fill("another-horse-9")
    visit.page.get_by_role("button", name="Change password").click()
    visit.page.locator(".notice").wait_for()


@state
def logout(visit: Visit) -> None:
    visit.log_in()
    visit.go("/accounts/logout/")
