"""PostgreSQL's own programs, run to their ends: pg_dump and pg_restore."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.backup.errors import Failed, Unfit
from conversations.text import one_line

ON_DEBIAN = "usr/lib/postgresql/{}/bin/{}"
SAID = 500  # characters of what a program says when it fails
PROGRAMS = ("pg_dump", "pg_restore")
VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")


def check(of: BaseDatabaseWrapper) -> None:
    """Raises Unfit where they could not back up this database, or not put it back."""
    for program in PROGRAMS:
        path_of(program, major(of))


def run(program: str, *arguments: str | Path, of: BaseDatabaseWrapper) -> bytes:
    """What the program says on its standard output. Raises Failed with what it says on the other."""
    with running(program, *arguments, of=of) as output:
        return output.read()


@contextmanager
def running(program: str, *arguments: str | Path, of: BaseDatabaseWrapper) -> Iterator[IO[bytes]]:
    """The program's standard output, to be read to its end. Raises Failed with what it says on the other."""
    with tempfile.TemporaryFile() as said, _started(program, *arguments, of=of, said=said) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        yield process.stdout
        if status := process.wait():
            said.seek(0)
            text = one_line(said.read().decode(errors="replace"))
            raise Failed(f"{program} failed: {text[-SAID:] or f'status {status}'}")


def _started(
    program: str, *arguments: str | Path, of: BaseDatabaseWrapper, said: IO[bytes]
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - found by name, without a shell
            [path_of(program, major(of)), *arguments],
            env={**os.environ, "PGPASSWORD": str(of.settings_dict["PASSWORD"])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            restore_signals=False,  # what may not be written is an error to tell of, and not its end
        )
    except OSError as error:
        raise Failed(f"{program} cannot be run: {error.strerror}.") from error


def major(of: BaseDatabaseWrapper) -> int:
    """The server's version, as 17."""
    return int(of.pg_version // 10000)  # type: ignore[attr-defined]  # of PostgreSQL's


def path_of(program: str, wanted: int) -> str:
    """The program of the server's version, where Debian keeps several; else that in PATH, else the newest.

    Raises Unfit where there is none, or an older one: that does not know the server.
    """
    own = Path("/") / ON_DEBIAN.format(wanted, program)
    others = sorted(map(str, Path("/").glob(ON_DEBIAN.format("*", program))), reverse=True)
    path = next(filter(None, [str(own) if own.exists() else None, shutil.which(program), *others]), None)
    if path is None:
        raise Unfit(f"{program} is not installed here.")
    said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout  # noqa: S603
    if (found := VERSION.search(said)) and int(found[1]) < wanted:
        raise Unfit(f"{program} is of PostgreSQL {int(found[1])}, and the server of {wanted}, which it does not know.")
    return path


def address(database: BaseDatabaseWrapper) -> str:
    """How the programs reach the database, all that its address says but the password: arguments are there to read for
    everybody on the machine."""
    from psycopg import conninfo, pq  # noqa: PLC0415 - its driver is installed only where PostgreSQL is used

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} - {"password"}
    given = database.get_connection_params()
    return conninfo.make_conninfo("", **{name: value for name, value in given.items() if name in known})
