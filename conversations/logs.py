"""How an event of the log is written: one line of JSON for machines, or a line of text for whoever sits before it.

Only the FIELDS leave a record, whatever a library puts into it: Django's records bear the request with its query.
"""

import json
import logging
import logging.config
import re
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from conversations.text import printable

# What our own code gives in `extra`: a reference is what a person was shown, an answer and a conversation are UUIDs.
FIELDS = ("reference", "answer", "conversation", "method", "path", "status", "code", "duration_ms")
# The addresses that let in whoever has them, up to a quote or the line's end: what was asked for may hold blanks.
SECRET = re.compile(r"(/setup/|/password/reset/key/|/confirm-email/)[^'\"\n]+")
QUOTED = re.compile(r"\nDETAIL:.*?(?=\n\n|\Z)", re.DOTALL)  # PostgreSQL quotes the row that it refuses


class Formatter(logging.Formatter):
    """What both forms share: the time in UTC, addresses without secrets, errors without what they quote of a row."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def message(self, record: logging.LogRecord) -> str:
        return without_secrets(QUOTED.sub("", record.getMessage())).strip()

    def traceback(self, record: logging.LogRecord) -> str:
        if record.exc_info and record.exc_info[0]:
            return without_secrets(QUOTED.sub("", self.formatException(record.exc_info)))
        return ""


class Json(Formatter):
    """One line per event, in ASCII: no value can end the line, and no terminal obeys it."""

    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
            **{name: field(getattr(record, name)) for name in FIELDS if hasattr(record, name)},
        }
        if traceback := self.traceback(record):
            event["traceback"] = traceback
        return json.dumps(event, default=str)


class Text(Formatter):
    """One line per event; a traceback follows it, indented: what it quotes cannot pass for another event."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {printable(self.message(record))}"
        traceback = self.traceback(record).splitlines()
        return "\n    ".join([line, *map(printable, traceback)])


def without_secrets(text: str) -> str:
    return SECRET.sub(r"\1***", text)


def field(value: Any) -> Any:
    return without_secrets(value) if isinstance(value, str) else value


class WithoutQuery(logging.Filter):
    """For uvicorn's lines of access (there are some with LOG_LEVEL=DEBUG): their address loses its query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
        return True


def configure(description: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG. Warnings are events too, and for machines also the error that ends the process."""
    logging.config.dictConfig(description)
    logging.captureWarnings(True)
    if description["handlers"]["stderr"]["formatter"] == "json":
        sys.excepthook = log_uncaught
        threading.excepthook = lambda end: log_uncaught(end.exc_type, end.exc_value, end.exc_traceback)


def log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(__name__).critical("nobody caught this error", exc_info=(kind, error or kind(), traceback))
