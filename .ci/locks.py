"""Says whether the locks still answer to the lists that a person edits, without asking the network.

Each line of requirements*.txt must be pinned to a version that it allows, and nothing pinned may claim to come
from a list that no longer names it. `make lock` makes the locks anew.
"""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?P<rest>(?:.*\n)(?:[ #].*\n?)*)", re.M
)


def wanted(file: Path) -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pins(file: Path) -> dict[str, tuple[str, bool]]:
    """Each pinned name with its version, and whether a list asks for it."""
    return {
        canonicalize_name(found["name"]): (found["version"], bool(re.search(r"-r \S+\.txt", found["rest"])))
        for found in PIN.finditer(file.read_text())
    }


def complaints(listed: dict[str, Requirement], pinned: dict[str, tuple[str, bool]]) -> list[str]:
    missing = [f"{name} is not pinned" for name in listed.keys() - pinned.keys()]
    outside = [
        f"{name} is pinned to {pinned[name][0]}, which {requirement} does not allow"
        for name, requirement in listed.items()
        if name in pinned and not requirement.specifier.contains(pinned[name][0], prereleases=True)
    ]
    left = [
        f"{name} is no longer asked for" for name, (_, is_asked) in pinned.items() if is_asked and name not in listed
    ]
    return sorted(missing + outside + left)


def differences(lock: dict[str, tuple[str, bool]], other: dict[str, tuple[str, bool]]) -> list[str]:
    """Complaints about what both pin, each to another version."""
    return sorted(
        f"{name} has another version than in requirements.lock"
        for name in lock.keys() & other.keys()
        if other[name][0] != lock[name][0]
    )


def main() -> int:
    product, extras, tools = (wanted(Path(f"requirements{name}.txt")) for name in ("", "-extras", "-dev"))
    lock, extras_lock, dev_lock = (pins(Path(f"requirements{name}.lock")) for name in ("", "-extras", "-dev"))
    found = {
        "requirements.lock": complaints(product, lock),
        "requirements-extras.lock": complaints(extras, extras_lock) + differences(lock, extras_lock),
        "requirements-dev.lock": complaints(product | extras | tools, dev_lock)
        + differences(lock | extras_lock, dev_lock),
    }
    lines = [f"{file}: {complaint}" for file, listed in found.items() for complaint in listed]
    for line in lines:
        print(f"{line} (run `make lock`)")  # noqa: T201 - this is a command
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
