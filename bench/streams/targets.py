"""What is measured: nginx and the bare relay, for comparison, and the site as people host it, on SQLite."""

import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.machine import spent
from bench.streams.plan import Place, Plan, digest
from bench.streams.upstream import MODEL
from tests.programs.nginx import MAIN, NGINX
from tests.programs.program import Program, free_port
from tests.programs.serve import Serve, family, resident

ROOT = Path(__file__).resolve().parent.parent.parent
STREAMS_OF_A_PERSON = 5
PROXY = """\
upstream provider {{ server {provider}; keepalive 1000; }}
server {{
    listen 127.0.0.1:{port};
    location / {{
        proxy_pass http://provider;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
        proxy_read_timeout 300s;
    }}
}}
"""
ANSWERS = """SELECT question.text, answer.status, answer.text FROM conversations_message answer
             JOIN conversations_message question ON question.id = answer.parent_id WHERE answer.role = 'assistant'"""
PLACES = """
import json
from bench.streams.places import places
print(json.dumps(places({people!r}, streams={streams}, count={count})))
"""


Targets = Mapping[str, Callable[[str], AbstractContextManager["Running"]]]


class Running:
    """What all have of their processes; by default nobody logs in and nothing is kept."""

    kind = "relay"

    def __init__(self, name: str, url: str, pid: int) -> None:
        self.name, self.url, self._pid = name, url, pid

    def sessions(self, streams: int) -> list[str]:
        return []

    def places(self, streams: int, answers: int) -> list[Place]:
        return []

    def parts(self) -> dict[str, float]:
        """The processor's seconds that every process of it has had so far, by what they are of."""
        return {self.name: sum(map(spent, family(self._pid)))}

    def memory(self) -> int:
        return sum(map(resident, family(self._pid)))

    def stored(self) -> dict[str, tuple[str, str]] | None:
        """The status and the text's digest of each answer, by its tag; None where nothing is kept."""
        return None


class Site(Running):
    """The whole product: people who are logged in, and everything stored."""

    kind = "site"

    def __init__(self, serve: Serve) -> None:
        super().__init__("site", serve.url, serve.program.pid)
        self._serve = serve
        self._people: list[str] = []
        self._sessions: list[str] = []

    def sessions(self, streams: int) -> list[str]:
        wanted = -(-streams // STREAMS_OF_A_PERSON)
        new = [f"person-{number}" for number in range(len(self._people), wanted)]
        if new:
            self._sessions += self._serve.make_accounts(*new).values()
            self._people += new
        return self._sessions[:wanted]

    def places(self, streams: int, answers: int) -> list[Place]:
        people = self._people[: len(self.sessions(streams))]
        made = self._serve.run(PLACES.format(people=people, streams=streams, count=streams * answers))
        return [Place(*place) for place in json.loads(made)]

    def stored(self) -> dict[str, tuple[str, str]]:
        plans = ((Plan.read(str(question)), str(status), str(text)) for question, status, text in self.rows(ANSWERS))
        return {plan.tag: (status, digest([text])) for plan, status, text in plans if plan}

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """What its database says."""
        with sqlite3.connect(self._serve.data / "db.sqlite3") as connection:
            return connection.execute(question).fetchall()


@contextmanager
def proxy(provider: str) -> Iterator[Running]:
    folder, port = Path(tempfile.mkdtemp(prefix="chatsite-bench-")), free_port()
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=""))
    (folder / "site.conf").write_text(PROXY.format(provider=provider, port=port))
    command = [str(NGINX), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with Program(command, litter=folder) as nginx:
        nginx.wait_line("start worker process ")
        try:
            yield Running("nginx", f"http://127.0.0.1:{port}", nginx.pid)
        finally:
            nginx.terminate()  # it ends its workers, which would outlive it
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def bare(provider: str) -> Iterator[Running]:
    with Program([sys.executable, "-m", "bench.streams.relay", f"http://{provider}"], folder=ROOT) as relay:
        port = relay.wait_line("listening on ").split()[-1]
        yield Running("bare", f"http://127.0.0.1:{port}", relay.pid)


@contextmanager
def site(provider: str) -> Iterator[Site]:
    with Serve(**site_settings(provider)) as serve:
        yield Site(serve)


def site_settings(provider: str) -> dict[str, str]:
    """Those under which the site asks this provider, and lets every answer begin at once."""
    return {
        "OPENAI_BASE_URL": f"http://{provider}/v1",
        "OPENAI_API_KEY": "key-of-the-site",
        "CHAT_MODELS": MODEL,
        "CHAT_ANSWERS_AT_ONCE": "5000",
    }


TARGETS: Targets = {"nginx": proxy, "bare": bare, "site": site}
