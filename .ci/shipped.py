"""What is shipped: the packages that are pinned for the site, and what others wrote that is served from inside them.

Read from the locks and from what is installed, without asking the network. `make sbom`, `make notices` and `make audit`
speak of these.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NamedTuple

from locks import PIN
from packaging.markers import Marker
from packaging.utils import canonicalize_name

LOCKS = (Path("requirements.lock"), Path("requirements-extras.lock"))
# The container's system; what only others need is installed neither there nor here.
IMAGE = {
    "sys_platform": "linux",
    "os_name": "posix",
    "platform_system": "Linux",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": "3.13",
    "python_full_version": "3.13.0",
}
# As SPDX calls them: read by a person where a package's metadata name none, or not by that name.
LICENCES = {
    "aiosignal": "Apache-2.0",
    "async-timeout": "Apache-2.0",
    "bleach": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "httpx2-jsfetch": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "qrcode": "BSD-3-Clause AND MIT",
    "sqlparse": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
    "webencodings": "BSD-3-Clause",
}
TEXT = re.compile(r"(licen[cs]es?|copying|notice)\b[^/]*$", re.IGNORECASE)


class Package(NamedTuple):
    name: str
    version: str
    hashes: list[str]  # SHA-256 of every file that the lock accepts
    wanted_by: list[str]  # names of packages
    is_asked_for: bool  # by a list of ours
    marker: str

    @property
    def is_in_image(self) -> bool:
        return not self.marker or Marker(self.marker).evaluate(IMAGE)

    @property
    def installed(self) -> Distribution:
        """Raises PackageNotFoundError where it is not installed here."""
        return distribution(self.name)

    @property
    def licence(self) -> str:
        """An SPDX expression."""
        if self.name in LICENCES:
            return LICENCES[self.name]
        metadata = self.installed.metadata
        return str(metadata.get("License-Expression") or metadata.get("License"))

    def licence_files(self) -> Iterator[Path]:
        """The texts of its licence, and of those of what it has inside."""
        for file in self.installed.files or ():
            if TEXT.search(str(file)) and file.suffix not in (".py", ".pyc"):
                yield Path(str(file.locate()))

    def inventories(self) -> list[str]:
        """Where, beside the package, a bill of materials of its own lies: of what is compiled into it."""
        if not self.is_in_image:
            return []
        return [str(file) for file in self.installed.files or () if file.parent.name == "sboms"]


class Part(NamedTuple):
    """What others wrote, and is served from inside a package."""

    name: str
    package: str
    file: str
    licence: str
    version: str = ""  # a pattern that finds it in the file; where that tells none, it is not known
    copyright: str = ""  # where the package brings no text of its licence

    def label(self) -> str:
        return " ".join(filter(None, [self.name, self.known_version(), f"(in {self.package})"]))

    def known_version(self) -> str | None:
        """Raises ValueError where the file no longer tells it in that way."""
        if not self.version:
            return None
        found = re.search(self.version, Path(str(distribution(self.package).locate_file(self.file))).read_text())
        if not found:
            raise ValueError(f"{self.file} does not tell the version of {self.name}")
        return found[1]


ADMIN = "django/contrib/admin/static/admin"
PARTS = [
    Part("htmx.org", "django-htmx", "django_htmx/static/django_htmx/htmx-2.min.js", "0BSD", r'version:"([\d.]+)"'),
    Part("jquery", "django", f"{ADMIN}/js/vendor/jquery/jquery.min.js", "MIT", r"jQuery v([\d.]+)"),
    Part("select2", "django", f"{ADMIN}/js/vendor/select2/select2.full.min.js", "MIT", r"Select2 ([\d.]+)"),
    Part("xregexp", "django", f"{ADMIN}/js/vendor/xregexp/xregexp.min.js", "MIT", r'XRegExp\.version="([\d.]+)'),
    Part("font-awesome-svg-png", "django", f"{ADMIN}/img/icon-yes.svg", "MIT AND OFL-1.1"),
    Part("heroicons", "heroicons", "heroicons/heroicons.zip", "MIT", copyright="Copyright (c) Tailwind Labs, Inc."),
    Part(
        "@github/webauthn-json",
        "django-allauth",
        "allauth/mfa/static/mfa/js/webauthn-json.js",
        "MIT",
        copyright="Copyright (c) GitHub, Inc.",
    ),
]


def packages() -> list[Package]:
    """All that the site's locks pin, each once, by name."""
    found: dict[str, Package] = {}
    for pin in map(package, (pin for lock in LOCKS for pin in PIN.finditer(lock.read_text()))):
        found.setdefault(pin.name, pin._replace(wanted_by=[])).wanted_by.extend(pin.wanted_by)
    return [found[name] for name in sorted(found)]


def package(pin: re.Match[str]) -> Package:
    marker = re.match(r" ; (.*?) \\", pin["rest"])
    return Package(
        name=canonicalize_name(pin["name"]),
        version=pin["version"],
        hashes=re.findall(r"--hash=sha256:([0-9a-f]{64})", pin["rest"]),
        wanted_by=re.findall(r"^ +# +(?:via )?(?!via$)([\w.-]+)$", pin["rest"], re.MULTILINE),
        is_asked_for=bool(re.search(r"-r \S+\.txt", pin["rest"])),
        marker=marker[1] if marker else "",
    )
