"""What a database holds, in numbers that can be compared: of each table its rows, and a hash of all their values.

The same rows give the same numbers on SQLite and on PostgreSQL, in whatever order they lie.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from conversations.backup.errors import Failed

ROWS = 20  # that are in memory: one may have megabytes
MODULUS = 1 << 256


@dataclass(frozen=True)
class Table:
    """`rows`, and the sum of the SHA-256 of each, modulo 2²⁵⁶, in hexadecimal."""

    rows: int
    digest: str


Contents = dict[str, Table]


def contents_of(database: BaseDatabaseWrapper) -> Contents:
    """Every table that the database's own migrations made of models, and the list of these migrations itself.

    Reads each row (some 40,000 a second). An older database than the code is read as it was then. What is made anew
    from the rows, the search's index above all, is not looked at, and neither are counts of tries to log in. Raises
    Failed where a value cannot be read.
    """
    with transaction.atomic(using=database.alias):  # in which PostgreSQL hands rows out as they are read
        return {model._meta.db_table: _table(model, database) for model in models_of(database)}


def models_of(database: BaseDatabaseWrapper) -> list[type[Model]]:
    """The models as the migrations left them that the database has; raises what the migrations' loader raises."""
    loader = MigrationExecutor(database).loader
    known = [key for key in loader.applied_migrations if key in loader.graph.nodes]
    apps = loader.project_state(known).apps
    return [*apps.get_models(include_auto_created=True), MigrationRecorder.Migration]


def differences(expected: Contents, found: Contents) -> list[str]:
    """A sentence for each table that is not as expected."""
    told = []
    for name in sorted(expected.keys() | found.keys()):
        before, after = expected.get(name), found.get(name)
        if before == after:
            continue
        if before is None or after is None:
            told.append(f"{name} is {'missing' if after is None else 'one table too many'}")
        elif before.rows != after.rows:
            told.append(f"{name} has {after.rows:,} rows in place of {before.rows:,}")
        else:
            told.append(f"{name} has other values")
    return told


def _table(model: type[Model], database: BaseDatabaseWrapper) -> Table:
    fields = sorted(model._meta.concrete_fields, key=lambda field: str(field.column))
    names = [field.attname for field in fields]
    rows, total = 0, 0
    every = model._base_manager.using(database.alias).order_by().values_list(*names)
    try:
        for row in every.iterator(chunk_size=ROWS):
            written = json.dumps(row, default=_plain, separators=(",", ":"), sort_keys=True)
            total = (total + int.from_bytes(hashlib.sha256(written.encode()).digest(), "big")) % MODULUS
            rows += 1
    except ValueError as error:
        raise Failed(f"The table {model._meta.db_table} has a value that cannot be read: {error}.") from error
    return Table(rows, f"{total:064x}")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)
