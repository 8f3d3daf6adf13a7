"""What a browser needs to install the site as an app."""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

BACKGROUND = "#fcfdfc"  # the light page: a manifest knows no dark one


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """In the language of the browser, which asks for it without a cookie."""
    home = reverse("home")
    described = {
        "id": home,
        "start_url": home,
        "scope": home,
        "name": "chatsite",
        "description": _("A chat with language models."),
        "lang": translation.get_language(),
        "display": "standalone",
        "background_color": BACKGROUND,
        "theme_color": BACKGROUND,
        "icons": [
            _icon("img/icon-192.png", 192),
            _icon("img/icon-512.png", 512),
            _icon("img/icon-maskable-512.png", 512, purpose="maskable"),
        ],
        "shortcuts": [
            {"name": _("New chat"), "url": home},
            {"name": _("All chats"), "url": reverse("conversations")},
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


def _icon(path: str, size: int, *, purpose: str = "any") -> dict[str, str]:
    return {"src": static(path), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
