"""What rendered messages may hold: one policy, kept by the parser and enforced by either sanitizer."""

import ipaddress
import re
import unicodedata
from typing import Final

from .highlight import LANGUAGES, TOKEN_CLASSES

SCHEMES: Final = frozenset({"http", "https", "mailto"})
REL: Final = "noopener noreferrer nofollow ugc"

MATH_LEAVES: Final = frozenset({"mi", "mn", "mo", "mtext", "mspace", "mprescripts"})
"""They hold text or nothing. Their content is parsed as HTML, so an element in them would be one of HTML."""
MATH_TAGS: Final = MATH_LEAVES | {
    *("math", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
    *("mmultiscripts", "mtable", "mtr", "mtd"),
}
TAGS: Final = MATH_TAGS | frozenset(
    {
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li", "pre", "code", "figure"),
        *("figcaption", "table", "thead", "tbody", "tr", "th", "td", "div", "span", "em", "strong", "s", "a", "bdi"),
    }
)
# Beside class: no style, no id, nothing that loads.
ATTRIBUTES: Final = {"a": frozenset({"href", "title"}), "ol": frozenset({"start"})}
DIRECTIONS: Final = {tag: {"dir": frozenset({"ltr", "rtl"})} for tag in ("blockquote", "div", "ol", "ul")}
FIXED_ATTRIBUTES: Final = {"a": {"target": "_blank", "rel": REL}}

MATH_SPACES: Final = [f"{mu / 18:.4g}em" for mu in range(73)]  # up to 4 em, in the 18ths of an em that TeX counts in
_IS: Final = frozenset({"true", "false"})
_SIZES: Final = frozenset({"1.2em", "1.623em", "2.047em", "2.470em"})
_EDGES: Final = frozenset({"0", "0.1667em", "0.2222em", "0.2778em"})
_STYLE: Final = {"displaystyle": _IS, "scriptlevel": frozenset("012")}
# What MathML Core cannot show otherwise, each with every value that it may have.
MATH_ATTRIBUTES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "math": {"display": frozenset({"block"})},
    "mfrac": {"linethickness": frozenset({"0"}), **_STYLE},
    "mi": {"mathvariant": frozenset({"normal"})},
    "mo": {
        **dict.fromkeys(("stretchy", "symmetric", "largeop", "movablelimits"), _IS),
        **dict.fromkeys(("minsize", "maxsize"), _SIZES),
        **dict.fromkeys(("lspace", "rspace"), _EDGES),
        "form": frozenset({"prefix", "infix", "postfix"}),
    },
    "mover": {"accent": _IS},
    "mrow": _STYLE,
    "mspace": {"width": frozenset(MATH_SPACES)},
    "mtable": _STYLE,
    "munder": {"accentunder": _IS},
}

_ALIGNMENTS: Final = frozenset({"md-left", "md-center", "md-right"})
_LINES: Final = frozenset({"md-line-left", "md-line-right", "md-line-top"})
# Closed sets, so that no message can wear a class of the page.
CLASSES: Final = {
    "a": frozenset({"md-image"}),
    "bdi": frozenset({"md-host"}),
    "code": frozenset({"md-math", *(f"language-{language}" for language in LANGUAGES)}),
    "div": frozenset({"md-table", "md-math"}),
    "figure": frozenset({"md-code", "md-long"}),
    "li": frozenset({"md-task"}),
    "mrow": frozenset({"md-boxed", "md-struck"}),
    "mtable": _LINES | {"md-wide"},
    "mtd": _ALIGNMENTS | _LINES | {"md-apart", "md-flush-left", "md-flush-right", "md-gap"},
    "span": TOKEN_CLASSES | {"md-open", "md-done", "md-math", "md-math-line"},
    "td": _ALIGNMENTS,
    "th": _ALIGNMENTS,
}

_HTTP = re.compile(r"https?://(?P<host>[\w.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?(?:[/?#]|$)", re.ASCII | re.I)
_MAILTO = re.compile(r"mailto:(?P<address>[a-z0-9][\w.!#$%*+=~-]*@[a-z0-9][a-z0-9.-]*)(?:\?|$)", re.ASCII | re.I)


def host_of(url: str) -> str | None:
    """The host that a link to `url` (percent- and punycode-encoded) would reach, or its mail address.

    None when nothing may link there: another scheme, a relative URL, a user name before the host (made to mislead),
    or a host that the URL standard or either sanitizer refuses.
    """
    if match := _MAILTO.match(url):
        return match["address"]
    match = _HTTP.match(url)
    if not match or int(match["port"] or 0) > 65535 or not _is_host(match["host"].lower()):
        return None
    return match["host"]


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ip(host[1:-1])
    labels = host.removesuffix(".").split(".")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):  # the URL standard reads such a host as an IPv4 address
        return _is_ip(host)
    return all(labels) and ("xn--" not in host or _is_international(labels))


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_international(labels: list[str]) -> bool:
    """Whether the punycode is surely valid; stricter than the URL standard, which nh3 follows and bleach does not."""
    try:
        scripts = {_script(label.encode().decode("idna")) for label in labels}
    except UnicodeError:
        return False
    return scripts <= {"ascii", "other ascii", "left to right"} or scripts <= {"ascii", "right to left"}


def _script(name: str) -> str:
    if name.isascii():
        return "ascii" if name[0].isalpha() and _has_inner_hyphens(name) else "other ascii"
    directions = [unicodedata.bidirectional(character) for character in name]
    if not all(unicodedata.category(character)[0] in "LMN" for character in name.replace("-", "")):
        return "symbols"
    if directions[0] == "L" and set(directions) <= {"L", "EN", "NSM", "ES"} and _has_inner_hyphens(name):
        return "left to right"
    if directions[0] in ("R", "AL") and set(directions) <= {"R", "AL", "NSM"}:
        return "right to left"
    return "mixed"


def _has_inner_hyphens(name: str) -> bool:
    return "--" not in name and not name.endswith("-")
