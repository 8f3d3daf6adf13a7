"""Django's PostgreSQL, for which a restart of the database costs no request."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no broken connection out of the pool.

    The pool's own check (CONN_HEALTH_CHECKS) tries one after the other and pauses longer after each; the connections
    that a restart broke use up its time-out. Where one is broken, here all are looked through at once.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
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
