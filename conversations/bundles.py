"""Our style sheets and scripts as they are served: each as one file with all that it imports.

In the sources each component has a file, and browsers take those as they stand. But many small files compress badly,
and each costs a request with its headers.
"""

import re
from collections.abc import Callable
from posixpath import basename, dirname, join, splitext

import rjsmin

Read = Callable[[str], str]

STYLE_COMMENT = re.compile(r"""("[^"]*"|'[^']*')|/\*.*?\*/""", re.DOTALL)
STYLE_BLANKS = re.compile(r"""("[^"]*"|'[^']*')|\s*([{};])\s*|\s+""")
STYLE_IMPORT = re.compile(r'@import "([\w-]+\.css)";\n?')
SCRIPT_IMPORT = re.compile(r'^import (?:(\{\s*\w+(?:,\s*\w+)*,?\s*\}) from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function) (\w+))", re.MULTILINE)
OTHER_FORM = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(.*", re.MULTILINE)


def style_sheet(path: str, read: Read, around: tuple[str, ...] = ()) -> str:
    """The style sheet at `path`, in the place of each import what it names, without comments and indentation.

    It is not minified: little more would be won, and a minifier may take `.a :is(b)` for `.a:is(b)`. `around` are those
    that it is imported by. Raises ValueError where it is among them.
    """
    around = inwards(path, around)
    return condensed(
        STYLE_IMPORT.sub(lambda found: style_sheet(join(dirname(path), found[1]), read, around), read(path))
    )


def condensed(style: str) -> str:
    """Texts stay as they are, and a blank where one may mean something: in a selector, in a sum."""
    bare = STYLE_COMMENT.sub(lambda found: found[1] or " ", style)
    return STYLE_BLANKS.sub(lambda found: found[1] or found[2] or " ", bare).strip()


def script(path: str, read: Read) -> str:
    """The module at `path` behind all that it imports, each once, without comments and indentation. What it exports it
    still does.

    Raises ValueError where one of them imports or exports in a form that none of ours has, or imports itself.
    """
    modules: dict[str, str] = {}
    text = linked(path, read, modules, ())
    return str(rjsmin.jsmin("".join([*modules.values(), text])))


def linked(path: str, read: Read, modules: dict[str, str], around: tuple[str, ...]) -> str:
    """The module's text, which takes from constants what it imports; `modules` gets these, in their order."""
    around = inwards(path, around)
    text = read(path)
    refuse_other_forms(path, text)
    for _, name in SCRIPT_IMPORT.findall(text):
        imported = join(dirname(path), name)
        if imported not in modules:
            modules[imported] = enclosed(imported, linked(imported, read, modules, around))
    return SCRIPT_IMPORT.sub(lambda found: f"const {found[1]} = {constant(found[2])};\n" if found[1] else "", text)


def inwards(path: str, around: tuple[str, ...]) -> tuple[str, ...]:
    if path in around:
        raise ValueError(f"'{path}' imports itself: {' → '.join([*around, path])}")
    return (*around, path)


def refuse_other_forms(path: str, text: str) -> None:
    if other := OTHER_FORM.search(EXPORT.sub("", SCRIPT_IMPORT.sub("", text))):
        raise ValueError(f"'{path}' cannot be served as one script with others, because of: {other[0]}")


def enclosed(path: str, text: str) -> str:
    """The module as a constant: a function, in which its names are its own, returns what it exports."""
    exported = ", ".join(EXPORT.findall(text))
    text = EXPORT.sub("", text)
    return f"const {constant(path)} = (() => {{\n{text}return {{ {exported} }};\n}})();\n"


def constant(path: str) -> str:
    return "$" + splitext(basename(path))[0].replace("-", "_")
