"""Writes NOTICE.md: the licences of all that is shipped, with their texts; with --check, says what is wrong.

The texts are those that the installed packages bring. A text that several bring stands once.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import shipped

PAGE = Path("NOTICE.md")
# What may go along with a site under MIT. LGPL: installed as packages of their own, which anybody can replace.
ACCEPTED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0"),
    "LGPL-3.0-only",
}
HEAD = """\
# Notices

chatsite is under the MIT licence (`LICENSE`). A site runs with the packages below, each under its own licence; the
container of `deploy/Dockerfile` has all but those for other systems. Written by `make notices` from what is installed.

psycopg, psycopg-binary and psycopg-pool (`make extras`) are under the LGPL 3: packages of their own that are used
through their interface, unchanged, and that anybody can replace by another version. That licence adds to the GPL 3,
whose text the container has in `/usr/share/common-licenses/GPL-3`.

What is compiled into a package is listed inside it, in the folder `sboms` beside its metadata:
{inventories}. psycopg-binary also brings libpq and the
libraries that it needs (OpenSSL, Kerberos, OpenLDAP, SASL, keyutils, libcrypt), as files of their own.
"""
MIT = Path("LICENSE").read_text().partition("\n\n")[2].partition("\n\n")[2].strip()


def page() -> str:
    packages = shipped.packages()
    with_inventory = ", ".join(each.name for each in packages if each.inventories())
    blocks = [
        HEAD.format(inventories=with_inventory),
        table(packages),
        "## Texts\n",
        *(f"### {', '.join(names)}\n\n~~~~~text\n{text}\n~~~~~\n" for text, names in texts(packages).items()),
    ]
    return "\n".join(blocks)


def table(packages: list[shipped.Package]) -> str:
    lines = ["| package | licence | |", "|---|---|---|"]
    for each in packages:
        lines.append(f"| {each.name} | {each.licence} | {'' if each.is_in_image else 'on other systems only '}|")
        lines += [f"| {part.name} | {part.licence} | inside {part.package} |" for part in parts_of(each)]
    return "\n".join([*lines, ""])


def parts_of(package: shipped.Package) -> list[shipped.Part]:
    return [part for part in shipped.PARTS if part.package == package.name]


def texts(packages: list[shipped.Package]) -> dict[str, list[str]]:
    """Each text with the names of what brings it, in the order of these."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in packages:
        for name, text in texts_of(each):
            if name not in found[text]:
                found[text].append(name)
    return found


def texts_of(package: shipped.Package) -> Iterator[tuple[str, str]]:
    if package.is_in_image:
        for file in package.licence_files():
            yield (
                package.name,
                "\n".join(line.rstrip() for line in file.read_text(encoding="utf-8").strip("\n").splitlines()),
            )
    for part in parts_of(package):
        if part.copyright:
            yield part.name, f"{part.copyright}\n\n{MIT}"


def complaints(packages: list[shipped.Package], shown: str) -> list[str]:
    every = [(each.name, each.licence) for each in [*packages, *shipped.PARTS]]
    bare = [each.name for each in packages if each.is_in_image and not any(texts_of(each))]
    return [
        *(f"{name}: {word} may not fit the MIT licence" for name, licence in every for word in foreign(licence)),
        *(f"{name} brings no text of its licence" for name in bare),
        *([f"{PAGE} is not up to date (run `make notices`)"] if page() != shown else []),
    ]


def foreign(licence: str) -> list[str]:
    """What of an SPDX expression a person has to look at."""
    words = licence.replace("(", " ").replace(")", " ").split()
    return [word for word in words if word not in {"AND", "OR", *ACCEPTED}]


def main() -> int:
    if "--check" not in sys.argv:
        PAGE.write_text(page())
        return 0
    found = complaints(shipped.packages(), PAGE.read_text())
    for line in found:
        print(line)  # noqa: T201 - this is a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
