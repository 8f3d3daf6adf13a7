"""A new chat, and what stands around it."""

from tests.browser.states.texts import QUESTION
from tests.browser.states.visit import Visit, state


@state
def first_visit(visit: Visit) -> None:
    """With the list of chats, which is empty: the drawer where the page is narrow."""
    visit.enter()
    visit.go("/#sidebar")


@state
def home(visit: Visit) -> None:
    visit.log_in()


@state
def home_written(visit: Visit) -> None:
    visit.log_in()
    visit.page.get_by_label("Your message").fill(QUESTION)


@state
def home_temporary(visit: Visit) -> None:
    visit.log_in()
    visit.page.get_by_label("Temporary chat").check()


@state
def home_with_presets(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()
    visit.go("/")


@state
def home_of_the_demo(visit: Visit) -> None:
    """As an administrator sees it."""
    visit.site = visit.another_site().make_accounts((visit.person, True))
    visit.enter()


@state
def home_of_the_demo_for_others(visit: Visit) -> None:
    visit.site = visit.another_site().make_accounts((visit.person, False))
    visit.enter()


@state
def home_offline(visit: Visit) -> None:
    visit.log_in()
    visit.page.context.set_offline(True)
    visit.page.locator("connection-notice:not([hidden])").wait_for()
    visit.send("Is anybody there?")
    visit.page.get_by_role("alert").wait_for()


@state
def sidebar(visit: Visit) -> None:
    """The drawer where the page is narrow."""
    visit.log_in()
    visit.go("/#sidebar")


@state
def user_menu(visit: Visit) -> None:
    visit.log_in()
    visit.open_user_menu()


@state
def palette(visit: Visit) -> None:
    visit.log_in()
    visit.ask(QUESTION)
    visit.page.keyboard.press("Control+k")
    visit.page.locator(".palette[open] [aria-selected=true]").wait_for()


@state
def palette_without_a_find(visit: Visit) -> None:
    visit.log_in()
    visit.page.keyboard.press("Control+k")
    visit.page.keyboard.type("qwertz")
    visit.page.get_by_text("Nothing fits these words.").wait_for()


@state
def shortcuts(visit: Visit) -> None:
    visit.log_in()
    visit.page.get_by_label("Your message").blur()
    visit.page.keyboard.press("?")
    visit.page.locator(".sheet[open]").wait_for()
