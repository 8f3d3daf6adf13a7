"""Makes the history: the same one for the same seed."""

import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate, islice, product
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from conversations import markdown, search
from conversations.models import Conversation, IndexedText, Message
from conversations.models.conversation import titled
from conversations.models.indexed_text import FTS5, indexed

PEOPLE = 500
GROUPS = 10
MODELS = ("qwen3-32b", "gpt-5-mini", "gpt-5", "mistral-large", "llama-4")
STATES = ("complete",) * 96 + ("stopped", "failed", "interrupted", "complete")
WORDS = "time year people way day man thing woman life child world school state family student group country".split()  # noqa: SIM905 - a sentence is easier to read than a list
SYLLABLES = ["".join(signs) for signs in product("bdklmnrst", "aeio")]
VOCABULARY = (*WORDS, *("".join(parts) for parts in product(SYLLABLES, SYLLABLES, SYLLABLES[:12])))
WEIGHTS = tuple(accumulate(1 / (place + 1) for place in range(len(VOCABULARY))))  # Zipf's law
BATCH = 5_000


def prepare(*, conversations: int, messages: int) -> None:
    """The site's database with this history in it, unless an earlier run has made one there."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if not User.objects.exists():
        make(conversations=conversations, messages=messages)
        User.objects.create_superuser("root")


def make(*, conversations: int = 100_000, messages: int = 1_000_000, seed: int = 1) -> None:
    """Fill the empty database. Each conversation has the same number of messages; a thousand are the first person's."""
    chance = random.Random(seed)  # noqa: S311 - the same history each time
    people = User.objects.bulk_create(User(username=f"person{number}") for number in range(PEOPLE))
    groups = Group.objects.bulk_create(Group(name=f"Group {number}") for number in range(GROUPS))
    for number, person in enumerate(people):
        person.groups.add(groups[number % GROUPS])
    owners = [people[0] if number < 1_000 else chance.choice(people[1:]) for number in range(conversations)]
    each = messages // conversations
    now = timezone.now()
    write(Conversation, (conversation(number, owners[number], now, chance) for number in range(conversations)))
    write(Message, (message(number, each, owners, now, chance) for number in range(conversations * each)))
    for statement in connection.ops.sequence_reset_sql(no_style(), [Conversation, Message]):
        connection.cursor().execute(statement)
    texts = Message.objects.values_list("pk", "owner_id", "text").iterator()
    write(
        IndexedText,
        (IndexedText(message_id=pk, folded=indexed(owner, search.fold(text))) for pk, owner, text in texts),
    )
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {FTS5} ({FTS5}) VALUES ('rebuild')")  # noqa: S608 - our own name
        cursor.execute(f"UPDATE conversations_conversation SET leaf_id = id * {each}")  # noqa: S608 - a number
        cursor.execute("ANALYZE")


def conversation(number: int, owner: User, now: Any, chance: random.Random) -> Conversation:
    touched = now - timedelta(minutes=number)
    title = said(4, chance)
    return Conversation(
        pk=number + 1, uuid=made_uuid(chance), owner=owner, model=chance.choice(MODELS), **titled(title),
        created_at=touched, touched_at=touched,
    )  # fmt: skip


def message(number: int, each: int, owners: list[User], now: Any, chance: random.Random) -> Message:
    place, of = number % each, number // each
    is_answer = place % 2 == 1
    text = said(chance.randrange(10, 80), chance)
    return Message(
        pk=number + 1,
        uuid=made_uuid(chance),
        conversation_id=of + 1,
        owner_id=owners[of].pk,
        parent_id=number if place else None,
        role="assistant" if is_answer else "user",
        status=chance.choice(STATES) if is_answer else "complete",
        model=chance.choice(MODELS) if is_answer else "",
        text=text,
        html=f"<p>{text}</p>\n" if is_answer else "",
        html_version=markdown.RENDERER_VERSION if is_answer else 0,
        usage={"prompt_tokens": 100, "completion_tokens": len(text) // 4} if is_answer else {},
        first_delta_ms=chance.randrange(100, 3000) if is_answer else None,
        total_ms=chance.randrange(3000, 20000) if is_answer else None,
        created_at=now - timedelta(minutes=of),
    )


def said(words: int, chance: random.Random) -> str:
    return " ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=words))


def made_uuid(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def write(model: type[models.Model], rows: Iterator[models.Model]) -> None:
    """As fast as the database takes them; Django's own bulk_create takes several times as long."""
    fields = model._meta.concrete_fields
    values = ([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        while batch := list(islice(values, BATCH)):  # rows may come from this connection, and not while it copies
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in batch:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * len(fields))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", batch)  # noqa: S608 - our names
