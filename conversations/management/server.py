"""The server process: its sockets, its one place at an SQLite database, and its end."""

import asyncio
import ctypes
import errno
import fcntl
import os
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from chatsite.environment import SQLITE
from conversations import generation
from conversations.management.preparation import Say, alone_at_database

M_ARENA_MAX = -8  # of glibc's malloc.h
OVERTIME = 10.0  # seconds after SHUTDOWN_GRACE, when whatever still hangs is left behind
OTHERS = """SELECT string_agg(DISTINCT coalesce(nullif(application_name, ''), usename), ', ') FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND coalesce(backend_type, 'client backend') = 'client backend'"""  # whose others' is not told to all
KEEP_ALIVE = 75  # seconds: more than the usual proxies, so that no request meets a connection just closed


class Server(uvicorn.Server):
    """uvicorn's, which tells running answers and streams of a signal at once, and ends with status 0."""

    def __init__(self, config: uvicorn.Config, *, when_open: Callable[[], None]) -> None:
        super().__init__(config)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.when_open = when_open

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.when_open()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal gives running answers SHUTDOWN_GRACE; a second one ends at once."""
        if self.should_exit:
            self.force_exit = True
            leave_after(1.0)
            return
        self.should_exit = True
        leave_after(settings.SHUTDOWN_GRACE + OVERTIME)
        if self.loop is not None:
            self.loop.call_soon_threadsafe(generation.begin_shutdown)


def leave_after(seconds: float) -> None:
    """Ends the process even where a thread hangs. What it leaves open is recovered at the next start."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def serve(listeners: list[socket.socket], *, when_open: Callable[[], None]) -> None:
    """Answers on these sockets until a signal comes; calls `when_open` once, when they take connections."""
    keep_memory_together()
    allow_open_files()
    config = uvicorn.Config(
        "chatsite.asgi:application",
        interface="asgi3",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=settings.LOG_LEVEL == "DEBUG",
        server_header=False,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=settings.SHUTDOWN_GRACE,
    )
    Server(config, when_open=when_open).run(listeners)


def keep_memory_together() -> None:
    """Lets all threads share two of glibc's arenas. Each would otherwise leave half-empty memory behind in one of eight
    arenas per processor. Elsewhere it does nothing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def allow_open_files() -> None:
    """As many as the system lets this process have: each open stream takes two or three."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # some systems have a lower bound that they do not tell
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that `host` stands for. Raises CommandError that says what to change."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CommandError(no_address(host)) from error
    addresses = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
    if port == 0:
        del addresses[1:]  # each would get a port of its own
    return [bound(family, address) for family, address in addresses]


def bound(family: int, address: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. Without it the body of a reply waits until the client has confirmed its head: up to 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise CommandError(refusal(error, *address[:2])) from error
    return listener


def refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use. Stop the program that uses it, or choose another port: PORT={port % 60000 + 1}"
    if error.errno == errno.EACCES:
        return f"Port {port} is for root alone. Choose another port: PORT=8000"
    return no_address(host)


def no_address(host: str) -> str:
    return f"HOST is {host!r}, which is no address of this machine. Try HOST=127.0.0.1."


@contextmanager
def only_server() -> Iterator[bool]:
    """Keeps other server processes from an SQLite database; gives whether this one is certainly alone."""
    described = settings.DATABASES["default"]
    if described["ENGINE"] != SQLITE:
        yield False
        return
    with alone_at_file(Path(described["NAME"]).resolve()):
        yield True


@contextmanager
def alone_at_file(database: Path) -> Iterator[None]:
    """Keeps other server processes from the SQLite database; raises CommandError where one is there."""
    with Path(f"{database}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"Another process serves {database} already. Stop it first, or set DATA_DIR to another folder."
            ) from error
        yield


@contextmanager
def nobody_serves(say: Say) -> Iterator[None]:
    """Keeps every process that would serve from the database: it waits, or is refused.

    Raises CommandError where one is there already; on PostgreSQL where anybody is connected.
    """
    with only_server(), alone_at_database(say) as own:
        if own is not None:
            refuse_others(own)
        yield


def refuse_others(own: BaseDatabaseWrapper) -> None:
    with own.cursor() as cursor:
        cursor.execute(OTHERS)
        (others,) = cursor.fetchone()
    if others:
        raise CommandError(f"The database is in use, by {others}. Stop the site, and what else is there.")


def site_url(listeners: list[socket.socket]) -> str:
    """Where people reach the site: PUBLIC_URL, or the address that is listened on."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    host, port = listeners[0].getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
