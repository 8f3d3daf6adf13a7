"""The reference: the smallest relay in Python. It passes the provider's bytes on, as they come, and keeps nothing.

    python -m bench.streams.relay PROVIDER_URL

It stands on what the site stands on: uvicorn and aiohttp.
"""

import socket
import sys
from typing import Any

import aiohttp
import uvicorn

START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")],
}


class Relay:
    """Every POST goes to the same path of the provider."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._http: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        body = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        headers = {"Content-Type": "application/json"}
        async with self._session().post(self._provider + scope["path"], data=body, headers=headers) as response:
            await send(START)
            async for piece in response.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self._http


def main(provider: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2000)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"listening on {listener.getsockname()[1]}", flush=True)  # noqa: T201 - who started it waits for this
    config = uvicorn.Config(Relay(provider), lifespan="off", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
