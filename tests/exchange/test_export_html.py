"""A conversation as one HTML file."""

import base64
import hashlib
import re

import html5lib
from django.contrib.auth.models import User

from conversations.exchange import export_html
from conversations.models import Conversation, Message
from conversations.text import storable
from conversations.views.transcript import body
from tests.admin.test_hostile import CORPORA, STEP, wrong
from tests.exchange.made import everything, said
from tests.markdown.corpora import texts


def page(conversation: Conversation) -> str:
    return "".join(export_html.pieces(conversation, body))


def test_the_shown_branch_is_told_as_the_site_shows_it(owner: User) -> None:
    conversation = everything(owner)
    Message.objects.filter(role="user").update(text="<b>Hello</b>?")

    told = page(conversation)

    assert "<title>Plans</title>" in told
    assert "&lt;b&gt;Hello&lt;/b&gt;?" in told
    assert "<strong>Hello</strong>" in told
    assert "Greet." in told
    assert "demo · 2026-11-24 15:04 UTC" in told
    assert "An older" not in told


def test_its_policy_allows_its_own_style_alone(owner: User) -> None:
    told = page(said(owner, "Hello?"))

    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', told)
    tree = html5lib.parse(told, namespaceHTMLElements=False)
    (style,) = tree.iter("style")
    digest = base64.b64encode(hashlib.sha256((style.text or "").encode()).digest()).decode()
    assert policy == f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;".replace("&#x27;", "'")
    assert "url(" not in (style.text or "")
    assert "@import" not in (style.text or "")


def test_hostile_texts_are_text(owner: User) -> None:
    hostile = sorted({storable(text)[:900] for name in CORPORA for text in texts(name) if text.strip()})[::STEP]
    for text in hostile:
        conversation = said(owner, text, text, title=text[:200])
        Message.objects.answers().filter(conversation=conversation).update(reasoning=text, model=text[:200])

        assert (text, wrong(page(conversation))) == (text, [])
    assert len(hostile) > 50
