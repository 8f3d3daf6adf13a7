"""SESSION_ENGINE: Django's sessions in the database, each with the person whose it is.

The table is the one that Django's own app for sessions made, with a column more: what is logged in stays so, and a
process that still runs the version before goes on with it. The column is a number and no relation: a key is as good as
a password, and no lookup through a person may lead to one. What is known of a login is kept when it happens; no request
writes a row because somebody looks at a page, but for giving such a process's sessions their owners.
"""

from datetime import UTC, datetime
from typing import Any, Self

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from conversations import browsers

MOST = 50  # open sessions of a person: a new login ends the ones longest untouched
LOGIN = "login"  # what is known of it, in the session
NOBODY = 0  # owns a visitor's; one without an owner was written by the version before
AT_ONCE = 500  # expired sessions that are removed in one transaction
MOST_UNREAD = 10_000  # of those without an owner that are looked through, the newest


class SessionStore(db.SessionStore):  # of the same name as Django's, which goes into its signature
    """Only keys are looked up that Django could have made. Where the cookie holds another one, nobody is logged in. (It
    may hold a NUL, which PostgreSQL refuses.)"""

    @classmethod
    def get_model_class(cls) -> type["Session"]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> "Session":
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]  # of our model
        row.owner_id = owner_in(data) or NOBODY
        return row

    def _validate_session_key(self, key: str | None) -> bool:
        is_long_enough = super()._validate_session_key(key)  # type: ignore[misc]  # not in the stubs
        return bool(is_long_enough) and set(key or "").issubset(VALID_KEY_CHARS)


def owner_in(data: dict[str, Any]) -> int | None:
    """The number of whom a session with this in it is; None where it is a visitor's."""
    number = str(data.get(SESSION_KEY, ""))
    return int(number) if number.isdecimal() else None


class SessionQuerySet(models.QuerySet["Session"]):
    def for_user(self, user: Any) -> Self:
        """The person's, with those that a process of the version before wrote since the last look."""
        if user.pk is None:
            return self.none()
        self.model.name_owners()
        return self.filter(owner_id=user.pk)

    def but(self, key: str | None) -> Self:
        """Without the session of this key, which is the one that asks."""
        return self.exclude(session_key=key)

    def newest_first(self) -> Self:
        return self.order_by("-expire_date", "session_key")

    def open(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(expire_date__lt=timezone.now())

    def remove_expired(self) -> bool:
        """Remove AT_ONCE of the expired; whether there are more."""
        expired = list(self.expired().values_list("pk", flat=True)[: AT_ONCE + 1])
        self.expired().filter(pk__in=expired[:AT_ONCE]).delete()  # one may have been renewed meanwhile
        return len(expired) > AT_ONCE


class Session(AbstractBaseSession):
    """One browser in which somebody is logged in, or a visitor's."""

    owner_id = models.BigIntegerField(_("owner’s number"), null=True, db_index=True)

    objects = SessionQuerySet.as_manager()  # type: ignore[assignment, misc]  # in place of the base's

    class Meta(AbstractBaseSession.Meta):
        db_table = "django_session"

    def __str__(self) -> str:
        return f"a session of person {self.owner_id}" if self.owner_id else "a visitor’s session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore

    @classmethod
    def open_for(cls, user: Any) -> "list[Session]":
        """The person's, newest first. A new password has ended the others, though their rows are still there."""
        rows = cls.objects.for_user(user).open().newest_first()[:MOST]
        now = user.get_session_auth_hash()
        return [row for row in rows if constant_time_compare(row._data.get(HASH_SESSION_KEY, ""), now)]

    @staticmethod
    def name_owners() -> None:
        """Reads whose the sessions without an owner are. A visitor's stays without: its process may be logging somebody
        in, and keeps who it is only at the end of that request."""
        rows = list(Session.objects.filter(owner_id=None).open().newest_first()[:MOST_UNREAD])
        for row in rows:
            row.owner_id = owner_in(row._data)
        Session.objects.bulk_update([row for row in rows if row.owner_id], ["owner_id"], batch_size=500)

    @property
    def name(self) -> str:
        """By which its page calls it; it does not lead back to the key, which is as good as a password."""
        return salted_hmac("conversations.session", self.session_key, algorithm="sha256").hexdigest()[:32]

    @property
    def browser(self) -> browsers.Browser:
        return browsers.named(self._login.get("browser", ""))

    @property
    def address(self) -> str:
        return str(self._login.get("address", ""))

    @property
    def since(self) -> datetime | None:
        at = self._login.get("at")
        return datetime.fromtimestamp(at, UTC) if at else None

    @property
    def _login(self) -> dict[str, Any]:
        return dict(self._data.get(LOGIN, {}))

    @property
    def _data(self) -> dict[str, Any]:
        return self.get_decoded()


def own_signals() -> None:
    user_logged_in.connect(remember_login)
    models.signals.post_save.connect(end_sessions_of_inactive, sender=get_user_model())
    models.signals.pre_delete.connect(end_sessions_of_deleted, sender=get_user_model())


def remember_login(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Keeps what the person will know this login by, and ends the oldest of too many."""
    request.session[LOGIN] = {
        "browser": request.META.get("HTTP_USER_AGENT", "")[: browsers.LENGTH],
        "address": request.META.get("REMOTE_ADDR", ""),
        "at": timezone.now().timestamp(),
    }
    theirs = Session.objects.for_user(user).but(request.session.session_key).newest_first()
    Session.objects.filter(pk__in=list(theirs.values_list("pk", flat=True)[MOST - 1 :])).delete()


def end_sessions_of_inactive(instance: Any, **kwargs: Any) -> None:
    """Who is let in again later logs in again."""
    if not instance.is_active:
        Session.objects.for_user(instance).delete()


def end_sessions_of_deleted(instance: Any, **kwargs: Any) -> None:
    """One that is left, because something else deleted the person, logs nobody in."""
    Session.objects.for_user(instance).delete()
