"""`translate` in templates says what Django's says."""

import pytest
from django.template import engines
from django.templatetags import i18n
from django.utils import translation

from conversations.templatetags.sentences import Sentence

PLAIN = [
    '{% translate "All chats" %}',
    "{% translate 'All chats' %}",
    '{% translate "Search" context "command" %}',
    '{% translate "All chats" as name %}[{{ name }}]',
    '{% translate "No such sentence: 100 % & <b>" %}',
    '{% translate "No such sentence: 100 % & <b>" as name %}{{ name }}',
    '{% trans "All chats" %}',
]
OTHER = [
    "{% translate word %}",
    '{% translate "All chats"|upper %}',
    '{% translate "All chats" noop %}',
    '{% translate "Search" context word %}',
]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("source", PLAIN + OTHER)
def test_it_says_what_django_s_says(language: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def said(loads: str) -> str:
        template = engines["django"].from_string("{% load " + loads + " %}" + source)
        return template.render({"word": "All <chats>"})

    with translation.override(language):
        ours = said("i18n")
        monkeypatch.setitem(engines["django"].engine.template_libraries, "django_i18n", i18n.register)
        theirs = said("django_i18n")

    assert ours == theirs


@pytest.mark.parametrize("source", PLAIN[:-1])
def test_plain_sentences_are_quick(source: str) -> None:
    template = engines["django"].from_string("{% load i18n %}" + source)

    assert [type(node) for node in template.template.nodelist][1] is Sentence
