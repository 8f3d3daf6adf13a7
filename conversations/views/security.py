"""The page on which a person looks after their account: second factor, password, and where they are logged in."""

from typing import Any

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from conversations import factors, refusals
from conversations.models import Session
from conversations.views import requests
from conversations.views.pages import see


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """All of it, with a link or a button for each change. It shows no code and no key."""
    context = {"is_required": factors.is_required_of(request.user), "unverified": unverified(request)}
    return render(request, "mfa/index.html", context | factors_of(request.user) | sessions_of(request))


def factors_of(user: Any) -> dict[str, Any]:
    theirs = list(Authenticator.objects.filter(user=user).order_by("pk"))
    kinds = {authenticator.type for authenticator in theirs}
    codes = next((each.wrap() for each in theirs if each.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "has_factor": bool(kinds & set(factors.FACTORS)),
        "has_app": Authenticator.Type.TOTP in kinds,
        "passkeys": [each for each in theirs if each.type == Authenticator.Type.WEBAUTHN],
        "has_codes": codes is not None,
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
    }


def unverified(request: HttpRequest) -> EmailAddress | None:
    """The address that keeps the person from a second factor: one that is not theirs would keep out whose it is."""
    if not settings.CAN_SEND_EMAIL:
        return None
    return EmailAddress.objects.filter(user=request.user, verified=False).order_by("-primary", "pk").first()


@require_POST
@login_required
@requests.tells_refusals
def verify_address(request: HttpRequest) -> HttpResponseBase:
    """POST: a mail with a link goes to the address that is not verified yet."""
    address = unverified(request)
    if address is None:
        raise refusals.NotFound
    send_verification_email_to_address(request, address)
    return see(reverse("mfa_index"))


def sessions_of(request: HttpRequest) -> dict[str, Any]:
    """Where the person is logged in, this browser first."""
    here = request.session.session_key
    theirs = Session.open_for(request.user)
    return {"sessions": sorted(theirs, key=lambda session: session.pk != here), "here": here}


@require_POST
@login_required
@requests.tells_refusals
def sessions(request: HttpRequest) -> HttpResponseBase:
    """POST `end` with a `session`'s name: that browser is logged out. `end_others`: all but the one that asks."""
    fields = requests.body(request)
    requests.chosen(fields, {"end": end, "end_others": end_others})(request, str(fields.get("session")))
    return see(reverse("mfa_index"))


def end(request: HttpRequest, name: str) -> None:
    session = next((each for each in Session.open_for(request.user) if each.name == name), None)
    if session is None:
        raise refusals.NotFound
    session.delete()


def end_others(request: HttpRequest, _: str) -> None:
    Session.objects.for_user(request.user).but(request.session.session_key).delete()
