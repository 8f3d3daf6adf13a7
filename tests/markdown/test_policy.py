"""Which targets a link may have, and that both sanitizers allow all of them."""

from typing import get_args

import pytest

from conversations.markdown.highlight import LANGUAGES
from conversations.markdown.policy import host_of
from conversations.markdown.sanitizer import Engine, sanitize

ALLOWED = {
    "http://a.example": "a.example",
    "HTTPS://A.example/b?c#d": "A.example",
    "https://a.example:8443/": "a.example",
    "https://a.example.": "a.example.",
    "https://a_b.example?c": "a_b.example",
    "https://localhost:8000/": "localhost",
    "https://127.0.0.1/": "127.0.0.1",
    "https://[::1]:80/": "[::1]",
    "https://xn--mnchen-3ya.example/": "xn--mnchen-3ya.example",
    "https://xn--80ak6aa92e.com": "xn--80ak6aa92e.com",
    "https://a.xn--4dbrk0ce/": "a.xn--4dbrk0ce",
    "https://a.example/%0A%00|^`": "a.example",
    "https://a.example/?b=&amp;&lbrack;&#91;": "a.example",
    "mailto:a@b.example": "a@b.example",
    "mailto:a.b+c@d.example?subject=e": "a.b+c@d.example",
}
REFUSED = [
    "",
    "a",
    "/a",
    "//a.example",
    "#a",
    "?a",
    "http:",
    "http:a.example",
    "http:/a.example",
    "http://",
    "http:///a.example",
    "https:\\\\a.example",
    "https://a.example\\b",
    "https://a@b.example",
    "https://a:b@c.example",
    "https://a%2eexample",
    "https://a b.example",
    "https://a..example",
    "https://1.2.3.256",
    "https://1.2.3",
    "https://0x7f.1",
    "https://a.1",
    "https://[::1",
    "https://[g::1]",
    "https://a.example:65536",
    "https://a.example:b",
    "https://xn--a.example",
    "https://xn--9hb.example",
    "https://1.xn--4dbrk0ce",
    "https://xn--i-7iq.example",
    "https://b\u00fccher.example",
    "mailto:a",
    "mailto:@b.example",
    "mailto://a@b.example",
    "javascript:alert(1)",
    "javascript:123",
    "JaVaScRiPt://a.example/%0aalert(1)",
    "data:text/html,a",
    "vbscript:a",
    "file:///etc/passwd",
    "ftp://a.example",
    "tel:1",
    " https://a.example",
    "\x01https://a.example",
]


@pytest.mark.parametrize(("url", "host"), ALLOWED.items())
def test_host_of_names_the_host_of_an_allowed_target(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize("url", REFUSED)
def test_host_of_refuses_every_other_target(url: str) -> None:
    assert host_of(url) is None


@pytest.mark.parametrize("engine", get_args(Engine))
@pytest.mark.parametrize("url", ALLOWED)
def test_sanitizers_keep_an_allowed_target(url: str, engine: Engine) -> None:
    html = sanitize(f'<a href="{url.replace("&", "&amp;")}">b</a>', engine=engine)

    assert " href=" in html


@pytest.mark.parametrize("engine", get_args(Engine))
def test_sanitizers_cut_class_lists_down_to_the_allowed(engine: Engine) -> None:
    html = sanitize('<code class="language-python message">a</code><li class="md-task k btn">b</li>', engine=engine)

    assert html == '<code class="language-python">a</code><li class="md-task">b</li>'


@pytest.mark.parametrize("engine", get_args(Engine))
@pytest.mark.parametrize(
    "html",
    [
        '<p class="md-task">a</p>',
        '<p style="color:red">a</p>',
        '<p id="b" title="c" lang="d" data-e="f" onclick="g">a</p>',
        "<p><!-- b -->a</p>",
    ],
)
def test_sanitizers_take_off_what_is_not_allowed(html: str, engine: Engine) -> None:
    assert sanitize(html, engine=engine) == "<p>a</p>"


def test_languages_are_safe_as_class_names() -> None:
    assert [name for name in LANGUAGES if not set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789+_.-")] == []
