"""Django admin as this site has it: entered through the site's own login, and by no other door; begun with figures."""

from functools import wraps
from typing import Any

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from conversations import factors, refusals
from conversations.views import errors


class Site(AdminSite):
    site_header = site_title = "chatsite"

    def get_urls(self) -> list[Any]:
        return [path("r/<path:rest>", self.admin_view(nowhere)), *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's guard before each view, with the second factor before it where it is required."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if factors.is_missing_for_staff(request):
                return errors.refused(request, refusals.MfaRequired())
            shown: HttpResponseBase = inner(request, *args, **kwargs)
            return shown

        return guarded

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The dashboard stands above the list of what can be administered."""
        from conversations.admin import dashboard  # noqa: PLC0415 - what is in there asks for this site, to stand on it

        return super().index(request, {**(extra_context or {}), **dashboard.shown(request)})

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Leads on. Django's form asks for no second factor and counts no tries, and takes any account's password, also
        from somebody who is logged in; so it is never there."""
        here = reverse("admin:login")
        wanted = get_next_redirect_url(request)
        target = wanted if wanted and not wanted.startswith(here) else reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(target, settings.LOGIN_URL)
        if not self.has_permission(request):
            raise PermissionDenied
        if factors.is_missing_for_staff(request):
            return errors.refused(request, refusals.MfaRequired())
        return redirect(target)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")


def nowhere(request: HttpRequest, rest: str) -> HttpResponseBase:
    """In the place of the admin's “view on site”, which tells any of the staff whether a row is there, and its id."""
    raise Http404
