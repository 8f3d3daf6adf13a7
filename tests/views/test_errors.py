"""Which failures of the database pass by themselves (503, the text is given back), and which are faults of ours."""

import pytest
from django import db

from conversations.views import errors


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (db.OperationalError("database is locked"), True),
        (db.InterfaceError("connection already closed"), True),
        (db.InternalError("current transaction is aborted"), True),
        (db.DatabaseError("database disk image is malformed"), True),
        (db.IntegrityError("UNIQUE constraint failed"), False),
        (db.ProgrammingError("no such column"), False),
        (db.DataError("value too long"), False),
        (db.NotSupportedError("no such function"), False),
        (ValueError("away"), False),
        (None, False),
    ],
)
def test_database_is_away_where_it_could_not_do_what_it_was_rightly_asked(error: Exception | None, is_away: bool):
    assert errors.is_database_away(error) is is_away
