"""Asks a feed of advisories what is known against the packages that are pinned for the site, on every system.

Further arguments are options of pip-audit, such as another feed (`make audit AUDIT="--osv-url …"`). Ends with 0 where
nothing is known, with 1 where something is, and with 3 where the feed could not be asked or does not know a package.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import shipped

NOT_AUDITED = 3


def ask(packages: list[shipped.Package], arguments: list[str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder, "pins.txt")  # without markers: what is for another system is asked for as well
        pins.write_text("".join(f"{each.name}=={each.version}\n" for each in packages))
        # The files need not be fetched: installing holds them against the hashes.
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-r", str(pins)]
        command += ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments


def report(answer: list[dict[str, Any]]) -> tuple[list[str], int]:
    """What to say of pip-audit's dependencies, and the status to end with."""
    found = [
        f"{each['name']} {each['version']}: {one['id']} (mended in {', '.join(one['fix_versions']) or 'no version'})"
        for each in answer
        for one in each.get("vulns", ())
    ]
    skipped = [each["name"] for each in answer if "skip_reason" in each]
    lines = [*found, f"Packages audited: {len(answer) - len(skipped)}. Known vulnerabilities: {len(found)}."]
    if skipped:
        lines.append(f"Not audited, for the feed does not know them: {', '.join(skipped)}.")
    return lines, 1 if found else NOT_AUDITED if skipped else 0


def main() -> int:
    done = ask(shipped.packages(), sys.argv[1:])
    if not done.stdout.startswith("{"):
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"Nothing was audited, for the feed of advisories gave no answer: {reason}")  # noqa: T201 - a command
        return NOT_AUDITED
    lines, status = report(json.loads(done.stdout)["dependencies"])
    inside = ", ".join(part.label() for part in shipped.PARTS)
    print(*lines, f"Served from inside packages, and not asked for: {inside}.", sep="\n")  # noqa: T201 - a command
    return status


if __name__ == "__main__":
    sys.exit(main())
