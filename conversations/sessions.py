"""SESSION_ENGINE: Django's sessions in the database, of which only keys are looked up that Django could have made."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS


class SessionStore(db.SessionStore):  # of the same name as Django's, which goes into its signature
    """Where the cookie holds another key, nobody is logged in. (It may hold a NUL, which PostgreSQL refuses.)"""

    def _validate_session_key(self, key: str | None) -> bool:
        is_long_enough = super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
        return bool(is_long_enough) and set(key or "").issubset(VALID_KEY_CHARS)
