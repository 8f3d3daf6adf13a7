from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; also the command's exit status, as monitors know it."""

    OK = 0
    WARNING = 1
    FAULT = 2


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was found, and where it is not well, what to do."""

    level: Level
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def warning(text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, text, remedy)


def fault(text: str, remedy: str) -> Finding:
    return Finding(Level.FAULT, text, remedy)
