"""A host's machine: a site's data folder and database, and what its commands say there. Nothing serves yet."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.programs.postgresql import PostgreSQL
from tests.programs.program import Program
from tests.programs.serve import ROOT, Serve

FILL = "from tests.releases.dump import fill; fill()"
ASKS_WHO_IS_THERE = "conversations.management.server.alone_at_database"  # to go on while nobody else may
SAID = "SELECT text FROM conversations_message ORDER BY id"


@dataclass(frozen=True)
class Done:
    """A command that has ended: its status and what it said."""

    status: int
    out: str
    err: str


def old_programs(host: "Host", folder: Path) -> None:
    """Lets it find PostgreSQL's programs of a version that no server has any more, where it looks into PATH."""
    for name in ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) 9.6.24"\n')
        program.chmod(0o755)
    host.settings["PATH"] = f"{folder}:{os.environ['PATH']}"


@dataclass
class Host:
    """Its `data` folder, and its PostgreSQL database `name` on a server; without one SQLite in `data`."""

    data: Path
    postgresql: PostgreSQL | None = None
    name: str = "chatsite"
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        given = {"PATH": os.environ["PATH"], "HOME": str(self.data.parent), "DATA_DIR": str(self.data)}
        database = {"DATABASE_URL": self.postgresql.url(self.name)} if self.postgresql else {}
        return given | database | self.settings

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    def manage(self, *arguments: str | Path, most_blocks: int | None = None, **settings: str) -> Done:
        """Runs the command to its end, with further settings; files take no more than `most_blocks` of 512 bytes."""
        limit = ["sh", "-c", f'ulimit -f {most_blocks}; exec "$@"', "sh"] if most_blocks else []
        done = subprocess.run(
            [*limit, sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment | settings, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def begin(self, *arguments: str | Path, shrink: Mapping[str, Any] | None = None) -> Program:
        """The command as a running program; with `shrink`, constants of the product have other values."""
        return self._begun(["-m", "tests.programs.shrunk", json.dumps(shrink)] if shrink else ["manage.py"], arguments)

    def begin_to(self, function: str, *arguments: str | Path) -> Program:
        """As `begin`; it stands still, paused, where it would call this function of its own."""
        return self._begun_to("before", function, arguments)

    def begin_to_write(self, function: str, *arguments: str | Path) -> Program:
        """As `begin_to`; it stands still in the middle of the function: at the first byte that it writes into the
        folder that it is given."""
        return self._begun_to("at_first_write", function, arguments)

    def _begun_to(self, stop: str, function: str, arguments: Sequence[str | Path]) -> Program:
        running = self._begun(["-m", "tests.programs.stopping", stop, function], arguments)
        try:
            running.wait_paused()
        except BaseException:
            running.kill()
            raise
        return running

    def _begun(self, starter: list[str], arguments: Sequence[str | Path]) -> Program:
        return Program([sys.executable, *starter, *map(str, arguments)], environment=self.environment, folder=ROOT)

    def fill(self) -> Self:
        """Two people, and conversations in every state, in a database that is empty."""
        for command in (["migrate", "-v", "0"], ["shell", "-v", "0", "-c", FILL]):
            done = self.manage(*command)
            assert done.status == 0, done.err
        return self

    def backup(self, *arguments: str | Path) -> Path:
        """Makes one: its path."""
        done = self.manage("backup", *arguments)
        assert done.status == 0, done.err
        return Path(done.out.strip())

    def serve(self) -> Serve:
        given = {"DATABASE_URL": self.environment["DATABASE_URL"]} if self.postgresql else {}
        return Serve(data=self.data, **given)

    def serve_behind(self, running: Program) -> int:
        """Starts the site while this command of its stands still: it waits, and serves when that has ended. The
        command's status."""
        serve = self.serve()
        serve.start()
        with serve.program:
            serve.program.wait_line("Another process is preparing the database")
            running.resume()
            status = running.wait()
            serve.wait_ready()
        return status

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Runs one statement on the database, committed at once: its rows."""
        if self.postgresql:
            return self.postgresql.ask(statement, of=self.name)
        with closing(sqlite3.connect(self.data / "db.sqlite3")) as database, database:
            return database.execute(statement).fetchall()

    def asleep(self, what: str) -> list[tuple[Any, ...]]:
        """`what` of the connections to its PostgreSQL that are in a pg_sleep; asked from another database, so that
        nobody is seen at this one."""
        assert self.postgresql
        found = f"{what} FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '{self.name}'"
        return self.postgresql.ask(found, of="postgres")

    @property
    def texts(self) -> list[str]:
        return [text for (text,) in self.ask(SAID)]
