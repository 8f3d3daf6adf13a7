"""The site's sentences in its languages: brings locale/ up to date; with --check, says what is wrong.

Sentences are found in Python and in templates. A catalog is a text (django.po, in which translators write) and what
Django reads (django.mo, made from it here, so that a machine that runs the site needs nothing for it). Catalogs bear no
places and no dates and are in the order of the sentences: two who add some meet nowhere but in the same sentence.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LANGUAGES = ("de", "fr")
SOURCES = ("chatsite", "conversations")
TEMPLATES = Path("templates")
KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "ngettext_lazy": (1, 2), "pgettext_lazy": ((1, "c"), 2)}
HEADER = """\
# {name}. Write the translations here; `make messages` does the rest.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
NO_TIME = datetime.fromtimestamp(0, UTC)
MARKED = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}|{%\s*comment\b.*?{%\s*endcomment\s*%}"
    r"|{%\s*block (?:body_class|card_class|skip_target)\s*%}.*?{%\s*endblock\s*%}"  # parts of a tag
    r"|{%.*?%}|{{.*?}}|{#.*?#}",
    re.DOTALL,
)
SPOKEN = ("alt", "aria-label", "label", "placeholder", "title")  # attributes; of data-*, those that have several words
NO_WORDS = ("code", "kbd", "script", "style")  # what stands in these elements is the same in every language
SELECTORS = ("data-does",)  # of several words, and none for a person
NAME = "chatsite"


def main() -> int:
    settings.configure()  # for the reader of templates
    wanted = template()
    if "--check" not in sys.argv:
        for language in LANGUAGES:
            update(language, wanted)
        return 0
    found = [*unmarked(), *(line for language in LANGUAGES for line in complaints(language, wanted))]
    for line in found:
        print(line)  # noqa: T201 - this is a command
    return 1 if found else 0


def template() -> Catalog:
    """Every sentence of the site."""
    catalog = Catalog(charset="utf-8")
    for code in sources():
        for _, message, comments, context in extract("python", code, keywords=KEYWORDS, comment_tags=["Translators:"]):
            catalog.add(message, auto_comments=comments, context=context)
    return catalog


def sources() -> Iterator[io.BytesIO]:
    for folder in SOURCES:
        for file in sorted(Path(folder).rglob("*.py")):
            yield io.BytesIO(file.read_bytes())
    for file in templates():
        code = templatize(file.read_text(), origin=str(file))
        yield io.BytesIO("\n".join(line.strip() for line in code.splitlines()).encode())


def templates() -> list[Path]:
    return sorted(file for file in TEMPLATES.rglob("*") if file.is_file())


def update(language: str, wanted: Catalog) -> None:
    """Add what is new to the language's catalog, take out what is gone, and compile it."""
    catalog = read(language)
    catalog.update(wanted, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text, compiled = files(language)
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(written(catalog))
    compiled.write_bytes(made(catalog))


def complaints(language: str, wanted: Catalog) -> Iterator[str]:
    catalog = read(language)
    text, compiled = files(language)
    ours, theirs = keys(wanted), keys(catalog)
    yield from (f"{text}: missing (run `make messages`): {said(ours[key])}" for key in ours.keys() - theirs.keys())
    yield from (f"{text}: no longer used (run `make messages`): {said(theirs[key])}" for key in theirs.keys() - ours)
    for message in theirs.values():
        if message.fuzzy or not is_translated(message):
            yield f"{text}: not translated (write it there, then `make messages`): {said(message)}"
        for error in message.check(catalog):
            yield f"{text}: {error}: {said(message)}"
    if not compiled.exists() or compiled.read_bytes() != made(catalog):
        yield f"{compiled}: does not answer to {text.name} (run `make messages`)"


def unmarked() -> Iterator[str]:
    """Words that a template says in English to everybody."""
    for file in templates():
        if file.suffix in (".html", ".txt"):
            words = Words(file)
            words.feed(MARKED.sub("", file.read_text()))
            words.close()
            yield from words.found


class Words(HTMLParser):
    """Collects what a reader of the page would read, once all that is marked for translation is out of it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self._file = file
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._silent += tag in NO_WORDS
        for name, value in attributes:
            if name in SPOKEN or (name.startswith("data-") and " " in (value or "").strip() and name not in SELECTORS):
                self._hear(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in NO_WORDS

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._hear(data)

    def _hear(self, words: str) -> None:
        words = " ".join(words.split())
        if re.search(r"[^\W\d_]{2}", words.replace(NAME, "")):
            self.found.append(f"{self._file}: not marked for translation: {words}")


def read(language: str) -> Catalog:
    text, _ = files(language)
    content = text.read_bytes() if text.exists() else b""
    return read_po(io.BytesIO(content), locale=language)


def written(catalog: Catalog) -> str:
    text = io.BytesIO()
    write_po(text, catalog, no_location=True, omit_header=True, sort_output=True, width=110)
    name = catalog.locale.get_language_name("en")
    return HEADER.format(name=name, language=catalog.locale, plurals=catalog.plural_forms) + text.getvalue().decode()


def made(catalog: Catalog) -> bytes:
    catalog.creation_date = catalog.revision_date = NO_TIME
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def files(language: str) -> tuple[Path, Path]:
    folder = Path("locale", language, "LC_MESSAGES")
    return folder / "django.po", folder / "django.mo"


def keys(catalog: Catalog) -> dict[tuple[str | None, str], Message]:
    """The messages but for the header, by context and singular."""
    return {(message.context, said(message)): message for message in catalog if message.id}


def said(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


if __name__ == "__main__":
    sys.exit(main())
