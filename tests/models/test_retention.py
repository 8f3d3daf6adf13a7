"""What goes by the rules of retention: the shortest that applies wins, a hold beats all, what is told is what goes."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conversations import refusals
from conversations.models import (
    Category,
    Conversation,
    Feedback,
    Flag,
    LegalHold,
    Message,
    ReadRecord,
    Reason,
    RetentionRule,
    Review,
    ReviewNote,
    Scope,
    retention,
    retention_rule,
)
from conversations.models.retention_rule import days_for
from tests.patience import PATIENCE

WHY = Reason(category=Category.LEGAL, text="by our rules")
NOW = datetime.fromisoformat("2026-03-29T01:30:00Z")  # clocks in Europe are put forward while this is 90 days ago
DAY, MOMENT = timedelta(days=1), timedelta(milliseconds=1)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_user("root")


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def staff(ada: User) -> Group:
    """A group in which Ada is."""
    group = Group.objects.create(name="Staff")
    ada.groups.add(group)
    return group


def last_touched(owner: User, at: datetime) -> Conversation:
    answer = Conversation.begin(owner, text="Hi", model="m")
    Message.objects.filter(pk=answer.pk).update(status="complete", lease_until=None)
    Conversation.objects.filter(pk=answer.conversation_id).update(touched_at=at)
    return Conversation.objects.get(pk=answer.conversation_id)


def rule(days: int | None, **target: Any) -> RetentionRule:
    scope = Scope.GROUP if "group" in target else Scope.PERSON if "person" in target else Scope.SITE
    return RetentionRule.objects.create(scope=scope, days=days, **target)


def expired(now: datetime = NOW) -> set[Conversation]:
    return set(Conversation.objects.expired(now))


@pytest.mark.parametrize("days", [1, 90, 3_650])
def test_conversation_goes_when_its_days_are_over_and_not_a_moment_before(ada: User, days: int):
    rule(days)
    over, not_yet = [last_touched(ada, NOW - days * DAY + wait) for wait in (timedelta(0), MOMENT)]

    assert expired() == {over}
    assert not_yet in Conversation.objects.all()


def test_without_a_rule_nothing_goes(ada: User):
    last_touched(ada, NOW - 10_000 * DAY)

    assert expired() == set()
    assert retention.by_rule(NOW) == []


def test_rules_are_for_those_whom_they_name(ada: User, root: User, staff: Group):
    cy = User.objects.create_user("cy")
    old = {person: last_touched(person, NOW - 50 * DAY) for person in (ada, root, cy)}
    rule(30, group=staff)
    rule(40, person=cy)

    assert expired() == {old[ada], old[cy]}
    assert [days_for(person) for person in (ada, root, cy)] == [30, None, 40]


@pytest.mark.parametrize(("environment", "row", "days"), [(0, None, None), (90, None, 90), (0, 30, 30), (90, 30, 30)])
def test_environment_comes_first_and_a_row_shortens_it(
    ada: User, settings: Any, environment: int, row: int | None, days: int | None
):
    settings.CHAT_RETENTION_DAYS = environment
    if row:
        rule(row)

    assert days_for(ada) == days


def test_row_that_is_longer_than_the_environment_is_refused_and_changes_nothing(ada: User, root: User, settings: Any):
    settings.CHAT_RETENTION_DAYS = 90

    with pytest.raises(refusals.TooWide, match="at most 90"):
        RetentionRule(scope=Scope.SITE).change(91, by=root, reason=WHY)
    rule(91)

    assert days_for(ada) == 90


def test_where_an_answer_runs_nothing_goes(ada: User):
    rule(1)
    answer = Conversation.begin(ada, text="Hi", model="m")
    Conversation.objects.update(touched_at=NOW - 9 * DAY)

    assert expired() == set()
    assert not answer.conversation.expire(NOW)


def test_those_in_the_bin_and_elsewhere_go_as_well(ada: User):
    rule(1)
    last_touched(ada, NOW - 9 * DAY)
    Conversation.objects.update(binned_at=NOW, archived_at=NOW, pinned_at=NOW, is_temporary=True)

    assert len(expired()) == 1


GROUPS, PEOPLE = ("one", "two"), ("ada", "bob", "cy")
DAYS = st.integers(1, 6)
WORLDS = st.fixed_dictionaries(
    {
        "environment": st.integers(0, 6),
        "site": st.none() | DAYS,
        "groups": st.dictionaries(st.sampled_from(GROUPS), DAYS),
        "people": st.dictionaries(st.sampled_from(PEOPLE), DAYS),
        "members": st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(GROUPS))),
        "chats": st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 7), st.booleans()), max_size=6),
        "held": st.sets(st.sampled_from(PEOPLE), max_size=1),
    }
)


def shortest(world: dict[str, Any], person: str) -> int | None:
    """The rule for this person, in a few words."""
    days = [world["environment"] or None, world["site"], world["people"].get(person)]
    days += [world["groups"].get(group) for member, group in world["members"] if member == person]
    return min((each for each in days if each), default=None)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLDS)
def test_shortest_rule_wins_and_a_hold_beats_all(db: None, settings: Any, world: dict[str, Any]):
    with transaction.atomic():
        settings.CHAT_RETENTION_DAYS = world["environment"]
        people = {name: User.objects.create(username=name) for name in PEOPLE}
        groups = {name: Group.objects.create(name=name) for name in GROUPS}
        for person, group in world["members"]:
            people[person].groups.add(groups[group])
        targets = [*((days, {"group": groups[name]}) for name, days in world["groups"].items())]
        targets += [(days, {"person": people[name]}) for name, days in world["people"].items()]
        targets += [(world["site"], {})] if world["site"] else []
        for days, target in targets:
            rule(days, **target)
        for name in world["held"]:
            LegalHold.objects.create(person=people[name], subject=name)
        chats = [
            Conversation.objects.create(owner=people[name], touched_at=NOW - age * DAY)
            for name, age, _ in world["chats"]
        ]
        for chat, (_, _, is_held) in zip(chats, world["chats"], strict=True):
            if is_held:
                LegalHold.objects.create(conversation=chat, subject=str(chat))

        due = {
            chat: days
            for chat, (name, age, is_held) in zip(chats, world["chats"], strict=True)
            if (days := shortest(world, name)) and age >= days and not is_held and name not in world["held"]
        }

        assert expired() == set(due)
        counted = {}
        for each in retention.by_rule(NOW):
            counted[each.rule.days] = counted.get(each.rule.days, 0) + each.count
        assert counted == {days: list(due.values()).count(days) for days in due.values()}
        assert {name: days_for(person) for name, person in people.items()} == {n: shortest(world, n) for n in PEOPLE}
        transaction.set_rollback(True)


def test_everything_of_a_conversation_goes(ada: User):
    rule(1)
    conversation = last_touched(ada, NOW - 9 * DAY)
    answer = conversation.messages.answers().get()
    Feedback.give(answer, verdict="down", reason="Hm")
    Flag.report(answer, "Hm")
    ReviewNote.write(Review.objects.get(), ada, "Hm")

    gone = retention.remove_expired()

    owned: list[type[models.Model]] = [Conversation, Message, Feedback, Flag, Review, ReviewNote]
    assert (gone, [model._default_manager.count() for model in owned]) == (1, [0] * 6)
    assert ReadRecord.verify().findings == []


def test_what_is_told_is_what_goes_oldest_first_and_in_batches(ada: User, root: User, staff: Group):
    rule(30)
    rule(10, group=staff)
    now = timezone.now()
    ages = {ada: (5, 11, 40), root: (11, 31, 50)}
    for person, days in ages.items():
        for age in days:
            last_touched(person, now - age * DAY)
    told = [(str(each.rule), each.rule.days, each.count, (now - each.oldest).days) for each in retention.by_rule(now)]
    listed = [conversation.pk for conversation in retention.oldest_first(now)]
    left = []

    while retention.remove_expired(most=2):
        left.append(sorted((now - at).days for at in Conversation.objects.values_list("touched_at", flat=True)))

    assert told == [("Group Staff", 10, 2, 40), ("The whole site", 30, 2, 50)]
    assert left == [[5, 11, 11, 31], [5, 11]]
    assert len(listed) == 4
    assert not Conversation.objects.filter(pk__in=listed).exists()


@pytest.mark.parametrize("what", ["touched", "held", "running", "gone"])
def test_what_changes_before_the_run_comes_to_it_stays(ada: User, root: User, what: str):
    rule(30)
    conversation = last_touched(ada, NOW - 31 * DAY)
    (due,) = expired()
    if what == "touched":
        conversation.send("More", parent=conversation.messages.answers().get(), model="m")
        Message.objects.running().update(status="complete", lease_until=None)
    elif what == "held":
        LegalHold(person=ada).place(by=root, reason=WHY)
    elif what == "running":
        conversation.answer_again(conversation.messages.answers().get(), model="m")
        Conversation.objects.update(touched_at=NOW - 31 * DAY)
    else:
        conversation.remove()

    assert not due.expire(NOW)
    assert Conversation.objects.count() == (what != "gone")


def test_conversation_in_which_somebody_writes_at_that_moment_stays(transactional_db: None):
    rule(30)
    conversation = last_touched(User.objects.create_user("ada"), NOW - 31 * DAY)
    is_held, may_go = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            conversation.hold()
            is_held.set()
            assert may_go.wait(PATIENCE)
            Conversation.objects.update(touched_at=NOW)
        connection.close()

    def expire() -> bool:
        try:
            return conversation.expire(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        writing = threads.submit(write)
        assert is_held.wait(PATIENCE)
        expiring = threads.submit(expire)
        may_go.set()
        writing.result(PATIENCE)

    assert not expiring.result()
    assert Conversation.objects.get() == conversation


def test_queries_do_not_grow_with_the_rules(ada: User, django_assert_num_queries: Any):
    last_touched(ada, NOW)
    for number in range(20):
        rule(number + 1, group=Group.objects.create(name=str(number)))

    with django_assert_num_queries(2):
        expired()
    with django_assert_num_queries(2):
        retention.by_rule(NOW)


def test_each_change_is_recorded(ada: User, root: User, staff: Group):
    of_site, of_group = RetentionRule(scope=Scope.SITE), RetentionRule(scope=Scope.GROUP, group=staff)
    of_ada = RetentionRule(scope=Scope.PERSON, person=ada)

    of_site.change(90, by=root, reason=WHY, address="192.0.2.1")
    of_group.change(30, by=root, reason=WHY)
    of_ada.change(7, by=root, reason=WHY)
    of_ada.change(8, by=ada, reason=WHY)
    of_site.change(None, by=root, reason=WHY)

    said = [(record.act, record.subject, record.owner_id) for record in ReadRecord.objects.order_by("sequence")]
    assert said == [
        ("setting", "retention of the site: no rule → 90 days", None),
        ("setting", "retention of group Staff: no rule → 30 days", None),
        ("setting", "retention of person ada: no rule → 7 days", ada.pk),
        ("setting", "retention of person ada: 7 days → 8 days", ada.pk),
        ("setting", "retention of the site: 90 days → no rule", None),
    ]
    assert {str(rule): (rule.days, rule.changed_by) for rule in RetentionRule.objects.all()} == {
        "Group Staff": (30, root),
        "Person ada": (8, ada),
    }
    assert ReadRecord.verify().findings == []


def test_rules_have_a_bound(root: User, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention_rule, "MOST_RULES", 1)
    first = RetentionRule(scope=Scope.SITE)
    first.change(9, by=root, reason=WHY)

    with pytest.raises(refusals.TooManyRules):
        RetentionRule(scope=Scope.PERSON, person=root).change(9, by=root, reason=WHY)
    first.change(8, by=root, reason=WHY)

    assert [rule.days for rule in RetentionRule.objects.all()] == [8]


def wrong_rows(ada: User, group: Group) -> Iterator[dict[str, Any]]:
    yield {"scope": "site", "days": 0}
    yield {"scope": "site", "days": 3_651}
    yield {"scope": "site", "days": 9, "person": ada}
    yield {"scope": "group", "days": 9}
    yield {"scope": "person", "days": 9, "person": ada, "group": group}


def test_database_takes_no_rule_that_cannot_be(ada: User, staff: Group):
    rule(9)
    rule(9, group=staff)
    rule(9, person=ada)
    twice = [{"scope": "site", "days": 1}, {"scope": "group", "group": staff, "days": 1}]

    for row in [*wrong_rows(ada, staff), *twice, {"scope": "person", "person": ada, "days": 1}]:
        with pytest.raises(IntegrityError), transaction.atomic():
            RetentionRule.objects.create(**row)


def test_group_with_a_rule_is_not_deleted(staff: Group):
    rule(9, group=staff)

    with pytest.raises(models.ProtectedError):
        staff.delete()
