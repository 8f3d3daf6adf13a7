"""The built-in demo model: a small chat-completions server on loopback, asked through the same door as any other.

It runs in the server's own loop on an ephemeral port and serves only who knows its token, so that other people on
the machine are not served. It says what it is, shows what Markdown looks like and how a real model is connected.
"""

import asyncio
import contextlib
import hmac
import json
import re
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn

from conversations import sse

MODEL = "demo"
DELTAS_PER_SECOND = 45.0
BODY_BYTES = 8 * 1024 * 1024
TITLE_TOKENS = 200  # a limit up to this, and the word "title" in the instruction: a title is wanted
TITLE_WORDS = 6
NOT_MINE = "\n\n(The demo model cannot continue what it did not write.)\n"
GO_ON = "Continue your last answer"  # how a request to go on begins
QUOTE_LENGTH = 200

Message = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

THOUGHTS = "The person asks me to think. I am only a demo, so I pretend: read the message, count the turns, answer. "
OPENING = """\
## This is the demo model

No model is connected to this site yet, so a small built-in program answers. It understands nothing, but it shows \
how answers arrive and what they can look like.

You wrote:

> {quote}

{turns}
"""
SAMPLES = """
### What Markdown looks like

| Element | Written as | Works |
|---|---|:-:|
| **Bold** and *italic* | `**…**` and `*…*` | yes |
| ~~Struck out~~ | `~~…~~` | yes |
| A [link](https://commonmark.org/help/) | `[…](…)` | yes |
| A formula: $E = mc^2$ | `$…$` | yes |

1. Ordered lists count by themselves,
2. and can hold others:
   - [x] a task that is done
   - [ ] a task that is open

```python
def greet(name: str) -> str:
    \"\"\"Code is highlighted.\"\"\"
    return f"Hello, {name}!"
```
"""
CONNECTING = """
### How to connect a real model

Whoever runs this site sets one of these and starts it again:

- `OPENAI_API_KEY` for OpenAI,
- `OPENAI_BASE_URL` (with `OPENAI_API_KEY` if it wants a key) for any server that speaks OpenAI's protocol,
- or starts [Ollama](https://ollama.com) on this machine with a model in it: it is found without any setting.

Ask for something *long* to watch me go on, or ask me to *think* to see how thinking is shown.
"""


class Demo:
    """A running demo model: `base_url` and `token` are what a client needs."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()  # so that it can be asked before uvicorn has come up
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        config = uvicorn.Config(
            application(self.token),
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._task = asyncio.get_running_loop().create_task(
            self._server.serve(sockets=[self._socket]), name="demo model"
        )

    async def aclose(self) -> None:
        """Stops at once; answers that are under way are cut."""
        self._server.should_exit = self._server.force_exit = True
        await asyncio.wait({self._task}, timeout=5)
        self._task.cancel()
        await asyncio.wait({self._task})


class Server(uvicorn.Server):
    """uvicorn as a guest in a loop: signals belong to the host."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def start() -> Demo:
    """Starts the demo model in the running loop; it can be asked at once."""
    return Demo()


def application(token: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI app: `/v1/models` and `/v1/chat/completions`, streamed."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        sent = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(sent, f"Bearer {token}".encode()):
            await refuse(send, 401, "This demo model serves only the site that started it.")
        elif scope["path"] == "/v1/models":
            await reply(send, 200, {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0}]})
        elif scope["path"] == "/v1/chat/completions" and scope["method"] == "POST":
            await converse(receive, send)
        else:
            await refuse(send, 404, "Not found.")

    return serve


