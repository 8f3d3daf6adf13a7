"""deploy/nginx/ at work: a real nginx before two processes of the site."""

import json
import subprocess
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.fakes.proxy import CuttingProxy
from tests.fakes.replies import Gate, Step, chunk, raw
from tests.people import Person, Stream, text_of
from tests.programs.cluster import Cluster
from tests.programs.nginx import Nginx
from tests.programs.program import free_port

pytestmark = [pytest.mark.postgresql, pytest.mark.redis, pytest.mark.nginx]


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    with Cluster(2, nginx=True) as cluster:
        yield cluster.make_accounts("ada")


@pytest.fixture
def cluster(running: Cluster) -> Iterator[Cluster]:
    """The two processes, both running, behind nginx."""
    yield running
    running.hang_up()
    for serve in running.serves:
        if not serve.is_running:
            serve.restart()


@pytest.fixture
def ada(cluster: Cluster) -> Person:
    return cluster.person("ada")


def gated(*pieces: str) -> tuple[list[Gate], list[Step]]:
    """An answer whose pieces wait for a gate each."""
    gates = [Gate() for _ in pieces]
    steps = [step for gate, piece in zip(gates, pieces, strict=True) for step in (gate, chunk({"content": piece}))]
    return gates, [*steps, chunk(finish="stop")]


def text_up_to(stream: Stream, wanted: str) -> str:
    seen = stream.until(lambda event: event.event == "message" and json.loads(event.data)["text"].endswith(wanted))
    return text_of(seen)


@pytest.mark.parametrize("tls", [False, True])
def test_configuration_is_without_fault(tls: bool):
    with Nginx(free_port(), tls=tls) as nginx:
        said = nginx.check()

    assert "warn" not in said


@pytest.mark.fault(58)
@pytest.mark.parametrize("process", [0, 1])
def test_each_delta_arrives_before_the_next_is_sent(cluster: Cluster, ada: Person, process: int):
    gates, steps = gated("one ", "two ", "three")
    cluster.provider.script(raw(*steps))
    begun = cluster.person("ada", process).ask("Count")

    stream = ada.follow(begun["answer"]["events_url"])
    first = stream.next()
    arrived = []
    for gate, word in zip(gates, ("one ", "two ", "three"), strict=True):
        gate.open()
        arrived.append(text_up_to(stream, word))

    assert (first.event, arrived) == ("start", ["one ", "two ", "three"])
    assert [event.event for event in stream][-1] == "end"


@pytest.mark.fault(58)
def test_stream_that_answers_a_post_is_passed_on_as_it_comes(cluster: Cluster, ada: Person):
    gates, steps = gated("one ", "two")
    cluster.provider.script(raw(*steps))

    stream = ada.follow("/conversations/", "POST", {"message": "Count on"}, **{"X-CSRFToken": "c" * 32})
    first = stream.next()
    arrived = []
    for gate, word in zip(gates, ("one ", "two"), strict=True):
        gate.open()
        arrived.append(text_up_to(stream, word))

    assert (first.event, arrived) == ("start", ["one ", "two"])


@pytest.mark.fault(61)
def test_body_over_the_limit_is_refused_by_nginx_and_one_within_it_is_not(ada: Person):
    over = ada.script("/markdown/", {"text": "x" * settings.BODY_LIMIT})
    within = ada.script("/markdown/", {"text": "x" * (settings.BODY_LIMIT - 1000)})

    assert (over.status, "nginx" in over.text) == (413, True)
    assert "nginx" not in within.text
    assert within.error


def test_file_with_chats_may_be_larger(ada: Person):
    field = b'Content-Disposition: form-data; name="file"; filename="a.json"'
    body = b"--x\r\n" + field + b"\r\n\r\n[" + b" " * 2 * settings.BODY_LIMIT + b"]\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}

    assert ada.send_raw("POST", "/imports/", body, headers).status == 201


def test_visitors_address_is_the_one_that_nginx_saw(cluster: Cluster):
    with Nginx(cluster.serves[0].port) as nginx:  # each process counts for itself
        visitor = cluster.person(None).at(nginx.url)
        tries = [visitor.post("/accounts/login/", **{"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(31)]

    assert [reply.status for reply in tries] == [200] * 30 + [429]


def test_other_process_takes_over_from_one_that_is_gone(cluster: Cluster, ada: Person):
    cluster.serves[0].kill()

    statuses = [ada.get("/").status for _ in range(4)] + [ada.script("/conversations/", {"message": "Hi"}).status]

    assert statuses == [200, 200, 200, 200, 201]


@pytest.mark.fault(38)
def test_request_whose_reply_is_lost_is_made_again_and_begins_one_answer(cluster: Cluster):
    first, second = (serve.port for serve in cluster.serves)
    with CuttingProxy(first, limit=0) as losing, Nginx(losing.port, second) as nginx:
        ada = cluster.person("ada").at(nginx.url)
        keys = [f"lost-{number}" for number in range(4)]  # nginx takes turns: some of them come to the losing one first

        replies = [ada.script("/conversations/", {"message": "Once"}, **{"Idempotency-Key": key}) for key in keys]

    assert [reply.status for reply in replies] == [201] * 4
    assert losing.cuts >= 1
    assert cluster.rows("SELECT count(*) FROM conversations_message WHERE text = 'Once'") == [(4,)]


def test_where_all_are_gone_it_is_a_bad_gateway_and_over_with_the_first_that_is_back(cluster: Cluster, ada: Person):
    for serve in cluster.serves:
        serve.kill()
    gone = ada.get("/").status
    cluster.serves[1].restart()

    assert (gone, ada.get("/").status) == (502, 200)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_metrics_are_not_for_visitors(ada: Person, path: str):
    reply = ada.get(path)

    assert (reply.status, "nginx" in reply.text) == (404, True)


@pytest.mark.curl
def test_https_speaks_http_2(cluster: Cluster):
    with Nginx(*(serve.port for serve in cluster.serves), tls=True) as nginx:
        done = subprocess.run(
            [
                "curl",
                "-sk",
                "--noproxy",
                "*",
                "-o",
                "/dev/null",
                "-w",
                "%{http_version} %{http_code}",
                f"{nginx.url}/healthz",
            ],
            capture_output=True,
            text=True,
            check=True,
        )

    assert done.stdout == "2 200"
