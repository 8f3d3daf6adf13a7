"""The headers that every response bears, compression, and static files."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client

from conversations.middleware import compressed_pages, response_headers

STYLES = "/static/admin/css/base.css"


def dressed(response: Any) -> Any:
    return response_headers(lambda request: response)(HttpRequest())


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/no-such-page", STYLES])
def test_every_response_has_the_policy(client: Client, path: str):
    response = client.get(path)

    assert response["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/no-such-page"])
def test_every_response_says_whose_it_is(client: Client, path: str):
    assert client.get(path)["X-Chatsite"] == "1"


def test_header_of_the_view_stays():
    response = dressed(HttpResponse(headers={"Content-Security-Policy": "sandbox"}))

    assert response["Content-Security-Policy"] == "sandbox"


def test_page_of_one_person_is_not_stored():
    response = dressed(HttpResponse(headers={"Vary": "Accept, Cookie"}))

    assert response["Cache-Control"] == "private, no-store"


def test_page_for_everybody_may_be_stored():
    response = dressed(HttpResponse())

    assert not response.has_header("Cache-Control")


def test_stored_rule_of_the_view_stays():
    response = dressed(HttpResponse(headers={"Vary": "Cookie", "Cache-Control": "no-store, no-transform"}))

    assert response["Cache-Control"] == "no-store, no-transform"


def test_stream_is_not_begun():
    taken: list[bytes] = []

    def stream() -> Iterator[bytes]:
        taken.append(b"one")
        yield b"one"

    response = dressed(StreamingHttpResponse(stream()))

    assert taken == []
    assert list(response) == [b"one"]


def compressed(response: Any) -> Any:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_ENCODING"] = "gzip, br"
    return compressed_pages(lambda request: response)(request)


def test_page_is_compressed():
    response = compressed(HttpResponse(b"<p>Hello there</p>" * 100))

    assert response["Content-Encoding"] == "gzip"
    assert response["Content-Length"] == str(len(response.content))
    assert gzip.decompress(response.content) == b"<p>Hello there</p>" * 100


def test_pages_of_one_length_have_several_when_they_are_compressed():
    lengths = {len(compressed(HttpResponse(b"<p>Hello there</p>" * 100)).content) for _ in range(50)}

    assert len(lengths) > 1


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(HttpResponse(b"<p>Hello there</p>"), id="small"),
        pytest.param(HttpResponse(b"{}" * 1000, content_type="application/json"), id="no page"),
        pytest.param(StreamingHttpResponse([b"<p>Hello there</p>" * 100]), id="a stream"),
        pytest.param(StreamingHttpResponse([b"data: 1\n\n" * 200], content_type="text/event-stream"), id="events"),
    ],
)
def test_anything_else_stays_as_it_is(response: Any):
    before = dict(response.headers)

    assert dict(compressed(response).headers) == before


def test_static_file_that_is_known_is_not_sent_again(client: Client):
    etag = client.get(STYLES)["ETag"]

    response = client.get(STYLES, headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


def test_part_of_a_static_file(client: Client):
    whole = client.get(STYLES).content

    response = client.get(STYLES, headers={"Range": "bytes=2-5"})

    assert (response.status_code, response.content) == (206, whole[2:6])


def test_static_file_takes_no_post(client: Client):
    response = client.post(STYLES)

    assert response.status_code == 405


@pytest.mark.django_db
def test_missing_static_file_is_404(client: Client):
    response = client.get("/static/none.css")

    assert response.status_code == 404
