"""Django's PostgreSQL, for which a restart of the database costs no request."""

import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error, OperationalError
from psycopg_pool import ConnectionPool, PoolTimeout

from chatsite.postgresql import asked


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no broken connection out of the pool.

    The pool's own check (CONN_HEALTH_CHECKS) tries one after the other and pauses longer after each; the connections
    that a restart broke use up its time-out. Where one is broken, here all are looked through at once.

    What waits behind a request that waits for a connection in vain fails with it: requests have few threads, and each
    would otherwise wait for its own time-out.
    """

    _away_at = float("-inf")  # of the process's monotonic clock

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool is not None and asked.at.get() < DatabaseWrapper._away_at:
            raise OperationalError("no connection was to be had meanwhile")
        try:
            connection = super().get_new_connection(conn_params)
        except PoolTimeout:
            DatabaseWrapper._away_at = time.monotonic()
            raise
        if self.pool is None or works(connection):
            return connection
        self.pool.putconn(connection)
        self.pool.check()
        return super().get_new_connection(conn_params)


def works(connection: Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        return False
    return True
