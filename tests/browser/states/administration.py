"""Our pages in Django admin."""

from urllib.parse import urlsplit

from tests.browser.states.answers import finished
from tests.browser.states.visit import Visit, state


@state
def admin(visit: Visit) -> None:
    visit.log_in_as_admin()
    visit.go("/admin/")


@state
def admin_chats(visit: Visit) -> None:
    visit.log_in()
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/")


@state
def admin_transcript(visit: Visit) -> None:
    finished(visit)
    address = urlsplit(visit.page.url).path
    visit.log_in_as_admin()
    visit.go(address.replace("/conversations/", "/admin/conversations/conversation/") + "transcript/")


@state
def admin_chat(visit: Visit) -> None:
    admin_transcript(visit)
    visit.page.locator(".breadcrumbs a").last.click()
    visit.page.locator(".field-uuid").wait_for()


@state
def admin_message(visit: Visit) -> None:
    admin_transcript(visit)
    visit.page.get_by_role("link", name="Details").last.click()
    visit.page.locator(".field-uuid").wait_for()


@state
def admin_presets(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()
    visit.log_in_as_admin()
    visit.go("/admin/conversations/preset/")
