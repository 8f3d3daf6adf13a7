"""The page behind the one-time link that makes the first admin."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from conversations.accounts import FirstAdminForm, has_accounts, is_first_admin_token


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin(request: HttpRequest, token: str) -> HttpResponse:
    """The form, or the account, logged in. 404 for a link that is wrong, older than an hour, or no longer needed."""
    if not is_first_admin_token(token):
        return render(request, "setup/gone.html", {"has_accounts": has_accounts()}, status=404)
    form = FirstAdminForm(request.POST or None)
    if not form.is_valid():
        return render(request, "setup/first_admin.html", {"form": form}, status=422 if form.is_bound else 200)
    user = form.create()
    if user is None:
        return render(request, "setup/gone.html", {"has_accounts": True}, status=404)
    login(request, user)
    return redirect("home")
