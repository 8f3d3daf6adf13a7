"""A conversation's page around its answers: the menu, editing, the composer, older messages."""

from tests.browser.site import growing
from tests.browser.states.answers import finished, short
from tests.browser.states.visit import Visit, state
from tests.fakes.replies import chunks

LONG = """
from django.contrib.auth.models import User
from conversations.models import Conversation, Message
person = User.objects.get(username={person!r})
conversation = Conversation.objects.create(owner=person, title="A long talk")
message = None
for turn in range(70):
    for role in ("user", "assistant"):
        message = Message.objects.create(
            conversation=conversation, owner=person, parent=message, role=role, text=f"{{role}} {{turn}}", model="fake"
        )
Conversation.objects.filter(pk=conversation.pk).update(leaf=message)
print(conversation.get_absolute_url(), conversation.messages.all()[20].uuid)
"""
REFUSED_MESSAGE = """form => {
  const field = document.createElement("textarea");
  field.name = "message";
  field.value = "And one more thing: what if it rains?";
  form.append(field);
  form.setAttribute("action", location.pathname + "messages/"); // `form.action` is a field
  form.submit();
}"""


@state
def editing(visit: Visit) -> None:
    finished(visit)
    visit.page.locator(".question").last.hover()
    visit.open(".editor summary")


@state
def editing_refused(visit: Visit) -> None:
    editing(visit)
    visit.page.get_by_label("Edited text").fill("é" * 50_001)
    visit.page.locator(".editor").get_by_role("button", name="Send").click()
    visit.page.get_by_role("alert").wait_for()


@state
def edited(visit: Visit) -> None:
    """The message has two versions."""
    editing(visit)
    visit.page.get_by_label("Edited text").fill("Where do I begin?")
    visit.page.locator(".editor").get_by_role("button", name="Send").click()
    visit.page.locator(".answer-actions").wait_for()
    visit.page.locator(".question .siblings").evaluate("versions => versions.scrollIntoView({ block: 'center' })")


@state
def unsent(visit: Visit) -> None:
    """The conversation went on elsewhere."""
    short(visit)
    visit.page.locator("[name=parent]").evaluate("field => { field.value = ''; }")
    visit.send("And then?")
    visit.page.get_by_role("alert").wait_for()


@state
def unsent_while_an_answer_runs(visit: Visit) -> None:
    visit.log_in()
    visit.send("Take long", growing("Slowly", visit.gate()))
    visit.page.locator(".answer-tail", has_text="Slowly").wait_for()
    visit.send("My next thought")
    visit.page.get_by_role("alert").wait_for()


@state
def preview(visit: Visit) -> None:
    short(visit)
    visit.page.get_by_label("Your message").fill("# A plan\n\n1. Look\n2. **Think**\n\n```python\nprint('try')\n```")
    visit.page.get_by_role("button", name="Preview").click()
    visit.page.locator(".composer-looks:not([hidden])").wait_for()


@state
def menu(visit: Visit) -> None:
    short(visit)
    visit.open(".conversation-menu > details > summary")


@state
def menu_rename(visit: Visit) -> None:
    open_fold(visit, "Rename")


@state
def menu_settings(visit: Visit) -> None:
    open_fold(visit, "Settings")


@state
def menu_settings_refused(visit: Visit) -> None:
    open_fold(visit, "Settings")
    visit.page.get_by_label("Temperature").fill("warm")
    visit.page.get_by_role("button", name="Save", exact=True).click()
    visit.page.locator(".errorlist").wait_for()


@state
def menu_rename_refused(visit: Visit) -> None:
    open_fold(visit, "Rename")
    visit.page.get_by_label("Title").evaluate("field => { field.maxLength = 3000; }")
    visit.page.get_by_label("Title").fill("x" * 2_001)
    visit.page.get_by_role("button", name="Rename").click()
    visit.page.locator(".errorlist").wait_for()


@state
def menu_presets(visit: Visit) -> None:
    open_fold(visit, "Presets")


@state
def menu_tags(visit: Visit) -> None:
    short(visit)
    for name in ("Work", "A trip to Köln"):
        visit.open_fold("Tags")
        visit.page.get_by_label("New tag").fill(name)
        visit.page.get_by_role("button", name="Tag", exact=True).click()
        visit.page.locator(".notice-undo").wait_for()
    visit.open_fold("Tags")


@state
def in_the_bin(visit: Visit) -> None:
    short(visit)
    place = visit.page.url
    visit.press_in_menu("Move to the bin")
    visit.page.goto(place)
    visit.page.locator(".standing").wait_for()


@state
def in_the_bin_with_a_refused_message(visit: Visit) -> None:
    """Another tab has put it there: without script, the page comes back with what was sent."""
    in_the_bin(visit)
    visit.page.locator(".standing").evaluate(REFUSED_MESSAGE)
    visit.page.get_by_role("alert").wait_for()


@state
def archived_chat(visit: Visit) -> None:
    short(visit)
    visit.press_in_menu("Archive")
    visit.page.locator(".standing").wait_for()


@state
def temporary_chat(visit: Visit) -> None:
    visit.log_in()
    visit.page.get_by_label("Temporary chat").check()
    visit.ask("What would you get somebody who has everything?", chunks("Time: a day out, cooked for."))


@state
def temporary_chat_menu(visit: Visit) -> None:
    temporary_chat(visit)
    visit.open(".conversation-menu > details > summary")


@state
def deleting_for_good(visit: Visit) -> None:
    in_the_bin(visit)
    visit.page.get_by_role("button", name="Delete for good").click()
    visit.page.get_by_role("heading", name="Delete for good?").wait_for()


@state
def undo(visit: Visit) -> None:
    """What was done is told, with the way back."""
    short(visit)
    visit.press_in_menu("Pin")
    visit.page.locator(".notice-undo").wait_for()


@state
def older_messages(visit: Visit) -> None:
    """In the middle of a long one: there are older ones and newer ones."""
    visit.log_in()
    place, message = visit.site.run(LONG.format(person=visit.person)).split()
    visit.go(f"{place}?at={message}")
    visit.page.locator(".transcript-newer").wait_for()


@state
def focus(visit: Visit) -> None:
    """What has the focus is seen to have it."""
    finished(visit)
    visit.page.get_by_role("button", name="Answer again").focus()
    visit.page.keyboard.press("Shift+Tab")


def open_fold(visit: Visit, name: str) -> None:
    menu(visit)
    visit.page.locator(".conversation-menu .fold > summary", has_text=name).click()
