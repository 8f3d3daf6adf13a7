"""The inputs written by others, read from CORPORA_DIR (default: ../shared/corpora beside the repository)."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CORPORA_DIR") or _ROOT.parent / "shared" / "corpora")
RECIPES = "markdown_pathological"

NAMES = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != RECIPES) or ["(none)"]


@cache
def items(name: str) -> list[dict[str, Any]]:
    """What the corpus `name` holds, in its order."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["items"]
    return found


def texts(name: str) -> list[str]:
    """The inputs of the corpus `name`, whatever it calls them."""
    return [next(item[key] for key in ("payload", "input", "markdown") if key in item) for item in items(name)]


def recipe_text(recipe: dict[str, Any], *, size: int) -> str:
    """The text that `recipe` makes, with its counts scaled so that it has about `size` bytes."""
    make = _series if "series" in recipe else _parts
    low, high = 0.0, 1.0
    while len(make(recipe, high).encode("utf-8", "replace")) < size and high < 2**20:
        high *= 2
    for _ in range(20):
        middle = (low + high) / 2
        is_short = len(make(recipe, middle).encode("utf-8", "replace")) <= size
        low, high = (middle, high) if is_short else (low, middle)
    return make(recipe, low)


def _parts(recipe: dict[str, Any], scale: float) -> str:
    return "".join(part * (count if count == 1 else int(count * scale)) for part, count in recipe["parts"])


def _series(recipe: dict[str, Any], scale: float) -> str:
    series = recipe["series"]
    start = series["from"]
    numbers = range(start, start + int((series["to"] - start) * scale))
    return "".join(_filled(series, number) for number in numbers)


def _filled(series: dict[str, Any], number: int) -> str:
    filled = str(series["template"]).replace("{i}", str(number))
    return filled.replace("{pad}", series.get("pad", "") * number).replace("{rep}", series.get("rep", "") * number)
