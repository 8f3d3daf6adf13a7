"""The lines of the log: their two forms, what they hold, and what they must not."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from django.utils.regex_helper import normalize

from conversations import accounts, logs
from conversations.models import Message
from conversations.views import pages
from tests.conftest import ROOT
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import refusal
from tests.people import Person, Response
from tests.programs.serve import Serve
from tests.serving import Site

REFERENCE = re.compile(r"Reference:? ([0-9a-f]{8})")


class Lines(logging.Handler):
    """Keeps what the site's handler would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.Json())
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def with_part(self, part: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written if part in line]


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines = Lines()
    logging.getLogger().addHandler(lines)
    yield lines
    logging.getLogger().removeHandler(lines)


def record(message: str, *args: object, error: BaseException | None = None, **extra: object) -> logging.LogRecord:
    stack = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("conversations.test", logging.WARNING, __file__, 1, message, args, stack)
    record.__dict__.update(extra)
    return record


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_event_is_one_line_of_json():
    line = logs.Json().format(record("two %s", "words\nand a line", reference="ab12", status=500))

    event = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event.pop("time"))
    assert event == {
        "level": "WARNING",
        "logger": "conversations.test",
        "message": "two words\nand a line",
        "reference": "ab12",
        "status": 500,
    }
    assert line.splitlines() == [line]


def test_traceback_is_a_field_of_the_same_line():
    line = logs.Json().format(record("failed", error=raised(ValueError("one\ntwo"))))

    assert (line.count("\n"), json.loads(line)["traceback"].splitlines()[-2:]) == (0, ["ValueError: one", "two"])


