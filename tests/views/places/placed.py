"""What these tests read of the chats and of a page."""

from collections.abc import Callable
from typing import Any

import html5lib

from conversations.models import Conversation

JSON = {"Accept": "application/json"}
Put = Callable[..., Conversation]


def state() -> list[Any]:
    columns = ("title", "pinned_at", "archived_at", "binned_at", "is_temporary", "touched_at")
    return list(Conversation.objects.order_by("pk").values_list(*columns))


def titles(rows: Any) -> list[str]:
    return [row.title for row in rows]


def forms_of(page: Any) -> list[tuple[str, dict[str, list[str]]]]:
    """The address and the fields of each form of the page that undoes something."""
    tree = html5lib.parse(page.content.decode(), namespaceHTMLElements=False)
    found = []
    for form in tree.iter("form"):
        if form.get("class") == "notice-undo":
            fields: dict[str, list[str]] = {}
            for field in form.iter("input"):
                fields.setdefault(field.get("name"), []).append(field.get("value"))
            found.append((form.get("action"), fields))
    return found


def notice(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]
