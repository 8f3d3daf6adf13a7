"""For whoever watches the server: is it alive, and can it do its work?"""

import logging
import threading
import time
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import database, files, generation, live, upgrades
from conversations.views import errors

PATIENCE = 5.0  # seconds for which the database and its disk are waited for

log = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where the database answers, is migrated and can be written, and answers can be generated; else 503. Says
    which is not so. Takes PATIENCE at most.

    With Redis it says whether the other processes are heard, and stays ready where they are not: rows are followed
    then, and a balancer that took every process away would end the site for it.
    """
    state = {**_look().found(), "live": generation.is_serving()}
    lacking = ", ".join(part for part, is_well in state.items() if not is_well)
    if lacking:
        log.warning("the site is not ready: %s", lacking)
    heard = {"redis": live.is_connected()} if settings.REDIS_URL else {}
    return errors.logged(JsonResponse(state | heard, status=503 if lacking else 200))


class Look:
    """One look at the database and its disk, in a thread of its own, so that what hangs there holds up nobody."""

    def __init__(self) -> None:
        self._state = {"database": False, "migrations": False, "disk": False}
        self._deadline = time.monotonic() + PATIENCE
        self._thread = threading.Thread(target=self._run, name="readiness", daemon=True)
        self._thread.start()

    @property
    def is_under_way(self) -> bool:
        return self._thread.is_alive()

    def found(self) -> dict[str, bool]:
        """What is well: after the deadline, what was found to be well by then."""
        self._thread.join(max(0.0, self._deadline - time.monotonic()))
        return dict(self._state)

    def _run(self) -> None:
        try:
            self._state["migrations"] = not upgrades.lacking(connection)
            self._state["database"] = True
            self._state["disk"] = takes_writes()
        except (Error, OSError) as error:
            log.warning("the database or its disk failed a look at it: %s", error)
        finally:
            connection.close()


_lock = threading.Lock()
_last: Look | None = None


def _look() -> Look:
    """The look that is under way, else a new one: a thousand who ask cost one look, also where it never ends."""
    global _last  # noqa: PLW0603 - this process's own
    with _lock:
        if _last is None or not _last.is_under_way:
            _last = Look()
        return _last


def takes_writes() -> bool:
    """Whether what is written now would be kept. PostgreSQL's disk is its own affair: it is asked. Raises OSError."""
    if connection.vendor == "sqlite":
        # Not a write in the database: it would wait for the writers before it, and would find a full disk only if it
        # were kept, which makes a change of every probe.
        return files.has_room(Path(connection.settings_dict["NAME"]).parent)
    return not database.is_read_only()
