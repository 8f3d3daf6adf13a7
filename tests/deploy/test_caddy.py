"""deploy/caddy/ at work: a real Caddy before the site."""

import json
import ssl
import urllib.request
from collections.abc import Iterator

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Gate, Step, chunk, raw
from tests.patience import PATIENCE
from tests.people import Person
from tests.programs.caddy import Caddy, complaints
from tests.programs.serve import Serve

pytestmark = pytest.mark.caddy
PROXIES = "127.0.0.1,::1"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as provider:
        yield provider


@pytest.fixture(scope="module")
def serve(provider: FakeProvider) -> Iterator[Serve]:
    given = {"OPENAI_BASE_URL": provider.base_url, "CHAT_MODELS": "fake-model", "METRICS_TOKEN": "t" * 48}
    with Serve(TRUSTED_PROXIES=PROXIES, ALLOWED_HOSTS="localhost", **given) as serve:
        yield serve


@pytest.fixture(scope="module")
def caddy(serve: Serve) -> Iterator[Caddy]:
    with Caddy(serve.port) as caddy:
        yield caddy


@pytest.fixture(scope="module")
def session(serve: Serve) -> str:
    return serve.make_accounts("ada")["ada"]


@pytest.fixture
def ada(caddy: Caddy, session: str) -> Person:
    return Person(caddy.url, session)


def test_configuration_has_the_form_that_caddy_gives_it():
    assert complaints() == ""


def test_each_delta_arrives_before_the_next_is_sent(ada: Person, provider: FakeProvider):
    gates = [Gate() for _ in range(4)]
    steps: list[Step] = []
    for number, gate in enumerate(gates):
        steps += [chunk({"content": f"{number} "}), gate]
    provider.script(raw(*steps, chunk(finish="stop")))
    stream = ada.follow(ada.ask("Count")["answer"]["events_url"])

    for number, gate in enumerate(gates):
        stream.until(lambda event, number=number: f"{number} " in event.data and event.event == "message")
        gate.open()

    assert json.loads(list(stream)[-1].data)["status"] == "complete"


def test_visitors_address_is_the_one_that_caddy_saw(caddy: Caddy):
    visitor = Person(caddy.url)
    tries = [visitor.post("/accounts/login/", **{"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(31)]

    assert [reply.status for reply in tries] == [200] * 30 + [429]


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_metrics_are_not_for_visitors(ada: Person, path: str):
    reply = ada.get(path, Authorization=f"Bearer {'t' * 48}")

    assert (reply.status, reply.body) == (404, b"")


def test_https_comes_by_itself_and_the_site_knows_of_it(serve: Serve):
    with Caddy(serve.port, tls=True) as caddy:
        trusting = ssl.create_default_context(cafile=str(caddy.authority))
        with urllib.request.urlopen(f"{caddy.url}/healthz", context=trusting, timeout=PATIENCE) as reply:
            body = json.load(reply)

    assert body == {"alive": True}
