"""Review work in Django admin: from a flag to "resolved"."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, Feedback, Flag, Message, ReadRecord, Review, ReviewNote
from tests.admin.conftest import METADATA, SECRET

WHY = {"action": "open", "category": "report", "reason": "flagged"}
REVIEWER = (*METADATA, "view_text", "change_review")
LIST = "/admin/conversations/conversation/"


@pytest.fixture
def flagged(conversation: Conversation) -> Conversation:
    answer = conversation.messages.answers().get()
    Flag.report(answer, f"this is wrong {SECRET}")
    return conversation


@pytest.fixture
def reviewer(staff: Callable[..., Client]) -> Client:
    return staff(*REVIEWER, name="rita")


@pytest.fixture
def place(flagged: Conversation, reviewer: Client) -> str:
    """The transcript, for which the reviewer has given a reason."""
    place = reverse("admin:conversations_conversation_transcript", args=[flagged.uuid])
    reviewer.post(place, WHY)
    return place


def do(client: Client, place: str, action: str, **fields: object) -> int:
    return client.post(place, {"action": action, **fields}).status_code


def state() -> tuple[str, str | None]:
    review = Review.objects.get()
    return review.state, review.assignee and review.assignee.get_username()


def test_a_review_goes_from_the_flag_to_its_end(reviewer: Client, place: str) -> None:
    page = reviewer.get(place).content.decode()
    states = [state()]
    for action in ("take", "escalate", "take", "resolve", "reopen"):
        assert do(reviewer, place, action) == 303
        states.append(state())

    assert "Flagged by the person" in page
    assert f"this is wrong {SECRET}" in page
    assert states == [
        ("open", None), ("in_review", "rita"), ("escalated", None), ("in_review", "rita"), ("resolved", "rita"),
        ("open", None),
    ]  # fmt: skip


def test_what_was_done_is_noted_with_who_did_it(reviewer: Client, place: str) -> None:
    do(reviewer, place, "take")
    do(reviewer, place, "note", text="<b>looks</b> harmless")

    page = reviewer.get(place).content.decode()

    assert "&lt;b&gt;looks&lt;/b&gt; harmless" in page
    assert "→ in review (rita)" in page
    assert ReviewNote.objects.filter(author__username="rita").count() == 2


@pytest.mark.parametrize("text", [" ", "x" * 4001])
def test_a_note_that_cannot_be_comes_back_with_its_text(reviewer: Client, place: str, text: str) -> None:
    before = ReviewNote.objects.count()

    reply = reviewer.post(place, {"action": "note", "text": text})

    assert (reply.status_code, ReviewNote.objects.count()) == (409, before)
    assert f"{text}</textarea>" in reply.content.decode()


def test_a_slower_reviewer_is_told(reviewer: Client, place: str, staff: Callable[..., Client]) -> None:
    slower = staff(*REVIEWER, name="rob")
    slower.post(place, WHY)
    do(reviewer, place, "take")

    reply = slower.post(place, {"action": "take"})

    assert reply.status_code == 409
    assert "Somebody else has changed this review" in reply.content.decode()
    assert state() == ("in_review", "rita")


def test_a_review_is_assigned_to_who_may_review(reviewer: Client, place: str, staff: Callable[..., Client]) -> None:
    staff(*REVIEWER, name="rob")
    staff(*METADATA, "view_text", name="olga")
    User.objects.create_superuser("root")
    User.objects.filter(username="ada").update(is_active=False)

    offered = [person.get_username() for person in reviewer.get(place).context["panel"].reviewers]
    done = do(reviewer, place, "assign", to=User.objects.get(username="rob").pk)

    assert offered == ["rita", "rob", "root"]
    assert (done, state()) == (303, ("in_review", "rob"))


@pytest.mark.parametrize("to", ["", "0", "x", "²", "9" * 5000])
def test_nobody_else_is_assigned(reviewer: Client, place: str, to: str) -> None:
    assert do(reviewer, place, "assign", to=to) == 409
    assert state() == ("open", None)


def test_what_another_has_taken_meanwhile_is_not_given_away(
    reviewer: Client, place: str, staff: Callable[..., Client]
) -> None:
    faster = staff(*REVIEWER, name="rob")
    faster.post(place, WHY)
    do(faster, place, "take")

    assert do(reviewer, place, "assign", to=User.objects.get(username="rita").pk, seen="") == 409
    assert state() == ("in_review", "rob")
    page = reviewer.get(place)
    assert [name for name, _label in page.context["panel"].buttons] == []
    assert "It is rob’s" in page.content.decode()
    rob = User.objects.get(username="rob").pk
    assert do(reviewer, place, "assign", to=User.objects.get(username="rita").pk, seen=rob) == 303
    assert do(reviewer, place, "resolve") == 303


def test_the_owner_is_no_reviewer(reviewer: Client, place: str) -> None:
    assert do(reviewer, place, "assign", to=User.objects.get(username="ada").pk) == 409


@pytest.mark.parametrize("action", ["ask", "take", "resolve", "escalate", "reopen", "assign", "note"])
def test_reading_alone_changes_nothing(staff: Callable[..., Client], place: str, action: str) -> None:
    reader = staff(*METADATA, "view_text", name="olga")
    reader.post(place, WHY)

    assert do(reader, place, action, text="x", to="1") == 403
    assert state() == ("open", None)
    assert 'value="take"' not in reader.get(place).content.decode()


@pytest.mark.parametrize("action", ["ask", "take", "resolve", "escalate", "reopen", "assign", "note"])
def test_nothing_is_done_without_a_reason_to_read(staff: Callable[..., Client], place: str, action: str) -> None:
    hasty = staff(*REVIEWER, name="rob")

    assert do(hasty, place, action, text="x", to="1") == 403
    assert (state(), ReadRecord.objects.count()) == (("open", None), 0)


def test_a_conversation_that_nobody_flagged_is_reviewed_too(
    reviewer: Client, place: str, flagged: Conversation
) -> None:
    other = Conversation.begin(flagged.owner, text="other", model="m").conversation
    place = reverse("admin:conversations_conversation_transcript", args=[other.uuid])
    reviewer.post(place, WHY)

    tried = do(reviewer, place, "take")
    asked = do(reviewer, place, "ask")
    again = do(reviewer, place, "ask")

    assert (tried, asked, again) == (409, 303, 409)
    assert [note.author.get_username() for note in ReviewNote.objects.filter(review__conversation=other)] == ["rita"]
    assert Review.objects.get(conversation=other).state == "open"


def test_the_queue_has_counts_and_leads_from_one_to_the_next(
    reviewer: Client, place: str, flagged: Conversation
) -> None:
    waiting = []
    for _ in range(2):
        answer = Conversation.begin(flagged.owner, text="other", model="m")
        Message.objects.filter(pk=answer.pk).update(status="complete", text="x")
        answer.refresh_from_db()
        Flag.report(answer, "wrong")
        waiting.append(answer.conversation.uuid)
    queue = f"{place}?_changelist_filters=review%3Dopen"

    listed = reviewer.get(f"{LIST}?review=open").content.decode()
    middle = reverse("admin:conversations_conversation_transcript", args=[waiting[0]])
    reviewer.post(middle, WHY)
    before = reviewer.get(queue.replace(place, middle)).context["neighbours"]
    do(reviewer, middle, "resolve")
    page = reviewer.get(queue.replace(place, middle))

    assert "open (3)" in listed
    assert before == page.context["neighbours"] == (waiting[1], flagged.uuid)
    assert f"{waiting[1]}/transcript/?_changelist_filters=review%3Dopen" in page.content.decode()
    assert "open (2)" in reviewer.get(LIST).content.decode()


def test_ones_own_reviews_are_listed(reviewer: Client, place: str, flagged: Conversation) -> None:
    before = reviewer.get(f"{LIST}?review=mine").context["cl"].result_count
    do(reviewer, place, "take")

    assert (before, reviewer.get(f"{LIST}?review=mine").context["cl"].result_count) == (0, 1)


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("review=open", True), ("review=resolved", False), ("flag=person", True), ("flag=words", False),
        ("feedback=down", True), ("feedback=up", False), ("state=failed", True), ("state=stopped", False),
        ("review=nonsense", False), ("flag=%00", False), ("group=x", False),
    ],
)  # fmt: skip
def test_conversations_are_found_by_what_was_said_of_them(
    reviewer: Client, flagged: Conversation, query: str, is_found: bool
) -> None:
    answer = flagged.messages.answers().get()
    Feedback.give(answer, verdict="down", reason=SECRET)

    page = reviewer.get(f"{LIST}?{query}")

    assert (page.status_code, page.context["cl"].result_count) == (200, int(is_found))
    assert SECRET not in page.content.decode()


def test_thumbs_and_reports_stand_at_the_answer(reviewer: Client, place: str, flagged: Conversation) -> None:
    Feedback.give(flagged.messages.answers().get(), verdict="down", reason="<i>no</i>")

    page = reviewer.get(place).content.decode()

    assert "The owner finds it bad" in page
    assert "&lt;i&gt;no&lt;/i&gt;" in page
    assert "Reported by the owner" in page


def test_a_deleted_owner_takes_the_review_along_and_leaves_the_record(reviewer: Client, place: str) -> None:
    reviewer.get(place)
    User.objects.get(username="ada").delete()

    assert (Review.objects.count(), Flag.objects.count(), Conversation.objects.count()) == (0, 0, 0)
    assert (ReadRecord.objects.count(), ReadRecord.verify().findings) == (1, [])
    assert reviewer.get(place).status_code == 404
