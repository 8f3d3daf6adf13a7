"""What every view needs of a request: who asks, what is in the body, and what becomes of a refusal."""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django import db
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from conversations import factors, forms, refusals
from conversations.views import errors

P = ParamSpec("P")
Row = TypeVar("Row", bound=Model)
Action = TypeVar("Action")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> View[P]:
    """Let only logged-in people through, where it is required with a second factor: a script is told so, a person is
    led to the login page, or to where the factor is shown or set up."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return errors.refused(request, refusals.NotSignedIn())
        if factors.is_missing(request):
            return errors.refused(request, refusals.MfaRequired())
        return view(request, *args, **kwargs)

    return wrapper


def tells_refusals(view: View[P]) -> View[P]:
    """Answer a Refusal that the view raises: as JSON to a script, as a page to a person."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except refusals.Refusal as refusal:
            return errors.refused(request, refusal)
        except db.Error as error:
            if not errors.is_database_away(error):
                raise
            return errors.refused(request, refusals.Unavailable(), cause=error)

    return wrapper


def person(request: HttpRequest) -> AbstractBaseUser:
    """Who asks. Raises NotSignedIn where nobody is logged in."""
    if not request.user.is_authenticated:
        raise refusals.NotSignedIn
    return request.user


def body(request: HttpRequest) -> dict[str, Any]:
    """The fields of a form, multipart or JSON body, with `key` also from the header. Raises Refusals."""
    try:
        fields = _json(request.body) if request.content_type == "application/json" else _form(request)
    except RequestDataTooBig as error:
        raise refusals.TooLong from error
    except (SuspiciousOperation, MultiPartParserError, UnicodeDecodeError) as error:
        raise refusals.BadRequest from error
    if key := request.headers.get("Idempotency-Key"):
        fields["key"] = key
    return fields


def _form(request: HttpRequest) -> dict[str, Any]:
    if request.content_type not in {"application/x-www-form-urlencoded", "multipart/form-data", ""}:
        raise refusals.BadRequest(_("Send a form or JSON: this content type cannot be read."))
    fields: dict[str, Any] = request.POST.dict()
    return fields | ({forms.MANY: request.POST.getlist(forms.MANY)} if forms.MANY in fields else {})


def _json(raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise refusals.BadRequest(_("The body is not valid JSON.")) from error
    if not isinstance(data, dict):
        raise refusals.BadRequest(_("The body must be a JSON object."))
    return forms.fields_of(data)


def chosen(fields: dict[str, Any], actions: Mapping[str, Action]) -> Action:
    """What the field `action` names. Raises BadRequest for what is not among `actions`."""
    action = actions.get(str(fields.get("action")))
    if action is None:
        raise refusals.BadRequest(_("There is no such action."))
    return action


def kept(fields: dict[str, Any], refusal: refusals.Refusal, *names: str) -> dict[str, Any]:
    """What a refused form gets back: the fields as they were sent, and the sentence that says why."""
    state = {"text" if name == "message" else name: str(fields[name]) for name in names if fields.get(name)}
    return {**state, "error": str(refusal.sentence)}


def identified(request: HttpRequest, name: str, among: QuerySet[Row]) -> Row | None:
    """The row whose UUID is in the query's parameter `name`, None without it; a 404 for what is not `among` them."""
    raw = request.GET.get(name)
    if not raw:
        return None
    try:
        return get_object_or_404(among, uuid=UUID(raw))
    except ValueError as error:
        raise Http404 from error
