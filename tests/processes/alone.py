"""The embedded default: one process of the site on SQLite."""

import atexit
import functools
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

from tests.fakes.provider import FakeProvider
from tests.patience import PATIENCE
from tests.people import Person
from tests.processes.telling import Teller
from tests.programs.serve import Serve

PEOPLE = ("ada", "bob", "cem", "dua")


@functools.cache
def prepared() -> tuple[Path, dict[str, str]]:
    """A data folder with accounts of PEOPLE, and the keys of their sessions. Made once, as it takes a while."""
    folder = Path(tempfile.mkdtemp(prefix="chatsite-alone-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with Serve(data=folder / "data") as site:
        sessions = site.make_accounts(*PEOPLE)
        site.terminate()
    return folder / "data", sessions


class Alone:
    """The site in one process, `serve`, asked by PEOPLE and answered by `teller`. See Serve for the rest."""

    def __init__(self, *, shrink: dict[str, Any] | None = None, **settings: str) -> None:
        self.teller = Teller()
        self.provider = FakeProvider()
        self.provider.default = self.teller
        self._shrink, self._settings = shrink, settings

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.provider)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-alone-")))
            data, self._sessions = prepared()
            shutil.copytree(data, folder / "data")
            access = {"OPENAI_BASE_URL": self.provider.base_url, "OPENAI_API_KEY": "key-of-the-site"}
            settings = access | {"CHAT_MODELS": "fake-model"} | self._settings
            self.serve = stack.enter_context(Serve(data=folder / "data", shrink=self._shrink, **settings))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def person(self, name: str = "ada") -> Person:
        return Person(self.serve.url, self._sessions[name])

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database says, asked without the site."""
        path = self.serve.data / "db.sqlite3"
        with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
            return list(connection.execute(question))
