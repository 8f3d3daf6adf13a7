"""The grown-up setup: several processes of the site on one PostgreSQL and one Redis, perhaps behind nginx."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.fakes.provider import FakeProvider
from tests.people import Person
from tests.programs.nginx import Nginx
from tests.programs.postgresql import PostgreSQL
from tests.programs.program import free_port
from tests.programs.redis import Redis
from tests.programs.serve import Serve


class Cluster:
    """`count` processes in `serves` that share `postgresql`, `redis`, the model `provider` and one data folder.

    `redis=False` leaves Redis out, `nginx=True` puts nginx before them; `shrink` and `settings` are as for `Serve`.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        redis: bool = True,
        nginx: bool = False,
        shrink: Mapping[str, Any] | None = None,
        **settings: str,
    ) -> None:
        self.postgresql = PostgreSQL()
        self.redis = Redis() if redis else None
        self.provider = FakeProvider()
        self._ports = [free_port() for _ in range(count)]
        self.nginx = Nginx(*self._ports) if nginx else None
        self._shrink, self._settings = shrink, settings
        self._sessions: dict[str, str] = {}
        self.people: list[Person] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(tempfile.mkdtemp(prefix="chatsite-cluster-"))
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            stack.enter_context(self.postgresql)
            stack.enter_context(self.provider)
            if self.redis:
                stack.enter_context(self.redis)
            self.serves = [self._serve(port) for port in self._ports]
            for serve in self.serves:
                stack.callback(serve.__exit__)
                serve.start()
            for serve in self.serves:
                serve.wait_ready()
            if self.nginx:
                stack.enter_context(self.nginx)
            stack.callback(self.hang_up)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def make_accounts(self, *people: str) -> Self:
        """Accounts of these names; `person` is one of them, logged in."""
        self._sessions |= self.serves[0].make_accounts(*people)
        return self

    def person(self, name: str | None = "ada", at: int | None = None) -> Person:
        """Somebody (None: a visitor) who talks with the process number `at`; without one, with nginx, else the first.

        An account is made where there is none yet, which takes a second: `make_accounts` makes many at once.
        """
        if name is not None and name not in self._sessions:
            self.make_accounts(name)
        url = self.nginx.url if at is None and self.nginx else self.serves[at or 0].url
        self.people.append(Person(url, self._sessions[name] if name else None))
        return self.people[-1]

    def add(self) -> Serve:
        """One more process, the last of `serves`; nginx does not know it."""
        self.serves.append(self._serve(free_port()))
        self.serves[-1].start()
        self._stack.callback(self.serves[-1].__exit__)
        self.serves[-1].wait_ready()
        return self.serves[-1]

    def rows(self, question: str, *values: object) -> list[tuple[object, ...]]:
        """What the database says."""
        return self.postgresql.ask(question, values)

    def hang_up(self) -> None:
        """Close every stream that people have open."""
        for person in self.people:
            for stream in person.streams:
                stream.close()

    def _serve(self, port: int) -> Serve:
        shared = {
            "DATABASE_URL": self.postgresql.url(),
            "OPENAI_BASE_URL": self.provider.base_url,
            "OPENAI_API_KEY": "key-of-the-site",
            "CHAT_MODELS": "fake-model,other-model",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        if self.redis:
            shared["REDIS_URL"] = self.redis.url
        return Serve(data=self.folder / "data", port=port, shrink=self._shrink, **shared | self._settings)
