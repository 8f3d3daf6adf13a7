"""The site of the tests: when it has settled, nothing of it is in the database or on its way there."""

import asyncio
import hashlib

import pytest
from django.db import OperationalError

from conversations import database
from conversations.generation import serving
from tests.serving import Site

SOME_TIME = 400_000  # iterations: tenths of a second


def work() -> None:
    hashlib.pbkdf2_hmac("sha256", b"", b"", SOME_TIME)


def test_settled_site_exports_nothing(site: Site) -> None:
    exporting = site.begin(lambda: database.read_at_length(work))

    site.settle()

    assert exporting.done()


def test_settled_site_reads_nothing_though_the_writer_failed(site: Site) -> None:
    def fail() -> None:
        work()
        raise OperationalError("away")  # and all that waits behind it fails with it

    failing = site.begin(lambda: database.run(fail))
    reading = site.begin(lambda: database.read(lambda: [work() for _ in range(4)]))

    site.settle()

    assert isinstance(failing.exception(), OperationalError)
    assert reading.done()


def test_what_does_not_end_is_told_by_its_name(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def begin() -> asyncio.Event:
        released = asyncio.Event()
        serving.current().spawn(stubborn(released), "title of 7")
        return released

    released = site.run(begin)
    with monkeypatch.context() as patched:
        patched.setattr("tests.serving.PATIENCE", 1)
        try:
            with pytest.raises(AssertionError, match="title of 7"):
                site.settle()
        finally:
            site._loop.call_soon_threadsafe(released.set)


async def stubborn(released: asyncio.Event) -> None:
    while not released.is_set():
        try:
            await released.wait()
        except asyncio.CancelledError:
            continue
