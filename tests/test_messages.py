"""The check of the site's sentences: what it finds, and that it finds nothing where all is well."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the check, in a small site: a template, a module, and catalogs."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / ".ci" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "conversations").mkdir()
    write('<p>{% translate "One" %}</p>')
    Path("conversations/nouns.py").write_text("from x import gettext_lazy as _\n\nNAME = _('Two')\n")
    for language in module.LANGUAGES:
        module.update(language, module.template())
        translate(module, language, {"One": "Eins", "Two": "Zwei"})
    return module


def write(template: str) -> None:
    Path("templates/page.html").write_text(template)


def translate(messages: ModuleType, language: str, words: dict[str, str]) -> None:
    """As a translator does, who then runs the command."""
    text, _ = messages.files(language)
    content = text.read_text()
    for word, translation in words.items():
        content = content.replace(f'msgid "{word}"\nmsgstr ""', f'msgid "{word}"\nmsgstr "{translation}"')
    text.write_text(content)
    messages.update(language, messages.template())


def complaints(messages: ModuleType) -> list[str]:
    return [line.partition(": ")[2] for line in messages.complaints("de", messages.template())]


def test_catalog_that_is_complete_is_left_alone(messages: ModuleType) -> None:
    before = [file.read_bytes() for file in messages.files("de")]

    messages.update("de", messages.template())

    assert [file.read_bytes() for file in messages.files("de")] == before
    assert complaints(messages) == []


def test_new_and_old_sentences_are_told(messages: ModuleType) -> None:
    write("{% blocktranslate %}Three{% endblocktranslate %}")

    assert sorted(complaints(messages)) == [
        "missing (run `make messages`): Three",
        "no longer used (run `make messages`): One",
    ]


def test_sentence_that_is_not_translated_is_told(messages: ModuleType) -> None:
    write('{% translate "One" %} {% translate "Three" %}')
    messages.update("de", messages.template())

    assert complaints(messages) == ["not translated (write it there, then `make messages`): Three"]


def test_doubtful_translation_is_told(messages: ModuleType) -> None:
    text, _ = messages.files("de")
    text.write_text(text.read_text().replace('msgid "One"', '#, fuzzy\nmsgid "One"'))

    assert "not translated (write it there, then `make messages`): One" in complaints(messages)


def test_translation_that_is_not_compiled_is_told(messages: ModuleType) -> None:
    text, compiled = messages.files("de")
    text.write_text(text.read_text().replace("Eins", "Einer"))

    assert complaints(messages) == ["does not answer to django.po (run `make messages`)"]
    compiled.unlink()
    assert complaints(messages) == ["does not answer to django.po (run `make messages`)"]


def test_translation_without_the_place_of_a_value_is_told(messages: ModuleType) -> None:
    write('{% translate "One" %}{% blocktranslate %}Ask {{ name }}{% endblocktranslate %}')
    messages.update("de", messages.template())
    translate(messages, "de", {"Ask %(name)s": "Frag %(wen)s"})

    assert len(complaints(messages)) == 1
    assert complaints(messages)[0].endswith(": Ask %(name)s")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<a title="Go back">{{ name }}</a>', ["Go back"]),
        ('<button aria-label="Send"></button>', ["Send"]),
        ('<x-y data-done="It is done."></x-y>', ["It is done."]),
        ('{% if a %}Yes{% else %}{% translate "No" %}{% endif %}', ["Yes"]),
        ("<p>{% blocktranslate %}Hello {{ a }}{% endblocktranslate %}</p>{# Not said #}", []),
        ('<p class="a b" data-name="ab">chatsite · {{ a }} 1</p><kbd>Enter</kbd>', []),
        ('<a title="{% translate "Go" %}">{% comment %}Not said{% endcomment %}</a>', []),
    ],
)
def test_words_of_a_template_that_are_not_marked_are_told(
    messages: ModuleType, template: str, words: list[str]
) -> None:
    write(template)

    assert [line.rpartition(": ")[2] for line in messages.unmarked()] == words


def test_every_language_of_the_site_but_its_own_has_a_catalog(messages: ModuleType) -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["en", *messages.LANGUAGES]
    assert sorted(path.name for path in (ROOT / "locale").iterdir()) == sorted(messages.LANGUAGES)
