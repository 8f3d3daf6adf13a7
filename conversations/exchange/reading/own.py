"""This site's own JSON: what `docs/export-schema.json` says, held to what the database and the pages need of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from conversations import titles
from conversations.exchange import schema
from conversations.exchange.reading import fields, limits
from conversations.exchange.reading.refused import Unreadable
from conversations.models import Role, Status, TitleSource, tag
from conversations.models.feedback import LONGEST_REASON, Verdict
from conversations.models.message import RUNNING
from conversations.models.origin import OWN
from conversations.models.settings import HIGHEST_TEMPERATURE, MOST_TURNS

SOURCE = OWN
FAMILY = "chatsite/"
SHORT = 40  # characters of a code
MOST_COUNTED = 20  # numbers that a provider tells of an answer
TURNS = ("turns", "turns_left_out")  # of what was sent: always told
COUNTS = ("tokens", "answer_tokens")
KEYS = ("messages", "left_out")


def knows(value: dict[str, Any]) -> bool:
    return isinstance(value.get("format"), str) and value["format"].startswith(FAMILY)


def read(value: dict[str, Any]) -> schema.Tree:
    """Raises Unreadable."""
    if value["format"] != schema.FORMAT:
        raise Unreadable("newer")
    told = fields.mapping(value.get("conversation"))
    messages = _messages(fields.listed(told.get("messages")))
    shown = fields.optional(fields.identity, told.get("shown"))
    if shown is not None and shown not in {message.id for message in messages}:
        raise Unreadable("malformed")
    return schema.Tree(conversation=_conversation(told), messages=messages, shown=_end(messages, shown))


def _end(messages: Sequence[schema.Message], shown: UUID | None) -> UUID | None:
    """The end of the branch that was shown: what comes last of all that hangs on it, or of all where none was."""
    if shown is None:
        return messages[-1].id if messages else None
    below = {shown}
    for message in messages:  # each behind its parent
        if message.parent in below:
            below.add(message.id)
            shown = message.id
    return shown


def _conversation(told: dict[str, Any]) -> schema.Conversation:
    return schema.Conversation(
        id=fields.identity(told.get("id")),
        title=titles.given(fields.text(told.get("title"), most=titles.LONGEST)),
        title_source=fields.one_of(told.get("title_source"), TitleSource.values),
        created_at=fields.moment(told.get("created_at")),
        touched_at=fields.moment(told.get("touched_at")),
        pinned_at=fields.optional(fields.moment, told.get("pinned_at")),
        archived_at=fields.optional(fields.moment, told.get("archived_at")),
        tags=_tags(fields.listed(told.get("tags", []))),
        model=fields.text(told.get("model"), most=limits.NAME_CHARACTERS),
        system_prompt=fields.text(told.get("system_prompt")),
        history_turns=fields.optional(fields.number, told.get("history_turns"), most=MOST_TURNS),
        temperature=fields.optional(fields.fraction, told.get("temperature"), most=HIGHEST_TEMPERATURE),
        answer_tokens=fields.optional(fields.number, told.get("answer_tokens"), least=1),
    )


def _tags(told: list[Any]) -> list[str]:
    names = [titles.given(fields.text(name, most=tag.LONGEST_NAME)) for name in told]
    if len(names) > tag.MOST_ON_ONE or "" in names or len({tag.fold(name) for name in names}) < len(names):
        raise Unreadable("malformed")
    return names


def _messages(told: Sequence[Any]) -> list[schema.Message]:
    if len(told) > limits.MESSAGES:
        raise Unreadable("too_many_messages")
    messages: dict[UUID, schema.Message] = {}
    for each in told:
        message = _message(fields.mapping(each))
        is_in_place = message.parent is None or message.parent in messages
        if message.id in messages or not is_in_place:
            raise Unreadable("not_a_tree")
        messages[message.id] = message
    return list(messages.values())


def _message(told: dict[str, Any]) -> schema.Message:
    role = fields.one_of(told.get("role"), Role.values)
    parent = fields.optional(fields.identity, told.get("parent"))
    if role == Role.ASSISTANT and parent is None:
        raise Unreadable("not_a_tree")
    return schema.Message(
        id=fields.identity(told.get("id")),
        parent=parent,
        role=role,
        text=fields.text(told.get("text")),
        created_at=fields.moment(told.get("created_at")),
        **(_generation(told) if role == Role.ASSISTANT else {}),
    )


def _generation(told: dict[str, Any]) -> dict[str, Any]:
    """An answer's own. One that was still written when it was exported was interrupted by that."""
    status = fields.one_of(told.get("status"), Status.values)
    return {
        "status": str(Status.INTERRUPTED) if status in RUNNING else status,
        "model": fields.text(told.get("model"), most=limits.NAME_CHARACTERS),
        "answered_by": fields.text(told.get("answered_by"), most=limits.NAME_CHARACTERS),
        "finish_reason": fields.text(told.get("finish_reason"), most=SHORT),
        "error_code": fields.text(told.get("error_code"), most=SHORT),
        "error_reference": fields.text(told.get("error_reference"), most=32),
        "reasoning": fields.text(told.get("reasoning")),
        "usage": _usage(fields.mapping(told.get("usage"))),
        "sent": _sent(fields.mapping(told.get("sent"))),
        "first_delta_ms": fields.optional(fields.number, told.get("first_delta_ms")),
        "total_ms": fields.optional(fields.number, told.get("total_ms")),
        "ended_at": fields.optional(fields.moment, told.get("ended_at")),
        "feedback": fields.optional(_feedback, told.get("feedback")),
    }


def _usage(told: dict[str, Any]) -> dict[str, int | None]:
    if len(told) > MOST_COUNTED:
        raise Unreadable("malformed")
    return {fields.text(name, most=SHORT): fields.optional(fields.number, count) for name, count in told.items()}


def _sent(told: dict[str, Any]) -> dict[str, Any]:
    """What is known of it; pages and queries rely on its form."""
    read: dict[str, Any] = {name: fields.number(told[name]) for name in TURNS if told.get(name) is not None}
    read |= {name: fields.optional(fields.number, told[name]) for name in COUNTS if name in told}
    read |= {name: [str(fields.identity(key)) for key in _keys(told[name])] for name in KEYS if name in told}
    if "temperature" in told:
        read["temperature"] = fields.optional(fields.fraction, told["temperature"], most=HIGHEST_TEMPERATURE)
    if "continues" in told:
        read["continues"] = str(fields.identity(told["continues"]))
    return read


def _keys(told: Any) -> list[Any]:
    keys = fields.listed(told)
    if len(keys) > limits.MESSAGES:
        raise Unreadable("too_many_messages")
    return keys


def _feedback(told: Any) -> schema.Feedback:
    given = fields.mapping(told)
    return schema.Feedback(
        verdict=fields.one_of(given.get("verdict"), Verdict.values),
        reason=fields.text(given.get("reason"), most=LONGEST_REASON),
        updated_at=fields.moment(given.get("updated_at")),
    )
