"""The two databases: each dumps itself into a file, opens a dump in a scratch place, and loads one as its own."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.backup import postgresql, sqlite
from conversations.backup.archive import Dump
from conversations.backup.contents import Contents


class Engine(Protocol):
    """What both modules have. Each of these raises Failed."""

    def dump(self, folder: Path) -> Dump: ...

    def scratch(self, file: Path) -> AbstractContextManager[BaseDatabaseWrapper]: ...

    def load(self, file: Path, expected: Contents, /) -> None: ...


def of(name: str) -> Engine:
    """By Django's name of the database."""
    return cast("Engine", {"sqlite": sqlite, "postgresql": postgresql}[name])
