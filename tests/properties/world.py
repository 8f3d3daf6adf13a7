"""The site with its provider and one person, as the examples find it."""

import http.client
import json
import re
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit
from uuid import UUID

from conversations import prompts
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call
from tests.patience import PATIENCE
from tests.people import Person
from tests.programs.serve import Serve
from tests.properties.model import Row

KEY = "key-of-the-site"


class World:
    """One for all examples: each has conversations of its own, and looks at rows that came after its beginning."""

    def __init__(self, served: Serve, provider: FakeProvider) -> None:
        self.served, self.provider = served, provider
        self.ada = Person(served.url, served.make_accounts("ada")["ada"])
        self.logs = ""

    def restart(self) -> None:
        self.logs += self.served.log
        self.served.restart()

    def rows(self, after: int = 0) -> dict[str, Row]:
        columns = "uuid, status, text"
        with closing(sqlite3.connect(self.served.data / "db.sqlite3", timeout=PATIENCE)) as database:
            found = database.execute(f"SELECT {columns} FROM conversations_message WHERE id > ?", [after])  # noqa: S608
            return {uuid: Row(uuid, *rest) for raw, *rest in found for uuid in [str(UUID(raw))]}

    def newest(self) -> int:
        with closing(sqlite3.connect(self.served.data / "db.sqlite3", timeout=PATIENCE)) as database:
            return int(database.execute("SELECT coalesce(max(id), 0) FROM conversations_message").fetchone()[0])

    def post_and_hang_up(self, path: str, fields: dict[str, str], key: str) -> None:
        """Send a request whose reply is lost."""
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.ada.url).port)
        cookies = "; ".join(f"{name}={value}" for name, value in self.ada.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": self.ada.cookies["csrf"], "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(fields), headers | {"Idempotency-Key": key})
        connection.close()

    def check_error(self, error: dict[str, str]) -> None:
        """I5."""
        assert re.fullmatch(r"[A-Z][^\n]+\.", error["message"]), error
        assert not re.search(rf"{KEY}|://|Traceback|Error\b", error["message"]), error
        assert re.fullmatch(r"[0-9a-f]{8}", error["reference"]), error
        if error["reference"] not in self.logs:
            self.served.program.wait_line(error["reference"])


def asked(call: Call) -> str:
    """The question that a call wants an answer to; those before it may be joined to it, as their answers failed."""
    said = "\n\n".join(message["content"] for message in call.body["messages"] if message["role"] == "user")
    *_, question = re.finditer(r"(?:\A|\n\n)(\d+: )", said.removesuffix(prompts.CONTINUE))
    return said[question.start(1) :]
