"""The openai SDK, held by the short end: our waits, no hidden retries, no redirects, raw bytes.

openai takes a second to import, so it is imported when it is first needed, in a thread.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from conversations.provider import draining, patience, refusals
from conversations.provider.errors import ConnectionLost, NotAChat, ProviderError, TimedOut, Unreachable
from conversations.provider.questions import Accepted, Question
from conversations.provider.refusals import Refusal
from conversations.provider.sources import Source
from conversations.provider.text import safe

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncAPIResponse, AsyncOpenAI

    from conversations.demo import Demo

CONNECTIONS = 4096
KEPT_CONNECTIONS = 100
REFUSAL_BYTES = 64 * 1024
LIST_BYTES = 2 * 1024 * 1024
NAME_LENGTH = 200
EVENT_STREAM = "text/event-stream"
NO_KEY = "none"  # the SDK wants one; `unsign` takes it off again


class Client:
    """One provider on one event loop, its connections kept. Made by `client_for`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.has_answered = False  # so a kept connection may be used, which may be stale
        self._accepted: dict[str, Accepted] = {}
        self._demo = started_demo() if source.kind == "demo" else None
        self._sdk = make_sdk(source, self._demo)

    def accepted(self, model: str) -> Accepted:
        return self._accepted.get(model) or Accepted(limit=self.source.limit_name)

    def remember(self, model: str, accepted: Accepted) -> None:
        """What a model was seen to take."""
        if accepted != self.accepted(model):
            self._accepted[model] = accepted

    def call(self, question: Question, accepted: Accepted) -> "AbstractAsyncContextManager[AsyncAPIResponse[Any]]":
        """Asks, once, as it is entered; raises Refusal where the provider answers with anything but a stream."""
        create: Any = self._sdk.chat.completions.with_streaming_response.create
        parameters = question.parameters(accepted)
        # Beside the others, as the SDK goes through the types of all messages: forty of them take 6 ms.
        beside = {"messages": parameters.pop("messages")}
        call: AbstractAsyncContextManager[AsyncAPIResponse[Any]] = create(
            **parameters, messages=[], extra_body=beside, extra_headers={"Accept": EVENT_STREAM}
        )
        return call

    async def list_models(self, *, seconds: float) -> list[dict[str, Any]]:
        """The provider's models as it lists them, names made safe. Raises ProviderError."""
        try:
            async with asyncio.timeout(seconds), self._sdk.models.with_streaming_response.list() as response:
                return read_list(await body_of(response.http_response, LIST_BYTES))
        except Refusal as refusal:
            raise refusals.error(refusal, model="") from refusal
        except TimeoutError as error:
            raise TimedOut("the list of models") from error
        except Exception as error:  # anything a network can do; the list is never worth more than an error of ours
            raise lost(error) from error

    async def aclose(self) -> None:
        await self._sdk.close()
        if self._demo is not None:
            await self._demo.aclose()


def make_sdk(source: Source, demo: "Demo | None") -> "AsyncOpenAI":
    import httpx2  # noqa: PLC0415  with openai, so not before the port is open
    import openai  # noqa: PLC0415  takes a second

    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it writes every URL into the log
    timeout = httpx2.Timeout(None, connect=patience.WAITS.connect)
    key = demo.token if demo else source.api_key
    http_client = openai.DefaultAioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=KEPT_CONNECTIONS),
        follow_redirects=False,
        trust_env=not source.is_local,
        verify=source.base_url.startswith("https:"),  # reading certificates costs 30 ms that plain http does not need
        headers={"Accept-Encoding": "identity"},  # a compressed stream comes late, and can be a bomb
        event_hooks={"request": [] if key else [unsign], "response": [refuse]},
    )
    common: dict[str, Any] = {"http_client": http_client, "max_retries": 0, "timeout": timeout}
    if source.kind == "azure":
        return openai.AsyncAzureOpenAI(
            azure_endpoint=source.base_url, api_key=key or NO_KEY, api_version=source.api_version, **common
        )
    if source.kind == "openai":
        return openai.AsyncOpenAI(base_url=source.base_url, api_key=key, **common)
    return openai.AsyncOpenAI(
        base_url=demo.base_url if demo else source.base_url,
        api_key=key or NO_KEY,
        default_headers={name: openai.Omit() for name in ("OpenAI-Organization", "OpenAI-Project")},  # type: ignore[misc]
        **common,
    )


