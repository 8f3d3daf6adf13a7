"""The policy enforced on any HTML, by nh3 (Rust, the default) or by bleach (pure Python, slow, end of life)."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Literal

from .policy import ATTRIBUTES, CLASSES, DIRECTIONS, FIXED_ATTRIBUTES, MATH_ATTRIBUTES, MATH_TAGS, REL, SCHEMES, TAGS

Engine = Literal["nh3", "bleach"]


def sanitize(html: str, *, engine: Engine) -> str:
    """`html` without anything that the policy does not allow; raises KeyError for an unknown engine."""
    return _cleaner(engine)(html)


@cache
def _cleaner(engine: Engine) -> Callable[[str], str]:
    return {"nh3": _nh3, "bleach": _bleach}[engine]()


def _nh3() -> Callable[[str], str]:
    import nh3  # noqa: PLC0415 - only the engine that was chosen is loaded

    cleaner = nh3.Cleaner(
        tags=TAGS,
        attributes={"*": set(), **ATTRIBUTES},
        tag_attribute_values={"a": {"target": {FIXED_ATTRIBUTES["a"]["target"]}}, **DIRECTIONS, **MATH_ATTRIBUTES},
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel=REL,
    )
    return cleaner.clean


def _bleach() -> Callable[[str], str]:
    import bleach  # noqa: PLC0415 - 5 MB, and only the engine that was chosen is loaded
    from bleach.html5lib_shim import Filter, namespaces  # noqa: PLC0415 - likewise

    class Math(Filter):  # type: ignore[misc]
        """Leaves MathML alone in its element, where html5lib lets HTML stray into it."""

        def __iter__(self) -> Any:
            return _math_apart(super().__iter__(), namespaces["mathml"])

    class Classes(Filter):  # type: ignore[misc]
        """Cuts class lists down to the allowed names, as nh3 does."""

        def __iter__(self) -> Any:
            for token in super().__iter__():
                names = (token.get("data") or {}).get((None, "class")) if token["type"] == "StartTag" else None
                if names is not None:
                    allowed = CLASSES.get(token["name"], frozenset())
                    token["data"][None, "class"] = " ".join(name for name in names.split() if name in allowed)
                yield token

    def clean(html: str) -> str:
        # One per call: a bleach Cleaner keeps the state of its parse.
        cleaner = bleach.Cleaner(
            tags=TAGS,
            attributes=_is_allowed,
            protocols=SCHEMES,
            strip=True,
            strip_comments=True,
            filters=[Math, Classes],
        )
        return str(cleaner.clean(html))

    return clean


def _math_apart(tokens: Iterable[dict[str, Any]], mathml: str) -> Iterator[dict[str, Any]]:
    """`tokens` without tags of MathML outside of `<math>`, and without all others inside of it."""
    depth = 0
    for token in tokens:
        if token["type"] in ("StartTag", "EndTag", "EmptyTag"):
            is_math = token.get("namespace") == mathml
            if is_math != (token["name"] in MATH_TAGS) or (depth and not is_math):
                continue
            if token["name"] == "math":
                depth += 1 if token["type"] == "StartTag" else -1
        yield token


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return tag in CLASSES
    if tag in MATH_ATTRIBUTES:
        return value in MATH_ATTRIBUTES[tag].get(name, ())
    if value in DIRECTIONS.get(tag, {}).get(name, ()):
        return True
    fixed = FIXED_ATTRIBUTES.get(tag, {})
    return name in ATTRIBUTES.get(tag, ()) or fixed.get(name) == value
