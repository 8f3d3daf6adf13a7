"""Files that people hand in, worked to their end by the job."""

import json
from typing import Any

from django.contrib.auth.models import User

from conversations.exchange.importing import Imports
from conversations.models import Import
from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation

OTHERS = [{**conversation(ROOT, ASKED, ANSWERED), "conversation_id": str(number)} for number in range(5)]


def handed_in(owner: User, value: Any, **how: Any) -> Import:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    begun = Import.begin(owner, name="chats.json", **how)
    for place, first in enumerate(range(0, len(raw), 1000)):
        begun.keep_part(place, raw[first : first + 1000])
    begun.arrived()
    return begun


def worked(owner: User, value: Any, **how: Any) -> Import:
    """The import of this, at its end."""
    begun = handed_in(owner, value, **how)
    imports = Imports()
    while imports.step():
        pass
    begun.refresh_from_db()
    return begun


def counts(done: Import) -> dict[str, int]:
    named = ("made", "there", "different", "deleted", "refused")
    return {name: getattr(done, name) for name in named if getattr(done, name)}
