"""What the tests of several processes share: answers that stand still, and what is awaited of them."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from conversations import sse
from tests.fakes.replies import Call, Gate, Reply, chunk, raw
from tests.patience import PATIENCE
from tests.people import Stream, text_of
from tests.processes.alone import Alone
from tests.programs.cluster import Cluster


def until(claim: Callable[[], object]) -> None:
    """Ask again and again, as for what tells nobody when it happens."""
    deadline, pause = time.monotonic() + PATIENCE, threading.Event()
    while not claim():
        assert time.monotonic() < deadline, "it never happened"
        pause.wait(0.02)


def linked(cluster: Cluster) -> Cluster:
    """The cluster, once its processes hear each other."""
    for serve in cluster.serves:
        serve.program.wait_line("Redis answers")
    return cluster


def script(site: Alone | Cluster, message: str, *replies: Reply) -> None:
    """The replies to the next calls for an answer to this message, or to one that begins so."""
    site.provider.script(*replies, when=lambda call: asked(call).startswith(message))


def held(*before: dict[str, Any], after: str = "!") -> tuple[Gate, Reply]:
    """An answer that stands still after its first deltas until the gate is opened."""
    gate = Gate()
    return gate, raw(*map(chunk, before), gate, chunk({"content": after}, finish="stop"))


def calls(site: Alone | Cluster, message: str) -> list[Call]:
    """The calls for an answer to this message."""
    return [call for call in site.provider.answer_calls if asked(call) == message]


def asked(call: Call) -> str:
    return str(call.body["messages"][-1]["content"])


def texts(cluster: Cluster, begun: dict[str, Any]) -> list[object]:
    """The stored text of the answer that was begun; empty once it is deleted."""
    found = cluster.rows("SELECT text FROM conversations_message WHERE uuid = %s", begun["answer"]["id"])
    return [text for (text,) in found]


def said(stream: Stream, wanted: str) -> list[sse.Event]:
    """The stream's events until its text ends with `wanted`."""
    seen: list[sse.Event] = []

    def is_said(event: sse.Event) -> bool:
        seen.append(event)
        return text_of(seen).endswith(wanted)

    return stream.until(is_said)


def names(events: list[sse.Event]) -> list[str]:
    """Without pings, and without the title, which comes when it comes."""
    return [event.event for event in events if event.event not in ("ping", "title")]


def thoughts_of(events: list[sse.Event]) -> str:
    return "".join(json.loads(event.data)["text"] for event in events if event.event == "reasoning")


def end_of(events: list[sse.Event]) -> Any:
    assert events[-1].event == "end"
    return json.loads(events[-1].data)
