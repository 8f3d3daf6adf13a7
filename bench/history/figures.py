"""What lists, pages and searches cost over the history that was made."""

import statistics
import time
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from bench.history.made import VOCABULARY
from conversations.models import Conversation

ADMIN_PAGES = {
    "the first page": "",
    "the first page, 90 days": "?days=90",
    "conversations": "conversations/conversation/",
    "conversations, page 100": "conversations/conversation/?p=100",
    "conversations of a model": "conversations/conversation/?model=gpt-5",
    "conversations of a group": "conversations/conversation/?group=3",
    "conversations with a failed answer": "conversations/conversation/?state=failed",
    "conversations with a complete answer": "conversations/conversation/?state=complete",
    "conversations of this year": "conversations/conversation/?touched_at__gte=2026-01-01",
    "conversations of a person": "conversations/conversation/?q=person7",
    "messages": "conversations/message/",
    "messages that failed": "conversations/message/?status__exact=failed",
    "messages of a model": "conversations/message/?model=gpt-5",
    "messages of a person": "conversations/message/?q=person7",
}
# Of words that nearly every message has, some have and hardly any has; of the person with a thousand conversations.
OFTEN, SOMETIMES, SELDOM = VOCABULARY[0], VOCABULARY[300], VOCABULARY[4000]
SEARCHES = (
    OFTEN,
    SOMETIMES,
    SELDOM,
    f"{OFTEN} {VOCABULARY[1]} {VOCABULARY[2]}",
    f"{SOMETIMES} {VOCABULARY[301]}",
    OFTEN[:3],
    SOMETIMES[:4],
    f'"{OFTEN} {VOCABULARY[1]}"',
    f'"{OFTEN} {VOCABULARY[50]}"',
    f"{OFTEN} -{VOCABULARY[1]}",
    f"model:gpt-5 {OFTEN}",
    f"after:2026 {SOMETIMES}",
    f"before:2020 {OFTEN}",
    "is:pinned",
    "zebra",
    "天气",
)
TIMES, BEFORE = 40, 2  # those before are not counted: they load templates, and the database its pages


def measured() -> dict[str, Any]:
    """Milliseconds of whole replies by the wall, by kind of page."""
    admin, person = client_of("root"), client_of("person0")
    conversation = Conversation.objects.filter(owner__username="person0").newest_first()[500]
    return {
        "database": connection.vendor,
        "administration": {name: told(taken(admin, f"/admin/{path}")) for name, path in ADMIN_PAGES.items()},
        "the list of chats": told(taken(person, "/conversations/")),
        "the page of a chat": told(taken(person, conversation.get_absolute_url())),
        "searches": told([time for asked in SEARCHES for time in taken(person, "/conversations/", q=asked)]),
        "each search": {asked: told(taken(person, "/conversations/", q=asked)) for asked in SEARCHES},
    }


def client_of(name: str) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=name))
    return client


def taken(client: Client, path: str, **query: str) -> list[float]:
    times = []
    for _ in range(TIMES + BEFORE):
        begun = time.perf_counter()
        reply = client.get(path, query)
        times.append(1000 * (time.perf_counter() - begun))
        if reply.status_code != 200:
            raise RuntimeError(f"{path} was answered with {reply.status_code}")
    return times[BEFORE:]


def told(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[len(ordered) * 95 // 100], 1),
        "worst": round(ordered[-1], 1),
    }
