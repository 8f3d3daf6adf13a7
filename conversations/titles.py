"""Makes a conversation's title from what a person wrote or a model proposed. Pure."""

import re
import unicodedata

LENGTH = 80  # characters of a title that is made here
LONGEST = 200  # characters of one that a person typed, and of every title
WORDS = 8
ESSAY = 200  # characters: what is longer is no title but an answer

_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,200}>")
_LABEL = re.compile(r"^\s*(title|titel|titre)\s*[:：]\s*", re.IGNORECASE)
_MARKUP = re.compile(r"^[#>\-*+\s]+|[*_`~]{1,3}")
_NUMBERED = re.compile(r"(.*) \((\d{1,6})\)", re.DOTALL)
_QUOTES = "\"'“”„«»‘’「」"


def first_words(text: str) -> str:
    """A title out of the beginning of `text`; empty where it holds no visible character."""
    line = _one_line(text)
    words = line.split(" ")
    return _shortened(" ".join(words[:WORDS]), cut=len(words) > WORDS)


def proposed(text: str) -> str:
    """What a model proposed, without markup, label and quotes, on one line; empty where no title is left."""
    text = _TAGS.sub(" ", _THINKING.sub(" ", text[:20_000]))
    if len(_one_line(text)) > ESSAY:
        return ""
    first = next((line for line in text.splitlines() if _one_line(line)), "")
    bare = _one_line(_LABEL.sub("", _MARKUP.sub("", first)))
    return _shortened(bare.strip(_QUOTES + " .").strip(), cut=False)


def given(text: str, *, longest: int = LONGEST) -> str:
    """A title that a person typed: one line of at most `longest` characters; empty where nothing is visible."""
    return _one_line(text)[:longest].rstrip()


def next_of(title: str) -> str:
    """The title of a copy: “Plans” is followed by “Plans (2)”, and that by “Plans (3)”."""
    numbered = _NUMBERED.fullmatch(title)
    words, number = numbered.groups() if numbered else (title, "1")
    mark = f" ({int(number) + 1})"
    return words[: LONGEST - len(mark)].rstrip() + mark if title else ""


def _one_line(text: str) -> str:
    visible = "".join(" " if character.isspace() or _is_hidden(character) else character for character in text[:20_000])
    return " ".join(visible.split())


def _is_hidden(character: str) -> bool:
    # Control characters, and the marks that turn the reading direction of all that stands behind them.
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff\u200b"
    )


def _shortened(title: str, *, cut: bool) -> str:
    if len(title) > LENGTH:
        title, cut = title[: LENGTH - 1].rstrip(), True
    return title + "…" if cut and title else title
