"""Pages that list something: chats, presets, and what a model saw."""

from tests.browser.states.answers import finished
from tests.browser.states.visit import Visit, state
from tests.fakes.replies import chunks

MANY = """
from django.contrib.auth.models import User
from conversations.models import Conversation
from conversations.models.conversation import titled
person = User.objects.get(username={person!r})
for number in range(65):
    Conversation.objects.create(owner=person, **titled(f"Talk {{number}}"))
"""

IMPORTING = """
from django.contrib.auth.models import User
from conversations.models import Import, Outcome
begun = Import.begin(User.objects.get(username={person!r}), name="conversations.json", size=12_000_000)
"""
READ = """
Import.objects.filter(pk=begun.pk).update(made=7, read=5_000_000)
"""
ENDED = (
    IMPORTING
    + READ
    + """
begun.stop()
begun = Import.begin(begun.owner, name="photo.zip", size=5_000_000)
begun.arrived()
begun.note(0, Outcome.REFUSED, code="not_a_zip")
begun.end()
"""
)
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
def a_filter_that_is_none(visit: Visit) -> None:
    visit.log_in()
    visit.go("/conversations/?q=three+before:yesterday+is:blue")


@state
def how_to_search(visit: Visit) -> None:
    chats_found(visit)
    visit.open(".found-help > summary")


@state
def found_on_another_branch(visit: Visit) -> None:
    finished(visit)
    first = str(visit.page.locator("chat-answer").get_attribute("data-url")).split("/")[2]
    visit.page.get_by_role("button", name="Answer again").first.click()
    visit.page.get_by_text("2/2").wait_for()
    visit.page.goto(f"{visit.page.url}?at={first}#message-{first}")
    visit.page.get_by_text("You see another version").wait_for()


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
def chats_chosen(visit: Visit) -> None:
    chats(visit)
    for box in visit.page.get_by_role("checkbox").all()[1:4]:
        box.check()
    visit.page.get_by_role("button", name="Move to the bin").wait_for()


@state
def chats_chosen_in_german(visit: Visit) -> None:
    """Of which one is pinned."""
    pinned_chats(visit)
    visit.page.context.set_extra_http_headers({"Accept-Language": "de"})
    visit.go("/conversations/")
    for box in visit.page.locator("[name=id]").all()[2:5]:
        box.check()


@state
def tagging_chats(visit: Visit) -> None:
    chats_chosen(visit)
    visit.open(".picking-tag > summary")
    visit.page.locator(".picking-tag").get_by_label("Tag").fill("Work")


@state
def tagged_chats(visit: Visit) -> None:
    """Those of one tag."""
    tagging_chats(visit)
    visit.page.get_by_role("button", name="Tag", exact=True).click()
    visit.page.get_by_role("link", name="Work", exact=True).click()
    visit.page.locator(".tag[aria-current]").wait_for()


@state
def chats_binned(visit: Visit) -> None:
    """Several at once: the notice has the way back."""
    chats_chosen(visit)
    visit.page.get_by_role("button", name="Move to the bin").click()
    visit.page.locator(".notice-undo").wait_for()


@state
def nothing_chosen(visit: Visit) -> None:
    chats(visit)
    visit.page.locator(".picking").evaluate("form => form.requestSubmit(form.querySelector('[value=bin]'))")
    visit.page.get_by_role("alert").wait_for()


@state
def bin_of_chats(visit: Visit) -> None:
    chats_binned(visit)
    visit.go("/conversations/?in=bin")


@state
def emptying_the_bin(visit: Visit) -> None:
    bin_of_chats(visit)
    visit.page.get_by_role("button", name="Empty the bin").click()
    visit.page.get_by_role("heading", name="Empty the bin?").wait_for()


@state
def no_archive(visit: Visit) -> None:
    visit.enter()
    visit.go("/conversations/?in=archive")


@state
def pinned_chats(visit: Visit) -> None:
    """The drawer where the page is narrow."""
    chats_chosen(visit)
    visit.page.get_by_role("button", name="Pin", exact=True).click()
    visit.page.locator(".sidebar-pinned").wait_for(state="attached")
    visit.go("/conversations/#sidebar")


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
def imports_that_ended(visit: Visit) -> None:
    visit.log_in()
    visit.site.run(ENDED.format(person=visit.person))
    visit.go("/imports/")


@state
def import_in_progress(visit: Visit) -> None:
    visit.log_in()
    visit.site.run((IMPORTING + READ).format(person=visit.person))
    visit.go("/imports/")


@state
def sent_page(visit: Visit) -> None:
    finished(visit)
    visit.go(str(visit.page.locator("chat-answer").get_attribute("data-url")) + "sent/")
