"""From an SQLite file into the site's PostgreSQL: every row of every table, and a look whether all of it arrived."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import DatabaseError, Error, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from conversations import upgrades
from conversations.backup import postgresql, sqlite
from conversations.backup.contents import Contents, contents_of, differences, models_of
from conversations.backup.errors import Failed
from conversations.text import one_line

ROWS = 20  # that are in memory: one may have megabytes


def move(file: Path) -> Contents:
    """Copies all that the SQLite database has into the site's, which is migrated and has nobody in it; what was moved.

    The file is only read; nobody may write to it meanwhile. Everything arrives in one transaction, in which it is
    compared with what was read: raises Failed, and then the site's database is as it was.
    """
    with sqlite.opened(file) as source, transaction.atomic(using=source.alias):
        _refuse(source)
        try:
            with transaction.atomic(), connection.wrap_database_errors, connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                moved = _moved(source)
            postgresql.analyze(connection)
            return moved
        except (Error, ValueError) as error:
            raise Failed(f"Nothing was moved. {one_line(error)}") from error


def _refuse(source: BaseDatabaseWrapper) -> None:
    try:
        applied = upgrades.applied(source)
        ahead, lacking = upgrades.newer(applied), upgrades.lacking(source)
    except DatabaseError as error:
        raise Failed(f"The file is no database of a site: {error}") from error
    if not applied:
        raise Failed("The file is an empty database. The site's own is where its DATA_DIR or DATABASE_URL says.")
    if ahead:
        raise Failed(f"The file is newer than this code, which does not know {ahead[0]}. Move it with the newer code.")
    if lacking:
        raise Failed("The file is older than this code. Migrate it first: DATABASE_URL=sqlite:///… manage.py migrate")
    if get_user_model().objects.exists():
        raise Failed("There are people in the site's database already. Move into an empty one.")


def _moved(source: BaseDatabaseWrapper) -> Contents:
    models = [model for model in models_of(source) if model is not MigrationRecorder.Migration]
    with connection.cursor() as cursor:
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        cursor.execute(f"TRUNCATE {tables}")  # what migrations wrote there is among what comes
        for model in models:
            _copy(model, source, cursor)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    expected, arrived = contents_of(source), contents_of(connection)
    for each in (expected, arrived):
        del each[MigrationRecorder.Migration._meta.db_table]  # each has when it was migrated itself
    if told := differences(expected, arrived):
        raise Failed(f"Nothing was moved, since not all of it arrived as it was: {'; '.join(told)}.")
    return arrived


def _copy(model: type[Model], source: BaseDatabaseWrapper, cursor: Any) -> None:
    """Through COPY, which is fast, and asks no field for its value of now, as saving would."""
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields)
    with cursor.copy(f"COPY {connection.ops.quote_name(model._meta.db_table)} ({columns}) FROM STDIN") as copy:
        for row in _rows(model, source):
            copy.write_row(row)


def _rows(model: type[Model], source: BaseDatabaseWrapper) -> Iterator[list[Any]]:
    fields = model._meta.concrete_fields
    every = model._base_manager.using(source.alias).order_by().values_list(*(field.attname for field in fields))
    for row in every.iterator(chunk_size=ROWS):
        yield [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]
