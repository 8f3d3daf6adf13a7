"""What kind of reply a client wants, and where it came from."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse


def wants_stream(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def is_script(request: HttpRequest) -> bool:
    """Whether errors are told as JSON: the client asked for JSON or the stream, or sent JSON."""
    return wants_json(request) or wants_stream(request) or request.content_type == "application/json"


def came_from(request: HttpRequest) -> str:
    """The path of the page that the request came from; the first page where that is not told."""
    # Only the path of it: the header may name any site.
    try:
        path = urlsplit(request.headers.get("Referer", "")).path
    except ValueError:
        path = ""
    return path if path.startswith("/") and not path.startswith("//") else reverse("home")
