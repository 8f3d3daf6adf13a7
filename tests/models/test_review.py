"""Reviews: who may bring one from which state to which, and that somebody else may have been faster."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from conversations import refusals
from conversations.models import Conversation, Review, ReviewNote
from conversations.models.review_note import LONGEST_NOTE

STATES = ("open", "in_review", "resolved", "escalated")
# What becomes of each state (with whom it is then), by who does it: "eve" has what is in review. None: refused.
TAKE = {"open": "in_review", "in_review": None, "resolved": None, "escalated": "in_review"}
CHANGES = {
    ("take", "eve"): TAKE,
    ("take", "bob"): TAKE,
    ("resolve", "eve"): {"open": "resolved", "in_review": "resolved", "resolved": None, "escalated": "resolved"},
    ("resolve", "bob"): {"open": "resolved", "in_review": None, "resolved": None, "escalated": "resolved"},
    ("escalate", "eve"): {"open": "escalated", "in_review": "escalated", "resolved": None, "escalated": None},
    ("escalate", "bob"): {"open": "escalated", "in_review": None, "resolved": None, "escalated": None},
    ("reopen", "eve"): {"open": None, "in_review": None, "resolved": "open", "escalated": None},
    ("reopen", "bob"): {"open": None, "in_review": None, "resolved": "open", "escalated": None},
}


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {name: User.objects.create_user(name) for name in ("eve", "bob")}


@pytest.fixture
def review(people: dict[str, User]) -> Review:
    ada = User.objects.create_user("ada")
    return Review.objects.create(conversation=Conversation.objects.create(owner=ada))


def bring(review: Review, state: str, eve: User) -> Review:
    has_it = eve if state in ("in_review", "resolved") else None
    Review.objects.filter(pk=review.pk).update(state=state, assignee=has_it)
    return row(review)


def row(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)


def said(review: Review) -> list[tuple[object, ...]]:
    return [(note.author, note.kind, note.text, note.assignee) for note in review.notes.all()]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("verb", "by"), CHANGES)
def test_each_change_is_possible_from_some_states_and_leaves_a_note(
    review: Review, people: dict[str, User], verb: str, by: str, state: str
) -> None:
    before = bring(review, state, people["eve"])
    becomes = CHANGES[verb, by][state]

    if becomes is None:
        with pytest.raises(refusals.ReviewChanged):
            getattr(before, verb)(people[by])
        assert (row(review).state, row(review).changed_at, said(review)) == (state, before.changed_at, [])
        return
    getattr(row(review), verb)(people[by])

    after = row(review)
    has_it = people[by] if becomes in ("in_review", "resolved") else None
    assert (after.state, after.assignee) == (becomes, has_it)
    assert after.changed_at > before.changed_at
    assert said(review) == [(people[by], "state_change", becomes, has_it)]


@pytest.mark.parametrize("verb", ["take", "resolve", "escalate"])
def test_of_two_who_do_it_at_once_one_is_told(review: Review, people: dict[str, User], verb: str) -> None:
    one, other = row(review), row(review)

    getattr(one, verb)(people["eve"])

    with pytest.raises(refusals.ReviewChanged):
        getattr(other, verb)(people["bob"])
    assert [note.author for note in review.notes.all()] == [people["eve"]]


def test_a_review_is_given_to_somebody_unless_it_went_elsewhere(review: Review, people: dict[str, User]) -> None:
    seen = row(review)
    row(review).assign(people["eve"], people["bob"])

    with pytest.raises(refusals.ReviewChanged):
        seen.assign(people["eve"], people["eve"])
    row(review).assign(people["bob"], people["eve"])

    assert (row(review).state, row(review).assignee) == ("in_review", people["eve"])
    assert said(review) == [
        (people["eve"], "state_change", "in_review", people["bob"]),
        (people["bob"], "state_change", "in_review", people["eve"]),
    ]
    bring(review, "resolved", people["eve"])
    with pytest.raises(refusals.ReviewChanged):
        row(review).assign(people["bob"], people["bob"])


def test_who_asks_for_a_review_is_noted_the_first_time_and_again(people: dict[str, User]) -> None:
    conversation = Conversation.objects.create(owner=User.objects.create_user("ada"))
    Review.ask(conversation.pk, by=people["eve"])
    review = Review.objects.get()
    opened = (people["eve"], "state_change", "open", None)
    assert said(review) == [opened]

    Review.ask(conversation.pk, by=people["bob"])
    assert said(review) == [opened]
    row(review).resolve(people["eve"])
    Review.ask(conversation.pk, by=people["bob"])

    resolved = (people["eve"], "state_change", "resolved", people["eve"])
    assert said(review) == [opened, resolved, (people["bob"], "state_change", "open", None)]


def test_what_belonged_to_a_deleted_account_can_be_taken_and_its_notes_stay(
    review: Review, people: dict[str, User]
) -> None:
    row(review).take(people["eve"])
    people["eve"].delete()

    row(review).take(people["bob"])

    assert row(review).assignee == people["bob"]
    assert [note.author for note in review.notes.all()] == [None, people["bob"]]


def test_a_note_is_kept_and_changes_nothing_else(review: Review, people: dict[str, User]) -> None:
    ReviewNote.write(review, people["eve"], "é" * LONGEST_NOTE)

    assert said(review) == [(people["eve"], "note", "é" * LONGEST_NOTE, None)]
    assert row(review).state == "open"


@pytest.mark.parametrize("text", ["", " \n", "x" * (LONGEST_NOTE + 1)])
def test_a_blank_note_and_a_long_one_are_refused(review: Review, people: dict[str, User], text: str) -> None:
    with pytest.raises(refusals.Invalid):
        ReviewNote.write(review, people["eve"], text)
    assert said(review) == []


@pytest.mark.parametrize("columns", [{"text": ""}, {"text": "x" * (LONGEST_NOTE + 1)}, {"kind": "rumour"}])
def test_the_database_refuses_notes_that_cannot_be(
    review: Review, people: dict[str, User], columns: dict[str, str]
) -> None:
    ReviewNote.write(review, people["eve"], "x")

    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewNote.objects.update(**columns)


def test_the_database_refuses_reviews_that_cannot_be(review: Review, people: dict[str, User]) -> None:
    for columns in ({"state": "forgotten"}, {"state": "open", "assignee": people["eve"]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(conversation=review.conversation)


def test_the_queue_counts_its_states_and_begins_with_what_waits_longest(people: dict[str, User]) -> None:
    for state in ("resolved", "escalated", "open", "in_review", "open"):
        Review.objects.create(conversation=Conversation.objects.create(owner=people["bob"]), state=state)

    with CaptureQueriesContext(connection) as queries:
        counts = Review.objects.counts()

    assert (counts, len(queries)) == ({"open": 2, "in_review": 1, "resolved": 1, "escalated": 1}, 1)
    assert [each.state for each in Review.objects.waiting()] == ["escalated", "open", "open"]
