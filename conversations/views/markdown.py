"""The renderer as an endpoint: Markdown in, a sanitized fragment of HTML out. Nothing is kept."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from conversations import database, forms, markdown
from conversations.views import requests


@require_POST
@requests.signed_in
@requests.tells_refusals
def render(request: HttpRequest) -> HttpResponseBase:
    """POST `text`: its HTML."""
    form = forms.cleaned(forms.MarkdownForm(requests.body(request)))
    database.let_go()  # it may take seconds until its turn has come
    return HttpResponse(markdown.render(form["text"]).html)
