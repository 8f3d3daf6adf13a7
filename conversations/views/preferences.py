"""How the person wants the site to be."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST

from conversations import forms
from conversations.models import Preferences
from conversations.views import negotiation, requests
from conversations.views.pages import see


@require_POST
@requests.signed_in
@requests.tells_refusals
def preferences(request: HttpRequest) -> HttpResponseBase:
    """POST `theme`, `enter` or `keys`: kept; a person goes back to where the form was."""
    chosen = forms.cleaned(forms.PreferencesForm(requests.body(request)))
    Preferences.objects.update_or_create(pk=requests.person(request).pk, defaults=chosen)
    if negotiation.is_script(request):
        return HttpResponse(status=204)
    return see(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    # Only the path of it: the header may name any site.
    try:
        path = urlsplit(request.headers.get("Referer", "")).path
    except ValueError:
        path = ""
    return path if path.startswith("/") and not path.startswith("//") else reverse("home")
