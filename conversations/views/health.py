"""For whoever watches the server: is it alive, and can it do its work?"""

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import generation

log = logging.getLogger(__name__)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where the database answers, is migrated, and answers can be generated; else 503. Says which is not so."""
    is_migrated = _is_migrated()
    state = {"database": is_migrated is not None, "migrations": bool(is_migrated), "live": generation.is_serving()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _is_migrated() -> bool | None:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        log.warning("the database does not answer: %s", error)
        return None