async def unsign(request: "httpx2.Request") -> None:
    """Takes off the key that the SDK insists on."""
    for name in ("authorization", "api-key"):
        request.headers.pop(name, None)


async def refuse(response: "httpx2.Response") -> None:
    """Raises Refusal for all that is not what was asked for, with what its body says, read within bounds."""
    content_type = response.headers.get("content-type", EVENT_STREAM).partition(";")[0].strip().lower()
    is_stream_wanted = response.request.headers.get("accept") == EVENT_STREAM
    if response.is_success and (content_type == EVENT_STREAM or not is_stream_wanted):
        return
    body = b""
    try:
        async with asyncio.timeout(patience.WAITS.refusal):
            body = await body_of(response, REFUSAL_BYTES)
    except Exception:  # noqa: S110  the status alone says enough
        pass
    raise Refusal(status=response.status_code, headers=dict(response.headers), body=body)


async def body_of(response: "httpx2.Response", limit: int) -> bytes:
    """The first `limit` bytes, or a few more."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= limit:
            break
    return bytes(body)


def raw(response: "httpx2.Response") -> tuple[AsyncIterator[bytes], asyncio.Transport | None]:
    """The body's bytes as they come, and the connection by which they come, where it may be left unread.

    The bytes are aiohttp's itself where the stream is its: the iterators between cost as much as reading a delta. They
    raise what it raises, which `lost` knows too. A connection through TLS is never left unread: where it is reset
    meanwhile, asyncio drops what came before, which of a plain one the kernel still has.
    """
    if "content-encoding" in response.headers:
        return response.aiter_bytes(), None
    below: Any = response.stream
    for name in ("_stream", "_aiohttp_response"):
        below = getattr(below, name, None)
    if below is None:
        return aiter(cast("AsyncIterable[bytes]", response.stream)), None
    connection = below.connection.transport if below.connection else None
    may_rest = connection is not None and connection.get_extra_info("ssl_object") is None
    return below.content.iter_any(), connection if may_rest else None


def read_list(body: bytes) -> list[dict[str, Any]]:
    try:
        items = json.loads(body)["data"]
        named = [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotAChat("no list of models") from error
    return [item for item in named if item["id"] and item["id"] == safe(item["id"], NAME_LENGTH)]


def lost(error: Exception) -> ProviderError:
    """Our error for what ended a connection."""
    causes = chain(error)
    detail = " < ".join(f"{type(cause).__name__}: {cause}" for cause in causes)
    if isinstance(error, ProviderError):
        return error
    names = {base.__name__ for cause in causes for base in type(cause).__mro__}
    if "ClientConnectorError" in names or "ConnectionTimeoutError" in names:
        return Unreachable(detail)
    if names & {"ClientError", "HTTPError", "APIConnectionError", "OSError"}:
        return ConnectionLost(detail)
    return ProviderError(detail)


def is_stale(error: Exception) -> bool:
    """Whether the other side had hung up before it saw the request, as kept connections do."""
    names = {base.__name__ for cause in chain(error) for base in type(cause).__mro__}
    return bool(names & {"ServerDisconnectedError", "ClientOSError"}) and "ClientConnectorError" not in names


def chain(error: BaseException) -> list[BaseException]:
    causes = [error]
    while (cause := causes[-1].__cause__) is not None and len(causes) < 5:
        causes.append(cause)
    return causes


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Source, Client]]" = WeakKeyDictionary()
_is_warm = False


async def warm() -> None:
    """Imports what answering needs, in a thread: once, about a second."""
    global _is_warm  # noqa: PLW0603  a process imports once
    if not _is_warm:
        for name in ("openai", "openai.resources.chat.completions", "openai.resources.models"):
            await asyncio.to_thread(import_module, name)
        _is_warm = True


async def client_for(source: Source) -> Client:
    """This loop's client of a source, made at its first use."""
    await warm()
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if source not in clients:
        clients[source] = Client(source)
    return clients[source]


async def aclose() -> None:
    """Closes what this loop holds: connections and the demo model."""
    await draining.end()
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


def started_demo() -> "Demo":
    from conversations import demo  # noqa: PLC0415  a server that most sites never start

    return demo.start()