async def converse(receive: Receive, send: Send) -> None:
    try:
        request = json.loads(await body(receive))
        messages = [message for message in request["messages"] if isinstance(message.get("content"), str)]
        title = wanted_title(messages, request.get("max_tokens"))
    except (ValueError, TypeError, KeyError, AttributeError):
        await refuse(send, 400, "A JSON object with messages is wanted.")
        return
    reasoning = THOUGHTS if not title and re.search(r"\bthink", last(messages), re.IGNORECASE) else ""
    prompt = "".join(message["content"] for message in messages)
    talking = asyncio.create_task(
        stream(send, reasoning, title or continued(messages) or answer(messages), prompt=prompt)
    )
    leaving = asyncio.create_task(left(receive))
    try:
        await asyncio.wait({talking, leaving}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:  # the server ends: what is under way is cut, which is no error to log
        pass
    finally:
        talking.cancel()
        leaving.cancel()
        await asyncio.gather(talking, leaving, return_exceptions=True)


async def left(receive: Receive) -> None:
    """Returns when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def stream(send: Send, reasoning: str, text: str, *, prompt: str) -> None:
    """The answer in pieces of about a word, evenly paced."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    clock = asyncio.get_running_loop().time
    start = clock()
    deltas = [{"reasoning_content": piece} for piece in pieces(reasoning)]
    deltas += [{"content": piece} for piece in pieces(text)]
    for place, delta in enumerate(deltas):
        await asyncio.sleep(max(0, start + place / DELTAS_PER_SECOND - clock()))
        await say(send, choices=[{"index": 0, "delta": delta, "finish_reason": None}])
    await say(send, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    await say(send, choices=[], usage=usage(prompt, reasoning, text))
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def say(send: Send, **chunk: Any) -> None:
    chunk = {"id": "demo", "object": "chat.completion.chunk", "model": MODEL, **chunk}
    await send({"type": "http.response.body", "body": sse.encode("message", chunk), "more_body": True})


async def reply(send: Send, status: int, value: dict[str, Any]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


async def refuse(send: Send, status: int, message: str) -> None:
    await reply(send, status, {"error": {"message": message, "type": "invalid_request_error", "code": None}})


async def body(receive: Receive) -> bytes:
    """The request's body. Raises ValueError for one that is too long or cut."""
    whole = bytearray()
    while True:
        message = await receive()
        whole += message.get("body", b"")
        if message["type"] != "http.request" or len(whole) > BODY_BYTES:
            raise ValueError("no usable body")
        if not message.get("more_body"):
            return bytes(whole)


def answer(messages: list[Message]) -> str:
    """What the demo says to a conversation."""
    asked = last(messages)
    quote = " ".join(asked.split())
    quote = f"{quote[:QUOTE_LENGTH]}…" if len(quote) > QUOTE_LENGTH else quote
    turns = sum(message["role"] == "user" for message in messages)
    told = "That is all I was given." if turns == 1 else f"I was given {turns} messages of yours, this one included."
    opening = OPENING.format(quote=quote or "(nothing)", turns=told)
    is_long = re.search(r"\blong\b", asked, re.IGNORECASE) is not None
    return opening + SAMPLES * (6 if is_long else 1) + CONNECTING


def continued(messages: list[Message]) -> str | None:
    """The rest of an answer of ours that was cut off, where that is what is asked for; else None."""
    if len(messages) < 3 or messages[-2].get("role") != "assistant" or not messages[-1]["content"].startswith(GO_ON):
        return None
    whole, part = answer(messages[:-2]), messages[-2]["content"]
    return (
        whole[len(part) :]
        if whole.startswith(part)
        else "\n\n(The demo model cannot continue what it did not write.)\n"
    )


def wanted_title(messages: list[Message], max_tokens: object) -> str:
    """A title, if one is asked for: the first words of the person's text; else the empty string."""
    instruction = messages[0]["content"] if messages else ""
    is_short = isinstance(max_tokens, int) and max_tokens <= TITLE_TOKENS
    if not is_short or not re.search(r"\btitle\b", instruction, re.IGNORECASE):
        return ""
    text = last(messages).partition("\n\n")[2] if len(messages) == 1 else last(messages)
    words = re.findall(r"[\w'’-]+", text)
    title = " ".join(words[:TITLE_WORDS])[:60] + ("…" if len(words) > TITLE_WORDS else "")
    return title[:1].upper() + title[1:] or "A conversation"


def last(messages: list[Message]) -> str:
    """The person's last message."""
    texts = [message["content"] for message in messages if message.get("role") == "user"]
    return texts[-1] if texts else ""


def pieces(text: str) -> list[str]:
    """`text` in words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def usage(prompt: str, reasoning: str, text: str) -> dict[str, Any]:
    """Tokens, counting a word as one."""
    asked, thought, said = (len(pieces(part)) for part in (prompt, reasoning, text))
    return {
        "prompt_tokens": asked,
        "completion_tokens": thought + said,
        "total_tokens": asked + thought + said,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
