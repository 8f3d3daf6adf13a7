"""Which targets a link may have, and that both sanitizers allow all of them."""

from typing import get_args

import pytest

from conversations.markdown.highlight import LANGUAGES
from conversations.markdown.policy import host_of
from conversations.markdown.sanitizer import Engine, sanitize
from tests.markdown.test_corpora import faults
from tests.markdown.trees import tree

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


HOSTILE_MATH = [
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<math><semantics><mi>a</mi><annotation encoding='application/x-tex'>b</annotation></semantics></math>",
    "<math><maction actiontype='statusline' xlink:href='javascript:alert(1)'><mi>a</mi></maction></math>",
    "<math href='javascript:alert(1)' style='position:fixed' class='message' id='a'><mi>a</mi></math>",
    "<math><mi><malignmark></mi><mi><em>a</em></mi><mo><math><mi>b</mi></math></mo></math>",
    "<math></p><mi>a</mi></math>",
    "<math></br><mtext><style></mtext><img src=x onerror=alert(1)></style></math>",
    "<math><p>a</p><mi>b</mi></math>",
    "<svg><mi>a</mi><math><mi>b</mi></math></svg>",
    "<mi>a</mi><mtd>b</mtd>",
]


@pytest.mark.parametrize("engine", get_args(Engine))
@pytest.mark.parametrize("html", HOSTILE_MATH)
def test_sanitizers_leave_of_math_what_presents_it_and_stays_as_it_is(html: str, engine: Engine) -> None:
    once = sanitize(html, engine=engine)

    assert faults(tree(once)) == []
    assert sanitize(once, engine=engine) == once


@pytest.mark.parametrize("engine", get_args(Engine))
def test_sanitizers_keep_math_as_it_is(engine: Engine) -> None:
    html = (
        '<p>a <math display="block"><mtable class="md-wide"><mtr><mtd class="md-right"><mi mathvariant="normal">b</mi>'
        '<mo stretchy="false">&lt;</mo><mspace width="1em"></mspace></mtd></mtr></mtable></math></p>'
    )

    assert sanitize(html, engine=engine) == html


def test_languages_are_safe_as_class_names() -> None:
    assert [name for name in LANGUAGES if not set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789+_.-")] == []
