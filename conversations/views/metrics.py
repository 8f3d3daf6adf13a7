"""What this process has counted, for the Prometheus of whoever runs the site."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import metrics as counted


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The counts as text, for the bearer of METRICS_TOKEN: 401 for others, 404 where none is set. Each process has its
    own: ask each at its port."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(counted.text(), content_type=counted.CONTENT_TYPE)
