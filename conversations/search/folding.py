"""What is the same to somebody who searches."""

import re
import unicodedata
from operator import add

MOST_BYTES = 200_000  # of a text; what stands behind them is not found
MOST_INDEXED_BYTES = 1_000_000  # of all words and beginnings of words; a tsvector of PostgreSQL holds 1,048,575
_SURELY_FEW = 150_000  # bytes of a folded text, whose words and beginnings are surely not too many
BEGINNINGS = range(3, 8)  # letters of those that both databases index, by the migration that made the indexes
LONGEST_WORD = 64  # signs

# Scripts that put no blanks between their words, and Korean, whose words grow at their ends.
UNPARTED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_ROW = re.compile(f"[{UNPARTED}]+")
_JAMO = re.compile("[\u1100-\u11ff]")
_ALIKE = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d"})  # no marks of their own to take off
_SIGNS_OF_NAMES = re.compile(r"(?<=[a-z])(\+\+|#)(?!\S)|[+#]+")  # c++ and c# are words
_TOO_LONG = re.compile(rf"(\S{{{LONGEST_WORD}}})\S+")
_MOST_KNOWN = 20_000  # signs


def fold(text: str) -> str:
    """The words of `text` as they are indexed and looked for, with a blank between each: in one case, without marks,
    so that ёлка is елка and Straße is strasse. A row of signs of a script without blanks is its pairs and its last
    sign.

    Of a long text its first MOST_BYTES of UTF-8; some 20 ms for these.
    """
    signs = _shortened(text, MOST_BYTES)
    if not signs.isascii():
        signs = unicodedata.normalize("NFKD", signs)
    signs = signs.translate(_signs)
    if "+" in signs or "#" in signs:
        signs = _SIGNS_OF_NAMES.sub(lambda found: found[1] or " ", signs)
    if not signs.isascii():
        signs = _ROW.sub(lambda found: f" {_pairs(found[0])} ", _composed(signs))
    words = _TOO_LONG.sub(r"\1", signs).split()
    folded = " ".join(words)
    return folded if len(folded.encode()) < _SURELY_FEW else " ".join(_indexable(words))


def unmarked(text: str) -> str:
    """The text in one case and without marks, its blanks and signs where they were. Some signs are several then: ﷺ is
    18."""
    if text.isascii():
        return text.lower()
    signs = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in signs if not unicodedata.combining(sign)).translate(_ALIKE)


def is_unparted(sign: str) -> bool:
    return _ROW.fullmatch(sign) is not None


class _Signs(dict[int, str]):
    """What each sign of a decomposed text becomes, learnt as they come."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        self[code] = _folded_sign(chr(code))
        return self[code]


_signs = _Signs()


def _folded_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if unicodedata.combining(sign) or category in ("Me", "Cf") or "\ufe00" <= sign <= "\ufe0f":
        return ""
    if category[0] in "LN" or category in ("Mc", "Mn"):  # in many scripts, vowels
        return sign.casefold().translate(_ALIKE)
    if category == "So":
        return f" {sign} "  # each emoji is a word
    return sign if sign in "+#" else " "


def _composed(signs: str) -> str:
    """Korean syllables are whole again."""
    return unicodedata.normalize("NFC", signs) if _JAMO.search(signs) else signs


def _pairs(row: str) -> str:
    return " ".join([*map(add, row, row[1:]), row[-1]])


def _indexable(words: list[str]) -> list[str]:
    """As many of the words as an index holds, with their beginnings."""
    size, known = 0, set[str]()
    for place, word in enumerate(words):
        if word not in known:
            new = {word, *(f"{word[:signs]}*" for signs in BEGINNINGS if signs <= len(word))} - known
            known |= new
            size += len("".join(new).encode())
        if size > MOST_INDEXED_BYTES:
            return words[:place]
    return words


def _shortened(text: str, most: int) -> str:
    text = text[:most]
    return text if text.isascii() else text.encode(errors="replace")[:most].decode(errors="ignore")


def by_signs(text: str) -> tuple[str, list[int]]:
    """The text folded sign by sign, rows left whole and signs between words blank; and for each sign of it the place in
    `text` where it comes from. Some 1 ms for 1,000 signs."""
    if text.isascii():
        return _without_loose_signs(text.translate(_signs)), list(range(len(text)))
    folded, places = [], []
    for place, sign in enumerate(text):
        signs = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", sign).translate(_signs))
        folded.append(signs)
        places += [place] * len(signs)
    return _without_loose_signs("".join(folded)), places


def _without_loose_signs(signs: str) -> str:
    """As long as before: + and # that are no part of a word are blanks."""
    return _SIGNS_OF_NAMES.sub(lambda found: found[1] or " " * len(found[0]), signs)
