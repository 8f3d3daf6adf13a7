"""PostgreSQL in a folder of its own, on loopback alone."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.programs.program import Program, find, free_port

USER = "chatsite"
POSTGRES = find("postgres", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
READY = "ready to accept connections"
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "lc_messages": "C",
    # Tests roll back what they write: a table that is found empty meanwhile is planned for as if it stayed so.
    "autovacuum": "off",
    # Nothing here has to outlive a power cut. A killed server still keeps what was committed.
    "fsync": "off",
    "full_page_writes": "off",
}


class PostgreSQL:
    """A cluster of one server: `url(name)` is the address of its database `name`; `stop` and `start` keep its data.

    It refuses to run as root: started by root, it runs as the user `postgres`.
    """

    def __init__(self) -> None:
        assert POSTGRES, "PostgreSQL is not installed: make system"
        self.port = free_port()
        self._binaries = Path(POSTGRES).resolve().parent
        self._user = "postgres" if os.geteuid() == 0 else None

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-postgresql-"))
        try:
            self._initialize()
            self.start()
            self.create_database("chatsite")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str = "chatsite") -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start it again, on the same port and data. Returns when it takes connections."""
        options = [argument for name, value in OPTIONS.items() for argument in ("-c", f"{name}={value}")]
        command = [self._binaries / "postgres", "-D", self.folder, "-p", str(self.port), *options]
        self._program = Program(command, folder=self.folder, litter=self.folder, user=self._user)
        self._program.wait_line(READY)

    def stop(self, mode: str = "fast") -> None:
        """Break all connections and end: "fast" rolls back and closes, "immediate" is as a crash."""
        self._program.signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        self._program.wait()

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def log(self) -> str:
        return self._program.log

    def create_database(self, name: str) -> str:
        """An empty database; its url."""
        self.ask(f'CREATE DATABASE "{name}"', of="postgres")
        return self.url(name)

    def connections(self, of: str = "chatsite") -> dict[str, int]:
        """How many connections the database `of` has, by the name of the application; without the one that asks."""
        question = """SELECT application_name, count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"""
        return {str(name): int(count) for name, count in self.ask(question, of=of)}

    def ask(self, question: str, values: tuple[object, ...] = (), *, of: str = "chatsite") -> list[tuple[object, ...]]:
        """Run one statement in the database `of`, committed at once: its rows."""
        import psycopg  # only where PostgreSQL is used: its driver is an extra

        with psycopg.connect(self.url(of), autocommit=True, application_name="tests") as connection:
            cursor = connection.execute(question, values or None)
            return cursor.fetchall() if cursor.description else []

    def _initialize(self) -> None:
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [
                *(self._binaries / "initdb", "-D", self.folder, "--username", USER, "--auth=trust", "--no-sync"),
                *("--encoding=UTF8", "--locale=C"),
            ],
            cwd=self.folder,
            user=self._user,
            group=self._user,
            extra_groups=[] if self._user else None,
            check=True,
            capture_output=True,
        )
