"""A process that is killed in the middle of retention leaves nothing half, and the next run removes the rest."""

import re

import pytest

from tests.processes.alone import Alone
from tests.processes.waiting import until

OLD, NEW = 60, 3
SHRUNK = {
    "conversations.jobs.LOOK_AGAIN": 0.05,
    "conversations.jobs.PAUSE": 0.1,
    "conversations.models.retention.AT_ONCE": 1,
    "conversations.models.job.LEASE": 2,
}
FILL = f"""
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from conversations.models import Conversation, Feedback, Flag, Message
ada = User.objects.get(username="ada")
for number in range({OLD + NEW}):
    answer = Conversation.begin(ada, text="Hi", model="m")
    Message.objects.filter(pk=answer.pk).update(status="complete", text="Well", lease_until=None)
    answer.refresh_from_db()
    Feedback.give(answer, verdict="down", reason="Hm")
    Flag.report(answer, "Hm")
old = Conversation.objects.order_by("pk").values_list("pk", flat=True)[:{OLD}]
Conversation.objects.filter(pk__in=list(old)).update(touched_at=timezone.now() - timedelta(days=31))
"""
TABLES = ("conversation", "message", "feedback", "flag", "review")
WANT = "UPDATE conversations_job SET is_wanted = 1, ended_at = NULL WHERE name = 'retention'"


def counts(site: Alone) -> dict[str, int]:
    return {table: site.rows(f"SELECT count(*) FROM conversations_{table}")[0][0] for table in TABLES}  # noqa: S608


def whole(conversations: int) -> dict[str, int]:
    """What there is of so many, each whole: two messages, and the others once."""
    return {table: 2 * conversations if table == "message" else conversations for table in TABLES}


@pytest.mark.fault(49)
def test_killed_process_leaves_nothing_half_and_the_next_run_removes_the_rest():
    with Alone(shrink=SHRUNK, CHAT_RETENTION_DAYS="30") as site:
        site.serve.run(FILL)
        before = counts(site)
        site.rows(WANT)
        until(lambda: counts(site)["conversation"] < OLD + NEW - 5)

        site.serve.kill()
        left = counts(site)
        told = site.serve.manage("retention", "--dry-run", "--limit", "0")
        removed = site.serve.manage("retention")
        again = site.serve.manage("retention")

        assert before == whole(OLD + NEW)
        assert left == whole(left["conversation"])
        assert left["conversation"] > NEW
        assert [int(re.findall(r"\d+", said)[0]) for said in (told, removed, again)] == [
            left["conversation"] - NEW
        ] * 2 + [0]
        assert counts(site) == whole(NEW)


def test_server_removes_once_a_day_what_is_to_go():
    with Alone(shrink=SHRUNK, CHAT_RETENTION_DAYS="30") as site:
        site.serve.run(FILL)
        site.rows(WANT)
        until(lambda: site.rows("SELECT 1 FROM conversations_job WHERE name = 'retention' AND ended_at IS NOT NULL"))

        due_in = site.rows(
            "SELECT (julianday(due_at) - julianday(ended_at)) * 24 FROM conversations_job WHERE name = 'retention'"
        )

        assert counts(site) == whole(NEW)
        assert round(due_in[0][0]) == 24
