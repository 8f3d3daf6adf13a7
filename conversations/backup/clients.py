"""PostgreSQL's own programs, run to their ends: pg_dump, pg_restore and psql."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.backup.errors import Failed, Unfit

ON_DEBIAN = "usr/lib/postgresql/{}/bin/{}"
SAID = 500  # characters of what a program says when it fails
PSQL = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
# What a site is made of. Schemas and extensions are there already, or are not for the site's role to make.
OURS = (
    *("TABLE DATA", "TABLE", "SEQUENCE OWNED BY", "SEQUENCE SET", "SEQUENCE", "DEFAULT", "FK CONSTRAINT"),
    *("CHECK CONSTRAINT", "CONSTRAINT", "INDEX", r"FUNCTION .*\bconversations_\w*\(.*\)"),
)
ENTRY = re.compile(rf"\d+; \d+ \d+ ({'|'.join(OURS)}) ")
PROGRAMS = ("pg_dump", "pg_restore", "psql")
VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")
HEAD = 100  # lines before the first statement that makes something
TOO_NEW = b"SET transaction_timeout ="  # written by programs from 17 on, and unknown to servers before


def check(of: BaseDatabaseWrapper) -> None:
    """Raises Unfit where they could not back up this database, or not put it back."""
    for program in PROGRAMS:
        path_of(program, major(of))


def run(program: str, *arguments: str | Path, of: BaseDatabaseWrapper) -> bytes:
    """What the program says on its standard output. Raises Failed with what it says on the other."""
    with tempfile.TemporaryFile() as said, started(program, *arguments, of=of, said=said) as running:
        output, _ = running.communicate()
        settle(program, running, said)
        return output


def replay(dump: Path, before: Iterable[str], *, into: BaseDatabaseWrapper) -> None:
    """Runs these statements and then what makes the dump's tables again, all or nothing.

    psql is told to commit only when it has done all else, so that it does not outlive us and go on: whatever ends this
    process undoes all. Raises Failed.
    """
    listed = run("pg_restore", "--list", dump, of=into).decode(errors="replace")
    wanted = dump.with_name("wanted")
    wanted.write_text("".join(line for line in listed.splitlines(keepends=True) if ENTRY.match(line)))
    script = ("--no-owner", "--no-privileges", f"--use-list={wanted}", "--file=-", dump)
    with (
        tempfile.TemporaryFile() as said,
        started("psql", *PSQL, f"--dbname={address(into)}", of=into, said=said) as psql,
        started("pg_restore", *script, of=into, said=said) as reading,
    ):
        with suppress(BrokenPipeError):  # psql has stopped, and said why
            told = stdin(psql)
            told.write(b"SET client_min_messages = warning; BEGIN;\n")
            told.writelines(f"{statement};\n".encode() for statement in before)
            pass_on(output(reading), told)
            told.write(b"\\echo done\n")
            told.flush()
            if output(psql).readline() and reading.wait() == 0:  # all before is done, and was whole
                told.write(b"COMMIT;\n")
            told.close()
        output(reading).close()
        psql.wait()
        settle("psql", psql, said)
        settle("pg_restore", reading, said)


def pass_on(script: IO[bytes], told: IO[bytes]) -> None:
    for _ in range(HEAD):
        line = script.readline()
        if not line.startswith(TOO_NEW):
            told.write(line)
    shutil.copyfileobj(script, told)


def started(
    program: str, *arguments: str | Path, of: BaseDatabaseWrapper, said: IO[bytes]
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - found by name, without a shell
            [path_of(program, major(of)), *arguments],
            env={**os.environ, "PGPASSWORD": str(of.settings_dict["PASSWORD"])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            restore_signals=False,  # what may not be written is an error to tell of, and not its end
        )
    except OSError as error:
        raise Failed(f"{program} cannot be run: {error.strerror}.") from error


def settle(program: str, running: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
    if status := running.wait():
        said.seek(0)
        text = " ".join(said.read().decode(errors="replace").split())
        raise Failed(f"{program} failed: {text[-SAID:] or f'status {status}'}")


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


def stdin(running: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert running.stdin  # noqa: S101 - it was asked for
    return running.stdin


def output(running: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert running.stdout  # noqa: S101 - it was asked for
    return running.stdout
