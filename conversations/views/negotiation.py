"""What kind of reply a client wants."""

from django.http import HttpRequest


def wants_stream(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "")


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def is_script(request: HttpRequest) -> bool:
    """Whether errors are told as JSON: the client asked for JSON or the stream, or sent JSON."""
    return wants_json(request) or wants_stream(request) or request.content_type == "application/json"
