"""What pg_restore writes, carried out on a connection of ours: so all of it is in one transaction, in which what has
arrived can be looked at, and which ends with this process."""

import re
from dataclasses import dataclass
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

from conversations.backup import clients
from conversations.backup.errors import Damaged

FUNCTIONS = ("conversations_words(text)",)  # that migrations make
# What a site is made of. Schemas and extensions are there already, or are not for the site's role to make.
OF_TABLES = "TABLE DATA|TABLE|DEFAULT|FK CONSTRAINT|CHECK CONSTRAINT|CONSTRAINT"
OF_SEQUENCES = "SEQUENCE OWNED BY|SEQUENCE SET|SEQUENCE|INDEX"
SCHEMA = re.compile(r"\d+; \d+ \d+ TABLE (?P<schema>.+) django_migrations \S+$", re.MULTILINE)
COPY = re.compile(rb"(?P<statement>COPY .* FROM stdin);\n")
END_OF_ROWS = b"\\.\n"
# Commands of psql's, and a setting that is written by programs from 17 on and unknown to servers before.
NOT_FOR_US = (b"\\restrict ", b"\\unrestrict ", b"SET transaction_timeout =")


@dataclass(frozen=True)
class Listed:
    """What a dump has: the schema of the site's tables, those with rows, and what of it is to be made, in order."""

    schema: str
    tables: set[str]
    wanted: str


def listed(dump: Path, of: BaseDatabaseWrapper) -> Listed:
    """Raises Damaged where the tables of a site are not in it, Failed where pg_restore cannot read it."""
    told = clients.run("pg_restore", "--list", dump, of=of).decode(errors="replace")
    found = SCHEMA.search(told)
    if found is None:
        raise Damaged("It is damaged: there are no tables of a site in it.")
    schema = re.escape(found["schema"])
    ours = re.compile(
        rf"\d+; \d+ \d+ (?:(?P<kind>{OF_TABLES}) {schema} (?P<table>\S+)|(?:{OF_SEQUENCES}) {schema} "
        rf"|FUNCTION {schema} (?:{'|'.join(map(re.escape, FUNCTIONS))}) )"
    )
    entries = [(line, match) for line in told.splitlines(keepends=True) if (match := ours.match(line))]
    tables = {match["table"] for _, match in entries if match["kind"] == "TABLE DATA"}
    return Listed(found["schema"], tables, "".join(line for line, _ in entries))


def carry_out(dump: Path, what: Listed, into: BaseDatabaseWrapper) -> None:
    """Makes the tables, in the transaction that is open. What is in the way raises a DatabaseError."""
    wanted = dump.with_name("wanted")
    wanted.write_text(what.wanted)
    script = ("--no-owner", "--no-privileges", f"--use-list={wanted}", "--file=-", dump)
    with (
        clients.running("pg_restore", *script, of=into) as lines,
        into.wrap_database_errors,
        into.connection.cursor() as cursor,
    ):
        statements: list[bytes] = []
        for line in lines:
            if copies := COPY.fullmatch(line):
                cursor.execute(b"".join(statements))
                statements.clear()
                with cursor.copy(copies["statement"]) as copy:
                    for row in iter(lines.readline, END_OF_ROWS):
                        if not row:
                            raise Damaged("It is damaged: the rows of a table are cut off.")
                        copy.write(row)
            elif not line.startswith(NOT_FOR_US):
                statements.append(line)
        cursor.execute(b"".join(statements))
