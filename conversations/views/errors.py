"""The pages for what went wrong, each with a reference that the log bears too; scripts get them as JSON."""

import logging
import secrets
import sys

from django import db
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template import loader
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations import factors, refusals
from conversations.models import Preferences
from conversations.views import negotiation

log = logging.getLogger(__name__)
NOT_AWAY = (db.DataError, db.IntegrityError, db.NotSupportedError, db.ProgrammingError)


def page(request: HttpRequest, status: int, message: str, reference: str, code: str = "") -> HttpResponse:
    """An error page of its own, without the database: the code's or the status's own template, else error.html."""
    template = loader.select_template([f"{status}_{code}.html", f"{status}.html", "error.html"])
    # What was being sent comes back with the refusal: nothing that a person typed is lost with a page.
    context = {"status": status, "message": message, "reference": reference, "text": request.POST.get("message", "")}
    context["came_from"] = negotiation.came_from(request)
    return HttpResponse(template.render(context, request if status < 500 else None), status=status)


def error_json(status: int, code: str, message: str, reference: str) -> JsonResponse:
    error = {"code": code, "message": message, "reference": reference}
    return JsonResponse({"error": error}, status=status, json_dumps_params={"ensure_ascii": False})


def refused(request: HttpRequest, refusal: refusals.Refusal, *, cause: BaseException | None = None) -> HttpResponseBase:
    """A refusal: as JSON to a script, as a page to a person, who is led to the login page or to the second factor where
    that is what lacks. What the log alone is told is its `cause`."""
    if isinstance(refusal, refusals.NotSignedIn) and not _is_told_here(request):
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    if isinstance(refusal, refusals.MfaRequired) and not _is_told_here(request):
        return redirect(factors.way_to_one(request))
    why = f": {refusal.code}" + (f" ({cause})" if cause else "")
    sentence = refusal.sentence
    if isinstance(refusal, refusals.Unavailable) and request.method in ("GET", "HEAD"):
        sentence = refusal.sentence_to_readers  # who sent nothing has no text to be kept
    return _told(request, refusal.status, refusal.code, sentence, why=why)


def is_database_away(error: BaseException | None) -> bool:
    """Whether the database could not do what it was rightly asked: gone, busy, full, read-only or broken."""
    return isinstance(error, db.Error) and not isinstance(error, NOT_AWAY)


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
    return _told(request, 400, "bad_request", refusals.BadRequest.sentence)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _told(request, 403, "forbidden", _("You may not do this."))


def too_many_tries(request: HttpRequest) -> HttpResponseBase:
    return _told(request, 429, "too_many_tries", _("That was tried too often. Wait a few minutes, then try again."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    log.warning("a request failed its CSRF check: %s", reason)
    sentence = _("This page was open for too long, or cookies are off. Reload the page, then send again.")
    return _told(request, 403, "csrf", sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _told(request, 404, "not_found", refusals.NotFound.sentence)


def server_error(request: HttpRequest) -> HttpResponseBase:
    error = sys.exc_info()[1]
    if is_database_away(error):
        return refused(request, refusals.Unavailable(), cause=error)
    if isinstance(error, db.DataError):  # the log gets its kind alone: the error may quote the value
        kind = type(error.__cause__ or error).__name__
        why = f": the database takes no such value ({kind})"
        return _told(request, 400, "bad_request", refusals.BadRequest.sentence, why=why)
    sentence = _("Something went wrong on this site. Your messages are safe; try again in a moment.")
    return _told(request, 500, "internal", sentence, stack_of=error)


def _is_told_here(request: HttpRequest) -> bool:
    return negotiation.is_script(request) or bool(request.headers.get("HX-Request"))


def _told(
    request: HttpRequest,
    status: int,
    code: str,
    sentence: str | Promise,
    *,
    why: str = "",
    stack_of: BaseException | None = None,
) -> HttpResponse:
    """The error as JSON to a script, as a page to a person, and its one line in the log, with the same reference."""
    if status < 500:
        _speak_to(request)
    reference = secrets.token_hex(4)
    line = f"%s %r was answered with {status} [{reference}]%s"
    event = {"reference": reference, "method": request.method, "path": request.path, "status": status, "code": code}
    level = logging.ERROR if status >= 500 else logging.INFO
    log.log(level, line, request.method, request.path, why, extra=event, exc_info=stack_of)
    if negotiation.is_script(request):
        return logged(error_json(status, code, str(sentence), reference))
    return logged(page(request, status, str(sentence), reference, code))


def _speak_to(request: HttpRequest) -> None:
    """In the person's language, also where no view has asked yet who it is; the database can be asked."""
    if hasattr(request, "user"):  # not where a middleware before it refused
        Preferences.of(request.user).activate(request.session)


def logged(response: HttpResponse) -> HttpResponse:
    """The response, of which the log has its line already: Django adds none."""
    response._has_been_logged = True  # type: ignore[attr-defined]  # what Django's own log_response sets and asks
    return response
