"""What a fake provider is told to do with a request: steps, and builders of the usual replies."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from conversations import prompts
from tests.patience import PATIENCE


class Gate:
    """Holds a reply: `reached` when the server stands before it, `open` lets it pass. From any thread."""

    def __init__(self) -> None:
        self._reached, self._opened = threading.Event(), threading.Event()

    def open(self) -> None:
        self._opened.set()

    def wait_reached(self) -> None:
        assert self._reached.wait(PATIENCE), "the provider never came to the gate"

    async def reached(self) -> None:
        await asyncio.to_thread(self.wait_reached)

    async def passed(self) -> None:
        self._reached.set()
        await asyncio.to_thread(self._opened.wait)

    def cut(self) -> None:
        """The client has hung up, in the middle of the reply."""


@dataclass(frozen=True)
class Forever:
    """Sends the same bytes until the client hangs up."""

    piece: bytes


@dataclass(frozen=True)
class Reset:
    """Ends the connection with a TCP reset."""


@dataclass(frozen=True)
class Cut:
    """Ends the connection without ending the body."""


Step = bytes | Gate | Forever | Reset | Cut


@dataclass
class Reply:
    """What the server does with one request. `before` happens before the status line, `steps` are the body."""

    steps: list[Step] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/event-stream"})
    before: list[Step] = field(default_factory=list)
    framing: Literal["chunked", "close"] = "chunked"

    def head(self) -> bytes:
        framing = {"Transfer-Encoding": "chunked"} if self.framing == "chunked" else {"Connection": "close"}
        lines = [f"{name}: {value}" for name, value in (self.headers | framing).items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines, "", ""]).encode()

    def framed(self, piece: bytes) -> bytes:
        return b"%x\r\n%s\r\n" % (len(piece), piece) if self.framing == "chunked" else piece


@dataclass(frozen=True)
class Call:
    """One request that the provider got. Header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def is_title(self) -> bool:
        """Whether the site asked for a title, which it does beside a first answer, sooner or later."""
        return asks_for_title(self.body)


def asks_for_title(body: Any) -> bool:
    return str(body["messages"][-1]["content"]).startswith(prompts.TITLE)


def chunk(delta: dict[str, Any] | None = None, *, finish: str | None = None, **extra: Any) -> bytes:
    """One chat-completion chunk as an event."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "model": "fake-model", "choices": [choice]} | extra
    return event(body)


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def chunks(*texts: str, finish: str | None = "stop", usage: dict[str, int] | None = None, done: bool = True) -> Reply:
    """A usual answer: one chunk for each text, a finish reason, the usage, `[DONE]`."""
    steps: list[Step] = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": text}) for text in texts)]
    if finish:
        steps.append(chunk(finish=finish))
    if usage:
        steps.append(chunk(choices=[], usage=usage))
    return Reply([*steps, *([DONE] if done else [])])


def raw(*steps: Step, **reply: Any) -> Reply:
    """An event stream of exactly these steps."""
    return Reply(list(steps), **reply)


def refusal(status: int, body: Any = None, *, headers: dict[str, str] | None = None) -> Reply:
    """An answer that is no stream; a body that is not bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body or {"error": {"message": "refused"}}).encode()
    return Reply([sent], status=status, headers={"Content-Type": "application/json"} | (headers or {}))
