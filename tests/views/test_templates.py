"""Templates as the site loads them say what Django's own loading says, in fewer nodes."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.template import Context, Engine, TemplateDoesNotExist
from django.test import Client
from django.urls import clear_script_prefix, set_script_prefix
from django.utils import translation

from conversations.models import Conversation
from tests.large import grown

ANEW = re.compile(r'name="(?:csrfmiddlewaretoken|key)" value="[^"]*"')  # for each form of each page


def said(templates: dict[str, str], **context: Any) -> str:
    loaders = [("chatsite.templates.Loader", [("django.template.loaders.locmem.Loader", templates)])]
    libraries = {"i18n": "conversations.templatetags.sentences"}
    return Engine(loaders=loaders, libraries=libraries).get_template("page").render(Context(context))


@pytest.fixture
def chats(owner: User) -> list[Conversation]:
    chats = [grown(owner, depth=12, count=count) for count in (12, 40)]
    Conversation.objects.filter(pk=chats[0].pk).update(title="<One> & two")
    return chats


@pytest.mark.parametrize(("language", "is_staff"), [("en", False), ("de", True), ("fr", True)])
def test_pages_are_what_django_makes_of_them(
    owner_client: Client, chats: list[Conversation], settings: Any, language: str, is_staff: bool
) -> None:
    User.objects.update(is_staff=is_staff, is_superuser=is_staff)
    ways = [
        "",
        "conversations/",
        "conversations/?in=bin",
        "conversations/?q=few",
        "presets/",
        "preferences/",
        "export/",
    ]
    ways += [*(chat.get_absolute_url().lstrip("/") for chat in chats), "imports/", "accounts/2fa/", "offline/"]
    ways += ["admin/", "admin/conversations/conversation/"] if is_staff else []

    def pages() -> list[str]:
        replies = [owner_client.get(f"/{way}", headers={"Accept-Language": language}) for way in ways]
        return [ANEW.sub("", reply.content.decode()) for reply in replies if reply.status_code == 200]

    ours = pages()
    backend = settings.TEMPLATES[0]
    loaders = backend["OPTIONS"]["loaders"][0][1]
    settings.TEMPLATES = [backend | {"OPTIONS": backend["OPTIONS"] | {"loaders": loaders}}]
    djangos = pages()

    assert len(ours) == len(ways)
    assert ours == djangos


def test_a_template_speaks_each_language_and_knows_where_the_site_is() -> None:
    templates = {"page": '{% load i18n %}<a href="{% url "home" %}">{% translate "New chat" %}</a>'}

    told = []
    for language, prefix in (("en", "/"), ("de", "/"), ("de", "/chat/"), ("en", "/")):
        set_script_prefix(prefix)
        with translation.override(language):
            told.append(said(templates))
    clear_script_prefix()

    assert told == [
        '<a href="/">New chat</a>',
        '<a href="/">Neuer Chat</a>',
        '<a href="/chat/">Neuer Chat</a>',
        '<a href="/">New chat</a>',
    ]


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("{{ name }}", "<outer><outer>"),
        ("{% for name in names %}{{ name }}{% endfor %}", "<ab><outer>"),
        ("{% with name='x' %}{{ name }}{% endwith %}", "<x><outer>"),
        ("{% load i18n %}{% translate 'Send' as name %}{{ name }}", "<Send><outer>"),
        ("{% include 'deeper' with name='z' %}{{ name }}", "<zouter><outer>"),
        ("{% include 'deeper' only %}", "<><outer>"),
        ("{% include which %}", "<outer><outer>"),
    ],
)
def test_what_is_included_keeps_its_names_to_itself(part: str, whole: str) -> None:
    templates = {"page": "<{% include 'part' %}><{{ name }}>", "part": part, "deeper": "{{ name }}"}

    assert said(templates, name="outer", names="ab", which="deeper") == whole


def test_a_template_that_is_not_there_is_told() -> None:
    with pytest.raises(TemplateDoesNotExist, match=r"^nowhere$"):
        said({"page": "{% include 'nowhere' %}"})


def test_template_that_includes_itself_ends_where_its_condition_does() -> None:
    tree = "{{ node.name }}{% for node in node.inner %}({% include 'tree' %}){% endfor %}"
    node = {"name": "a", "inner": [{"name": "b", "inner": [{"name": "c", "inner": [{"name": "d"}]}]}, {"name": "e"}]}

    assert said({"page": "{% include 'tree' %}", "tree": tree}, node=node) == "a(b(c(d)))(e)"


def test_block_around_an_include_is_not_that_of_what_is_included() -> None:
    templates = {
        "page": "{% extends 'base' %}{% block name %}<{% include 'part' %}>{% endblock %}",
        "base": "{% block name %}base{% endblock %}",
        "part": "{{ block.super }}",
    }

    assert said(templates) == "<>"
