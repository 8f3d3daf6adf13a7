"""Our pages in Django admin."""

from urllib.parse import urlsplit

from tests.browser.states.answers import finished
from tests.browser.states.visit import Visit, state

FLAGGED = """
from conversations.models import Feedback, Flag, Message
for answer in Message.objects.filter(owner__username={person!r}, role="assistant", status="complete"):
    Feedback.give(answer, verdict="down", reason="The numbers cannot be right.")
    Flag.report(answer, "It invents files that are not there.")
"""
HISTORY = """
import random
from datetime import timedelta
from django.utils import timezone
from conversations.models import Message
chance, now = random.Random(1), timezone.now()
for answer in Message.objects.filter(role="assistant", status="complete"):
    ago = now - timedelta(days=chance.randrange(30))
    Message.objects.filter(conversation=answer.conversation_id).update(created_at=ago)
    Message.objects.filter(pk=answer.pk).update(
        status=chance.choice(["complete"] * 8 + ["stopped", "failed"]), model=chance.choice(["qwen3-32b", "gpt-5"]),
        usage={"prompt_tokens": chance.randrange(900), "completion_tokens": 400}, first_delta_ms=chance.randrange(999),
    )
"""


@state
def admin_dashboard(visit: Visit) -> None:
    """With the site in numbers, one of them as a table."""
    visit.log_in()
    visit.site.run(HISTORY)
    visit.log_in_as_admin()
    visit.go("/admin/")
    visit.page.locator("#chart-tokens summary").click()
    visit.page.evaluate("window.scrollTo(0, 0)")


@state
def admin_chats(visit: Visit) -> None:
    visit.log_in()
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/")


@state
def admin_reason(visit: Visit) -> None:
    """Before a conversation is read."""
    finished(visit)
    address = urlsplit(visit.page.url).path
    visit.log_in_as_admin()
    visit.go(address.replace("/conversations/", "/admin/conversations/conversation/") + "transcript/")


@state
def admin_reason_refused(visit: Visit) -> None:
    admin_reason(visit)
    visit.page.get_by_role("button", name="Read").evaluate("button => { button.form.noValidate = true; }")
    visit.page.get_by_role("button", name="Read").click()
    visit.page.locator(".errorlist").first.wait_for()


@state
def admin_transcript(visit: Visit) -> None:
    admin_reason(visit)
    say_why(visit, "Read")
    visit.page.locator(".transcript").wait_for()


@state
def admin_review(visit: Visit) -> None:
    """Of an answer that its owner has reported, in the middle of the work."""
    finished(visit)
    visit.site.run(FLAGGED.format(person=visit.person))
    address = urlsplit(visit.page.url).path
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/?review=open")
    visit.go(address.replace("/conversations/", "/admin/conversations/conversation/") + "transcript/")
    say_why(visit, "Read")
    visit.page.get_by_role("button", name="Take it").click()
    visit.page.locator("summary", has_text="note").click()
    visit.page.get_by_label("Note", exact=True).fill("The numbers are made up. I wrote to the person.")
    visit.page.get_by_role("button", name="Add the note").click()
    visit.page.locator("summary", has_text="3 notes").click()


@state
def admin_queue(visit: Visit) -> None:
    visit.log_in()
    visit.site.run(FLAGGED.format(person=visit.person))
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/?review=open")


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
def admin_search_in_texts(visit: Visit) -> None:
    visit.log_in_as_admin()
    visit.go("/admin/conversations/conversation/search/")


@state
def admin_search_found(visit: Visit) -> None:
    visit.log_in()
    admin_search_in_texts(visit)
    visit.page.get_by_label("Words").fill("bakery")
    say_why(visit, "Search")
    visit.page.locator(".why-found").wait_for()


@state
def admin_read_records(visit: Visit) -> None:
    admin_transcript(visit)
    visit.go("/admin/conversations/readrecord/")


@state
def admin_site_settings(visit: Visit) -> None:
    visit.log_in_as_admin()
    visit.go("/admin/conversations/sitesetting/review_notice_days/change/")


@state
def admin_legal_hold(visit: Visit) -> None:
    """Before it is released."""
    visit.log_in()
    visit.log_in_as_admin()
    visit.go("/admin/conversations/legalhold/add/")
    visit.page.get_by_label("Person").fill(visit.person)
    say_why(visit, "Place the hold")
    visit.page.locator(".messagelist a").click()
    visit.page.get_by_role("button", name="Release the hold").wait_for()


@state
def admin_legal_holds(visit: Visit) -> None:
    admin_legal_hold(visit)
    visit.go("/admin/conversations/legalhold/")


@state
def admin_legal_hold_refused(visit: Visit) -> None:
    visit.log_in_as_admin()
    visit.go("/admin/conversations/legalhold/add/")
    visit.page.get_by_label("Person").fill("nobody of this name")
    say_why(visit, "Place the hold")
    visit.page.locator(".errorlist").first.wait_for()


OLD = """
from datetime import timedelta
from django.contrib.auth.models import Group, User
from django.utils import timezone
from conversations.models import Conversation, RetentionRule
person, now = User.objects.get(username={person!r}), timezone.now()
RetentionRule.objects.update_or_create(person=person, defaults={{"scope": "person", "days": 90}})
group, _ = Group.objects.get_or_create(name="Trainees")
person.groups.add(group)
RetentionRule.objects.get_or_create(group=group, defaults={{"scope": "group", "days": 120}})
for days in range(100, 130, 6):
    Conversation.objects.create(owner=person, touched_at=now - timedelta(days=days))
"""


@state
def admin_retention_rules(visit: Visit) -> None:
    visit.enter()
    visit.site.run(OLD.format(person=visit.person))
    visit.log_in_as_admin()
    visit.go("/admin/conversations/retentionrule/")


@state
def admin_retention_preview(visit: Visit) -> None:
    admin_retention_rules(visit)
    visit.page.get_by_role("link", name="What would go").click()
    visit.page.locator(".why-found").first.wait_for()


@state
def admin_retention_asks_again(visit: Visit) -> None:
    """Before a rule is saved by which chats go."""
    admin_retention_rules(visit)
    visit.page.get_by_role("link", name=visit.person).click()
    visit.page.get_by_label("Delete after days").fill("80")
    say_why(visit, "Save")
    visit.page.locator(".errorlist").first.wait_for()


@state
def chats_that_are_kept_for_a_time(visit: Visit) -> None:
    """What their owner is told."""
    visit.log_in()
    visit.site.run(OLD.format(person=visit.person))
    visit.go("/conversations/")


@state
def read_by_an_administrator(visit: Visit) -> None:
    """What the owner sees afterwards."""
    finished(visit)
    address = urlsplit(visit.page.url).path
    visit.log_in_as_admin()
    visit.go(address.replace("/conversations/", "/admin/conversations/conversation/") + "transcript/")
    say_why(visit, "Read")
    visit.page.locator(".transcript").wait_for()
    visit.enter()
    visit.go(address)
    visit.page.locator(".readings > summary").click()


@state
def admin_presets(visit: Visit) -> None:
    visit.log_in()
    visit.save_presets()
    visit.log_in_as_admin()
    visit.go("/admin/conversations/preset/")


def say_why(visit: Visit, button: str) -> None:
    visit.page.get_by_label("Kind of reason").select_option("report")
    visit.page.locator("#id_reason").fill("A colleague reported an answer here.")
    visit.page.get_by_role("button", name=button, exact=True).last.click()
