"""What is measured: the site as people host it, its processor time, its memory, and what it has stored."""

import sqlite3
from collections.abc import Iterator

from bench.machine import delayed, spent
from bench.soak.check import Row
from bench.soak.plan import Plan
from tests.programs.cluster import Cluster
from tests.programs.serve import Serve, family

ANSWERS = """SELECT question.text, answer.status, answer.text FROM conversations_message answer
             JOIN conversations_message question ON question.id = answer.parent_id WHERE answer.role = 'assistant'"""


class Alone:
    """One process on SQLite."""

    name = "one process, SQLite"

    def __init__(self, **settings: str) -> None:
        self._serve = Serve(**settings)
        self.serves = [self._serve]

    def __enter__(self) -> "Alone":
        self._serve.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._serve.__exit__()

    @property
    def url(self) -> str:
        return self._serve.url

    def answers(self) -> list[Row]:
        with sqlite3.connect(self._serve.data / "db.sqlite3") as connection:
            return rows(connection.execute(ANSWERS))

    def stored_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._serve.data.glob("db.sqlite3*"))


class Grown:
    """Two processes on PostgreSQL and Redis, behind nginx."""

    name = "two processes, PostgreSQL, Redis, nginx"

    def __init__(self, **settings: str) -> None:
        self._cluster = Cluster(2, nginx=True, **settings)

    def __enter__(self) -> "Grown":
        self._cluster.__enter__()
        self.serves = self._cluster.serves
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.__exit__()

    @property
    def url(self) -> str:
        assert self._cluster.nginx  # noqa: S101 - said above
        return self._cluster.nginx.url

    def answers(self) -> list[Row]:
        return rows(iter(self._cluster.rows(ANSWERS)))

    def stored_bytes(self) -> int:
        ((size,),) = self._cluster.rows("SELECT pg_database_size(current_database())")
        return int(str(size))


Site = Alone | Grown


def rows(found: Iterator[tuple[object, ...]]) -> list[Row]:
    """The answers to messages of the soak."""
    read = ((Plan.read(str(question)), status, text) for question, status, text in found)
    return [Row(plan.tag, str(status), str(text)) for plan, status, text in read if plan]


def memory(site: Site) -> int:
    """Bytes that the site's processes and their children hold."""
    return sum(serve.memory() for serve in site.serves)


def processor_seconds(site: Site) -> float:
    """Processor time of the site's processes and their children so far."""
    return sum(spent(pid) for serve in site.serves for pid in family(serve.program.pid))


def waited_seconds(site: Site) -> float:
    """How long their loops could have run so far and had no processor: something else had it."""
    return sum(delayed(serve.program.pid) for serve in site.serves) / len(site.serves)