def test_only_known_fields_leave_a_record():
    line = logs.Json().format(record("refused", request="<GET '/x?token=secret'>", sql="secret", path="/x"))

    assert ("secret" in line, json.loads(line)["path"]) == (False, "/x")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\x0b", "\x85", "\u2028", "\x1b[2K", "\ud800"])
@pytest.mark.parametrize("form", [logs.Json, logs.Text])
def test_value_makes_no_line_of_its_own(form: type[logging.Formatter], ending: str):
    line = form().format(record("asked for %s", f"/x{ending}2026-11-22 INFO FAKE"))

    assert (line.splitlines(), line.isprintable()) == ([line], True)


def test_text_shows_a_traceback_that_cannot_pass_for_an_event():
    text = logs.Text().format(record("failed", error=raised(ValueError("one\n2026-11-22 INFO FAKE"))))

    first, *stack = text.split("\n")
    assert first.endswith("Z WARNING conversations.test: failed")
    assert stack[-1] == "    2026-11-22 INFO FAKE"
    assert {line[:4] for line in stack} == {"    "}


@pytest.mark.parametrize("form", [logs.Json, logs.Text])
def test_what_postgresql_quotes_of_a_row_is_left_out(form: type[logging.Formatter]):
    error = raised(DataError("too long\nDETAIL:  Failing row contains (1, my private\nwords)."))

    line = form().format(record("failed: %s", error, error=error))

    assert ("too long" in line, "private" in line, "words" in line) == (True, False, False)


def test_address_in_a_line_of_access_loses_its_query():
    access = record('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", "/x?token=secret", "1.1", 200)

    assert logs.WithoutQuery().filter(access)
    assert access.getMessage() == '127.0.0.1 - "GET /x HTTP/1.1" 200'


# Who reads these in a log gets nowhere.
PUBLIC = {"uuid", "id", "pk", "object_id", "content_type_id", "app_label", "url", "rest"}


def secret_addresses() -> list[str]:
    """An address for each pattern of the site with a parameter that is not PUBLIC, whose value is SECRET."""
    patterns = [*get_resolver().url_patterns, path("accounts/", include(accounts.mail_pages()))]
    return sorted(
        shape % dict.fromkeys(names, "SECRET") for shape, names in addresses(patterns) if not PUBLIC.issuperset(names)
    )


def addresses(
    patterns: list[URLPattern | URLResolver], before: str = "/", known: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each address below these patterns, such as "/setup/%(token)s/", with the names of its parameters."""
    for pattern in patterns:
        for shape, names in normalize(pattern.pattern.regex.pattern):
            if isinstance(pattern, URLResolver):
                yield from addresses(pattern.url_patterns, before + shape, (*known, *names))
            else:
                yield before + shape, (*known, *names)


def test_the_addresses_with_secrets_are_found():
    assert secret_addresses() == [
        "/accounts/confirm-email/SECRET/",
        "/accounts/password/reset/key/SECRET-SECRET/",
        "/setup/SECRET/",
    ]


@pytest.mark.parametrize("address", secret_addresses())
@pytest.mark.parametrize("before", ["", " ", "/"])
@pytest.mark.parametrize("message", ["GET %r was answered with 503", "Not Found: %s", '127.0.0.1 - "GET %s HTTP/1.1"'])
@pytest.mark.parametrize("form", [logs.Json, logs.Text])
def test_secret_in_an_address_is_cut(form: type[logging.Formatter], message: str, before: str, address: str):
    asked = address.replace("SECRET", f"{before}SECRET", 1)
    event = record(message, asked, error=raised(ValueError(f"no {asked}")), path=asked)

    line = form().format(event)

    assert ("SECRET" in line, address.partition("SECRET")[0] in line) == (False, True)


def run(code: str, **settings: str) -> list[str]:
    """The lines of the log that this code writes in a process of its own."""
    code = f"import django, logging, threading; django.setup()\n{code}"
    environ = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DJANGO_SETTINGS_MODULE": "chatsite.settings", **settings}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    return done.stderr.splitlines()


@pytest.mark.parametrize("code", ["raise ValueError('x\\ny')", "threading.Thread(target=int, args='x').start()"])
def test_error_that_nobody_caught_is_an_event(tmp_path: Any, code: str):
    (line,) = run(code, DATA_DIR=str(tmp_path))

    event = json.loads(line)
    assert (event["level"], "ValueError: " in event["traceback"]) == ("CRITICAL", True)


def test_warning_is_an_event(tmp_path: Any):
    (line,) = run("import warnings; warnings.warn('old')", DATA_DIR=str(tmp_path))

    event = json.loads(line)
    assert (event["logger"], "UserWarning: old" in event["message"]) == ("py.warnings", True)


def test_format_and_level_are_chosen(tmp_path: Any):
    code = "logging.getLogger('conversations').debug('ours'); logging.getLogger('openai').debug('a whole request')"

    (line,) = run(code, DATA_DIR=str(tmp_path), LOG_FORMAT="text", LOG_LEVEL="DEBUG")

    assert line.endswith("Z DEBUG conversations: ours")


def test_every_line_of_a_server_is_an_event_and_none_has_a_query():
    with Serve(LOG_LEVEL="DEBUG") as served:
        Person(served.url).get("/nowhere/?token=secret")
        served.terminate()

    events = [json.loads(line) for line in served.program.lines]
    assert {"uvicorn.access", "conversations.views.errors"} <= {event["logger"] for event in events}
    assert "secret" not in served.log


# What a person is shown stands in the log, once.


def fails(error: Exception) -> Callable[..., Any]:
    def failing(*args: Any, **kwargs: Any) -> Any:
        raise error

    return failing


def shown(reply: Response) -> str:
    """The reference that a reply shows, as JSON or on a page."""
    if "json" in reply.headers["Content-Type"]:
        return str(reply.json["error"]["reference"])
    (found,) = set(REFERENCE.findall(reply.text))
    return str(found)


def is_told_once(lines: Lines, reply: Response, **fields: object) -> bool:
    events = lines.with_part(shown(reply))
    expected = {"reference": shown(reply), "status": reply.status, **fields}
    return [{name: event.get(name) for name in expected} for event in events] == [expected]


ACCEPT = pytest.mark.parametrize("accept", ["text/html", "application/json"])


@ACCEPT
def test_reference_of_what_is_not_there_stands_in_one_line(ada: Person, lines: Lines, accept: str):
    reply = ada.get("/nowhere/?token=secret", Accept=accept)

    assert (reply.status, is_told_once(lines, reply, method="GET", path="/nowhere/", code="not_found")) == (404, True)
    assert lines.with_part("secret") == []
    assert len(lines.with_part("nowhere")) == 1


@pytest.mark.parametrize("address", secret_addresses())
def test_lines_of_a_request_do_not_have_the_secret_of_its_address(
    person: Callable[..., Person], lines: Lines, monkeypatch: pytest.MonkeyPatch, settings: Any, address: str
):
    visitor = person(None)
    missing = visitor.get(address)
    monkeypatch.setattr("conversations.views.setup.is_first_admin_token", fails(OperationalError("away")))
    visitor.get(address)
    settings.BODY_LIMIT = 10
    too_large = visitor.post(address, {"password1": "x" * 20})

    assert (missing.status, too_large.status) == (404, 413)
    assert lines.with_part("SECRET") == []
    assert len(lines.with_part(address.partition("SECRET")[0])) == 3


@ACCEPT
def test_reference_of_a_refused_request_stands_in_one_line(ada: Person, lines: Lines, accept: str):
    reply = ada.post(ada.ask()["conversation"]["url"], {"action": "explode"}, Accept=accept)

    assert (reply.status, is_told_once(lines, reply, method="POST", code="bad_request")) == (400, True)


@ACCEPT
def test_reference_of_a_request_without_token_stands_in_one_line(ada: Person, lines: Lines, accept: str):
    reply = ada.post("/conversations/", {"message": "my words"}, csrf=False, Accept=accept)

    assert (reply.status, is_told_once(lines, reply, code="csrf")) == (403, True)
    assert lines.with_part("my words") == []


@ACCEPT
def test_reference_of_a_fault_of_ours_stands_in_one_line_with_its_stack(
    ada: Person, lines: Lines, accept: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "listed", fails(ValueError("a detail")))

    reply = ada.get("/", Accept=accept)

    assert (reply.status, is_told_once(lines, reply, path="/", code="internal")) == (500, True)
    (event,) = lines.with_part("a detail")
    assert event["traceback"].endswith("ValueError: a detail")


@ACCEPT
@pytest.mark.parametrize("error", [OperationalError("locked"), InterfaceError("the connection is closed")])
def test_reference_of_a_database_that_is_away_stands_in_one_line_with_its_cause(
    ada: Person, lines: Lines, monkeypatch: pytest.MonkeyPatch, error: Exception, accept: str
):
    monkeypatch.setattr(Message, "begin_answer", fails(error))

    reply = ada.post("/conversations/", {"message": "my words"}, Accept=accept)

    assert (reply.status, is_told_once(lines, reply, code="unavailable")) == (503, True)
    assert len(lines.with_part(str(error))) == 1
    assert lines.with_part("my words") == []


@ACCEPT
def test_reference_of_what_is_too_large_stands_in_one_line(ada: Person, lines: Lines, accept: str, settings: Any):
    settings.BODY_LIMIT = 1000

    reply = ada.post("/markdown/?token=secret", {"text": "x" * 2000}, Accept=accept)

    assert (reply.status, is_told_once(lines, reply, method="POST", path="/markdown/", code="too_large")) == (413, True)
    assert lines.with_part("secret") == []


def test_reference_of_a_failed_answer_stands_in_one_line(ada: Person, site: Site, fake: FakeProvider, lines: Lines):
    fake.script(refusal(401, {"error": {"message": "no"}}))
    begun = ada.ask("my words")
    site.wait_answers()

    page = ada.get(begun["conversation"]["url"])

    assert len(lines.with_part(shown(page))) == 1
    assert lines.with_part("my words") == []
