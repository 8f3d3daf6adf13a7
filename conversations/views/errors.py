"""The pages for what went wrong, each with a reference that the log bears too; scripts get them as JSON."""

import logging
import secrets
import sys

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.template import loader
from django.utils.translation import gettext as _

from conversations import refusals
from conversations.views import negotiation

log = logging.getLogger(__name__)


def page(request: HttpRequest, status: int, message: str, reference: str, code: str = "") -> HttpResponse:
    """An error page of its own, without the database: the code's or the status's own template, else error.html."""
    template = loader.select_template([f"{status}_{code}.html", f"{status}.html", "error.html"])
    # What was being sent comes back with the refusal: nothing that a person typed is lost with a page.
    context = {"status": status, "message": message, "reference": reference, "text": request.POST.get("message", "")}
    return HttpResponse(template.render(context, request if status < 500 else None), status=status)


def refused(request: HttpRequest, refusal: refusals.Refusal) -> HttpResponseBase:
    """A refusal: as JSON to a script, as a page to a person, who is led to the login page where that is what lacks."""
    is_script = negotiation.is_script(request)
    if isinstance(refusal, refusals.NotSignedIn) and not is_script and not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    reference = secrets.token_hex(4)
    log.info("%s %r was refused [%s]: %s", request.method, request.path, reference, refusal.code)
    if is_script:
        return error_json(refusal.status, refusal.code, str(refusal.sentence), reference)
    return page(request, refusal.status, str(refusal.sentence), reference)


def error_json(status: int, code: str, message: str, reference: str) -> JsonResponse:
    error = {"code": code, "message": message, "reference": reference}
    return JsonResponse({"error": error}, status=status, json_dumps_params={"ensure_ascii": False})


def _told(request: HttpRequest, status: int, code: str, message: str) -> HttpResponseBase:
    reference = secrets.token_hex(4)
    log.info("%s %r was answered with %d [%s]", request.method, request.path, status, reference)
    if negotiation.is_script(request):
        return error_json(status, code, message, reference)
    return page(request, status, message, reference, code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, DisallowedHost):
        host = request.META.get("HTTP_HOST", "")[:200]
        log.warning("the site was asked for as %r, which is not among ALLOWED_HOSTS", host)
        return _told(
            request,
            400,
            "unknown_host",
            _("This site is not known under this name. Whoever runs it can add the name to ALLOWED_HOSTS."),
        )
    return _told(request, 400, "bad_request", str(refusals.BadRequest.sentence))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _told(request, 403, "forbidden", _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    log.warning("a request failed its CSRF check: %s", reason)
    sentence = _("This page was open for too long, or cookies are off. Go back, reload the page, and send again.")
    return _told(request, 403, "csrf", sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _told(request, 404, "not_found", str(refusals.NotFound.sentence))


def server_error(request: HttpRequest) -> HttpResponseBase:
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return refused(request, refusals.Unavailable())
    reference = secrets.token_hex(4)
    log.error("%s %r failed [%s]", request.method, request.path, reference, exc_info=error)
    sentence = _("Something went wrong on this site. Your messages are safe; try again in a moment.")
    if negotiation.is_script(request):
        return error_json(500, "internal", sentence, reference)
    return page(request, 500, sentence, reference)
