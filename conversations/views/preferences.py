"""How the person wants the site to be."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from conversations import forms, zones
from conversations.models import Preferences
from conversations.views import negotiation, requests
from conversations.views.pages import page, see


@require_http_methods(["GET", "HEAD", "POST"])
@requests.signed_in
@requests.tells_refusals
def preferences(request: HttpRequest) -> HttpResponseBase:
    """GET: what the menu has no room for. POST `theme`, `enter`, `keys`, `language` or `zone`: kept for the person, who
    goes back to the page that the form was on. POST `browser_zone`: kept as long as this browser is logged in."""
    return _keep(request) if request.method == "POST" else _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    chosen = Preferences.of(request.user).zone
    others = [] if chosen in ("", *zones.names()) else [chosen]  # an old name, as some browsers call it
    return page(request, "conversations/preferences.html", zones=[*zones.names(), *others])


def _keep(request: HttpRequest) -> HttpResponseBase:
    chosen = forms.cleaned(forms.PreferencesForm(requests.body(request)))
    if zones.OF_BROWSER in chosen:
        request.session[zones.OF_BROWSER] = chosen.pop(zones.OF_BROWSER)
    if chosen:
        Preferences.objects.update_or_create(pk=requests.person(request).pk, defaults=chosen)
    if negotiation.is_script(request):
        return HttpResponse(status=204)
    return see(negotiation.came_from(request))
