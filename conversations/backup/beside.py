"""A second connection, to another database or to the site's own, for as long as it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def beside(**changes: Any) -> Iterator[BaseDatabaseWrapper]:
    """A connection as the site's, but for these of its settings (such as NAME)."""
    alias = f"beside-{len(connections.settings)}"
    connections.settings[alias] = {**deepcopy(connections.settings[DEFAULT_DB_ALIAS]), **changes}
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]
