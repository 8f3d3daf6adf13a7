"""What others may have made of a file that one of the readers knows: each chat is read or refused, and soon."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from conversations.exchange import export_json
from conversations.exchange.reading.refused import SENTENCES
from tests.exchange.made import everything
from tests.exchange.reading import test_chatgpt, test_librechat, test_openwebui
from tests.exchange.reading.told import codes, shape, tree

ODD: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        10**400,
        1.5,
        "",
        "x",
        "\0",
        "\ud83d",
        "\ude00",
        "q",
        "a",
        "1e400",
        "9999-12-31T23:59:59+23:59",
    ),
    *([], [None], [[]], {}, {"": ""}, {"": {"id": "", "parent": "", "message": None}}, [{"text": 1}], {"\ud800": {}}),
]
FOREIGN = {
    "chatgpt": test_chatgpt.conversation(test_chatgpt.ROOT, test_chatgpt.ASKED, test_chatgpt.ANSWERED),
    "openwebui": test_openwebui.chat(test_openwebui.ASKED, test_openwebui.ANSWERED, current="a"),
    "librechat": test_librechat.conversation(test_librechat.ASKED, test_librechat.ANSWERED),
}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in it, with every key."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def broken(value: Any, chance: random.Random) -> Any:
    """With a few odd values, and odd keys, in odd places."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        held, key = chance.choice(list(places(value)))
        if isinstance(held, dict) and chance.random() < 0.3:
            held[chance.choice(["", "\ud800", "x", "a", "q"])] = held.pop(key)
        else:
            held[key] = copy.deepcopy(chance.choice(ODD))
    return value


def check(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    damaged = [broken(value, chance) for _ in range(1000)]

    found = codes(json.dumps(damaged).encode())

    assert len(found) == len(damaged)
    assert set(found) <= {"", *SENTENCES} - {"failed", "broken_off"}
    assert not caplog.records


@pytest.mark.parametrize("source", FOREIGN)
def test_whatever_stands_where_is_read_or_refused(source: str, caplog: pytest.LogCaptureFixture) -> None:
    check(FOREIGN[source], caplog)


def test_whatever_stands_where_in_an_own_export_is_too(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    check(json.loads("".join(export_json.pieces(everything(owner)))), caplog)


@pytest.mark.parametrize("key", ["", "\ud800", "\0"])
def test_ids_may_be_any_text(key: str) -> None:
    asked = test_chatgpt.node("q", None, "user", "Hello?")
    answered = test_chatgpt.node(key, "q", "assistant", "Hi")

    told = tree([test_chatgpt.conversation(asked, answered)])

    assert shape(told) == [("user", "Hello?", None), ("assistant", "Hi", "Hello?")]
