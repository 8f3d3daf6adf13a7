"""A conversation as JSON: all that is needed to have it again, with every version of every message."""

import json
from collections.abc import Iterator
from typing import Any

from conversations.exchange import rows, schema
from conversations.models import Conversation


def pieces(conversation: Conversation) -> Iterator[str]:
    """The document in pieces, a message to a line. The same rows give the same bytes."""
    head = schema.conversation_as_json(schema.of_conversation(conversation))
    yield f'{{"format": {_written(schema.FORMAT)},\n"conversation": {_written(head)[:-1]},\n"messages": ['
    shown, separator = None, "\n"
    for row in rows.whole(conversation):
        message = schema.of_message(row, row.parent_uuid)  # type: ignore[attr-defined]  # annotated
        yield separator + _written(schema.message_as_json(message))
        shown, separator = str(row.uuid) if row.pk == conversation.leaf_id else shown, ",\n"
    # Behind the messages: what was deleted meanwhile is not named.
    yield f'\n],\n"shown": {_written(shown)}}}}}\n'


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
