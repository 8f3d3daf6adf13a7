"""The pages for what went wrong."""

from tests.browser.states.conversation import open_fold
from tests.browser.states.visit import Visit, state

BROKEN = """
from django.db import connection
connection.cursor().execute(
    "UPDATE conversations_conversation SET uuid = 'none' || id "
    "WHERE owner_id = (SELECT id FROM auth_user WHERE username = %s)", [{person!r}]
)
"""
WITHOUT_TABLE = """
from django.db import connection
connection.cursor().execute("ALTER TABLE conversations_conversation RENAME TO elsewhere")
"""


@state
def bad_request(visit: Visit) -> None:
    open_fold(visit, "Rename")
    visit.page.locator("[name=action][value=rename]").evaluate("field => { field.value = 'nothing'; }")
    visit.page.get_by_role("button", name="Rename").click()
    visit.page.get_by_role("heading", name="could not be read").wait_for()


@state
def refused(visit: Visit) -> None:
    visit.log_in()
    visit.open_user_menu()
    visit.page.get_by_role("button", name="Dark").evaluate(
        "button => { const { form } = button; form.append(Object.assign(document.createElement('input'), "
        "{ name: 'theme', value: 'none' })); form.submit(); }"
    )
    visit.page.get_by_role("heading", name="did not work").wait_for()


@state
def forbidden(visit: Visit) -> None:
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/add/")


@state
def form_too_old(visit: Visit) -> None:
    visit.log_in()
    visit.open_user_menu()
    visit.page.context.clear_cookies(name="csrf")
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.get_by_role("heading", name="couldn’t send that").wait_for()


@state
def nothing_here(visit: Visit) -> None:
    visit.go("/nowhere/")


@state
def refused_with_the_text(visit: Visit) -> None:
    """What was being sent comes back with the page."""
    visit.log_in()
    visit.page.get_by_label("Your message").fill("A long thought that nobody wants to type again.")
    visit.page.context.clear_cookies(name="csrf")
    visit.page.locator(".composer-form").evaluate("form => form.submit()")
    visit.page.get_by_label("What you wrote").wait_for()


@state
def broken(visit: Visit) -> None:
    visit.log_in()
    visit.site.run(BROKEN.format(person=visit.person))
    visit.go("/conversations/")
    visit.page.get_by_role("heading", name="Something broke").wait_for()


@state
def unavailable(visit: Visit) -> None:
    visit.site = visit.another_site().make_accounts((visit.person, False))
    visit.enter()
    visit.site.run(WITHOUT_TABLE)
    visit.go("/")
    visit.page.get_by_role("heading", name="not available right now").wait_for()


@state
def offline(visit: Visit) -> None:
    visit.go("/offline/")
