"""The page on which a person looks after their account: the second factor and the password."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from conversations import factors


@require_safe
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """All of it, with a link or a button for each change. It shows no code and no key."""
    return render(request, "mfa/index.html", factors_of(request.user))


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
