"""Pages that list something: chats, presets, and what a model saw."""

from tests.browser.states.answers import finished
from tests.browser.states.visit import Visit, state
from tests.fakes.replies import chunks

MANY = """
from django.contrib.auth.models import User
from conversations.models import Conversation
person = User.objects.get(username={person!r})
for number in range(65):
    Conversation.objects.create(owner=person, title=f"Talk {{number}}")
"""

IMPORTING = """
from django.contrib.auth.models import User
from conversations.models import Import, Outcome
begun = Import.begin(User.objects.get(username={person!r}), name="conversations.json")
"""
IMPORTED = (
    IMPORTING
    + """
begun.arrived()
for position, (outcome, code) in enumerate([("made", ""), ("different", "different"), ("refused", "not_a_tree")]):
    begun.note(position, Outcome(outcome), place="[1]", title="Plans", code=code)
begun.end()
"""
)


@state
def chats(visit: Visit) -> None:
    visit.log_in()
    visit.go("/conversations/")


@state
def chats_found(visit: Visit) -> None:
    visit.log_in()
    visit.go("/conversations/?q=three")


@state
def no_chats_found(visit: Visit) -> None:
    visit.log_in()
    visit.go("/conversations/?q=qwertz")


@state
def no_chats(visit: Visit) -> None:
    visit.enter()
    visit.go("/conversations/")


@state
def older_chats(visit: Visit) -> None:
    visit.enter()
    visit.site.run(MANY.format(person=visit.person))
    visit.go("/conversations/")
    visit.page.get_by_role("main").get_by_role("link", name="Older").click()


@state
def presets(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()
    visit.go("/presets/")


@state
def no_presets(visit: Visit) -> None:
    visit.enter()
    visit.go("/presets/")


@state
def presets_for_a_chat(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()
    visit.open_fold("Presets")
    visit.page.get_by_role("link", name="Use a preset").click()
    visit.page.get_by_role("link", name="Back to the chat").wait_for()


@state
def preset_saved(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()


@state
def preset_rename(visit: Visit) -> None:
    presets(visit)
    visit.open(".preset:first-child .menu > summary", ".preset:first-child .fold > summary:has-text('Rename')")


@state
def preset_delete(visit: Visit) -> None:
    presets(visit)
    visit.open(".preset:first-child .menu > summary", ".preset:first-child .fold > summary:has-text('Delete')")


@state
def preset_refused(visit: Visit) -> None:
    """Two presets cannot have one name."""
    preset_rename(visit)
    visit.page.get_by_label("Name").first.fill("Ideas")
    visit.page.get_by_role("button", name="Rename").first.click()
    visit.page.locator(".errorlist").wait_for()


@state
def export(visit: Visit) -> None:
    visit.log_in()
    visit.go("/export/")


@state
def export_of_a_chat(visit: Visit) -> None:
    visit.log_in()
    visit.ask("Say hello", chunks("Hello. What shall we look at?"))
    visit.open_fold("Export")


@state
def imports(visit: Visit) -> None:
    visit.log_in()
    visit.site.run(IMPORTED.format(person=visit.person))
    visit.go("/imports/")
    visit.page.locator(".import-report > summary").click()


@state
def import_refused(visit: Visit) -> None:
    visit.log_in()
    visit.go("/imports/")
    visit.page.locator("form.form").evaluate("form => { form.noValidate = true; }")
    visit.page.get_by_role("button", name="Import chats").click()
    visit.page.locator(".errorlist").wait_for()


@state
def import_in_progress(visit: Visit) -> None:
    visit.log_in()
    visit.site.run(IMPORTING.format(person=visit.person))
    visit.go("/imports/")


@state
def sent_page(visit: Visit) -> None:
    finished(visit)
    visit.go(str(visit.page.locator("chat-answer").get_attribute("data-url")) + "sent/")
