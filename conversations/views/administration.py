"""Django admin is entered through the site's own login, and by no other door."""

from functools import wraps
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from conversations import factors, refusals
from conversations.views import errors


def guard() -> None:
    """Puts the site's own pages in the place of the admin's, and takes out those that show keys of second factors."""
    admin.site.admin_view = behind_factor(admin.site.admin_view)  # type: ignore[method-assign]
    admin.site.login = login  # type: ignore[assignment, method-assign]
    admin.site.password_change = change_password  # type: ignore[assignment, method-assign]
    admin.site.unregister(Authenticator)


@never_cache
def login(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """Leads on. Django's form asks for no second factor and counts no tries, and takes any account's password, also
    from somebody who is logged in; so it is never there."""
    here = reverse("admin:login")
    wanted = get_next_redirect_url(request)
    target = wanted if wanted and not wanted.startswith(here) else reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(target, settings.LOGIN_URL)
    if not admin.site.has_permission(request):
        raise PermissionDenied
    if factors.is_missing_for_staff(request):
        return errors.refused(request, refusals.MfaRequired())
    return redirect(target)


def behind_factor(admin_view: Any) -> Any:
    """What puts Django's guard before each view of the admin, with the second factor before it where it is required."""

    @wraps(admin_view)
    def guarded(view: Any, cacheable: bool = False) -> Any:
        inner = admin_view(view, cacheable)

        @wraps(inner)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if factors.is_missing_for_staff(request):
                return errors.refused(request, refusals.MfaRequired())
            shown: HttpResponseBase = inner(request, *args, **kwargs)
            return shown

        return wrapper

    return guarded


def change_password(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    return redirect("account_change_password")


def nowhere(request: HttpRequest, rest: str) -> HttpResponseBase:
    """In the place of the admin's “view on site”, which tells any of the staff whether a row is there, and its id."""
    raise Http404
