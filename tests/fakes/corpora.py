"""The event streams that others recorded, read from CORPORA_DIR (default: ../shared/corpora beside the repository)."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("CORPORA_DIR") or Path(__file__).parents[2].parent / "shared" / "corpora")
MISSING = f"no corpora in {FOLDER}: set CORPORA_DIR"


@dataclass(frozen=True)
class Conformance:
    """A case for a decoder: bytes, where to cut them, and the (event, data, last id) that come out."""

    name: str
    body: bytes
    expected: list[tuple[str, str, str]]
    retry: int | None
    cuts: list[int]


def need() -> None:
    """Skips with a sentence where the corpora are missing; in CI that is a failure."""
    if not FOLDER.is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)


def conformance() -> list[Conformance]:
    return [
        Conformance(
            name=item["name"],
            body=base64.b64decode(item["body_b64"]),
            expected=[(event["event"], event["data"], event["lastEventId"]) for event in item["expected"]],
            retry=item["retry"],
            cuts=item.get("split_at", []),
        )
        for item in read("sse_conformance.json")
    ]


def upstream_errors() -> list[dict[str, Any]]:
    return read("upstream_errors.json")


def streams() -> list[Path]:
    return sorted((FOLDER / "sse" / "upstream").glob("*.sse"))


def read(name: str) -> list[Any]:
    path = FOLDER / "sse" / name
    return json.loads(path.read_text())["items"] if path.exists() else []
