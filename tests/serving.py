"""The whole site inside the test's process: real HTTP on loopback, and the test's own database."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self

import uvicorn
from django.db import Error

from chatsite.asgi import application
from conversations import database
from conversations.generation import serving
from tests.patience import PATIENCE
from tests.people import Person, Response, Stream, text_of

__all__ = ["Person", "Response", "Site", "Stream", "text_of"]


class Server(uvicorn.Server):
    """Says when it is ready, and leaves the process's signals alone."""

    def __init__(self) -> None:
        super().__init__(uvicorn.Config(application, port=0, lifespan="on", log_config=None, ws="none"))
        self.is_ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Site:
    """The running site; `port` is where it listens."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    def __enter__(self) -> Self:
        self._server = Server()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="site", daemon=True)
        self._thread.start()
        assert self._server.is_ready.wait(PATIENCE)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """What `work` returns on the server's loop."""
        return self.begin(work).result(PATIENCE)

    def begin(self, work: Callable[[], Awaitable[Any]]) -> "Future[Any]":
        """Begin `work` on the server's loop."""

        async def working() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(working(), self._loop)

    def settle(self) -> None:
        """Hang up, interrupt every running answer and wait for its end: what a shutdown does, without one. Nothing is
        in the database afterwards: it would stand in the way of whoever empties it."""
        for stream in self.streams:
            stream.close()
        self.streams.clear()

        async def interrupt() -> None:
            here = serving.current()
            for stop in list(here.answers.values()):
                stop()
            await ended(here.answers)
            for title in (titles := [task for task in here.others if task.get_name().startswith("title ")]):
                title.cancel()
            await ended([*titles, *self._server.server_state.tasks])
            lanes = (database.run, database.read, database.read_at_length)
            for outcome in await asyncio.gather(*(lane(lambda: None) for lane in lanes), return_exceptions=True):
                if outcome and not isinstance(outcome, Error):  # a test may have taken the database away
                    raise outcome

        self.run(interrupt)

    def wait_tasks(self) -> None:
        """Wait until every answer and every title has ended by itself."""

        async def wait() -> None:
            here = serving.current()
            async with asyncio.timeout(PATIENCE):
                # An answer begins the task of its title while it is waited for.
                while tasks := {task for task in here.others if task.get_name() != "recovery"}:
                    await asyncio.wait(tasks)

        self.run(wait)

    def wait_answers(self) -> None:
        """Wait until every answer has ended by itself."""

        async def wait() -> None:
            if running := set(serving.current().answers):
                await asyncio.wait(running, timeout=PATIENCE)
            assert not serving.current().answers

        self.run(wait)


async def ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Wait for all of them. One that does not end is a failure, told by its name."""
    if tasks:
        _, stuck = await asyncio.wait(set(tasks), timeout=PATIENCE / 4)  # before whoever waits for this gives up
        assert not stuck, f"what does not end: {[task.get_name() for task in stuck]}"
