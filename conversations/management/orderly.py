"""How commands run that have everybody's text in their hands."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pwd import getpwuid

from django.conf import settings
from django.core.management import CommandError
from django.db import DatabaseError

from conversations import backup
from conversations.text import one_line


@contextmanager
def orderly() -> Iterator[None]:
    """As the user to whom the data belongs; to an end that leaves nothing behind, also by SIGTERM and a hang-up; and
    failing with a sentence."""
    refuse_root()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    except backup.Failed as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.") from error
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {one_line(error)}") from error


def refuse_root() -> None:
    """What root writes among the files of another user, that user cannot read or replace."""
    owner = settings.DATA_DIR.stat().st_uid if settings.DATA_DIR.exists() else os.geteuid()
    if os.geteuid() == 0 != owner:
        user = name_of(owner)
        raise CommandError(f"{settings.DATA_DIR} belongs to {user}. Run this as that user: sudo -u {user} …")


def name_of(user: int) -> str:
    try:
        return getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"
