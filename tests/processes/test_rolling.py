"""Two processes behind nginx are started again, one after the other, while people read and write."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.patience import PATIENCE
from tests.people import Person
from tests.processes.reading import BROKEN, Reader, jittered
from tests.processes.stored import Answer, answers, questions
from tests.processes.telling import LONG, Teller
from tests.programs.cluster import Cluster

GRACE = 4  # seconds; all but the last two are for answers to end by themselves
EACH = 5  # answers of one reader
READERS, WRITERS = ("ada", "bob", "cem", "dua"), ("eva", "fay", "gus")
UNREACHABLE = (429, 502, 503, 504)  # where the composer says: try again in a moment

pytestmark = [pytest.mark.postgresql, pytest.mark.redis, pytest.mark.nginx]


class Writer:
    """Somebody who asks, reads the answer to its end and asks on, until `stop`. What cannot be sent is sent again, with
    the key that the page gave it. `refused` has why it could not."""

    def __init__(self, person: Person, name: str) -> None:
        self.person, self.name = person, name
        self.sent: list[str] = []
        self.readers: list[Reader] = []
        self.refused: list[int | str] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, name=f"writer {name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; returns when the last answer was read to its end."""
        self._stopped.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"{self.sent[-1]!r} has no end, after {self.refused}"

    def _write(self) -> None:
        path, parent = "/conversations/", {}
        while not self._stopped.is_set():
            self.sent.append(f"Message {len(self.sent)} of {self.name}")
            begun = self._send(path, {"message": self.sent[-1], **parent})
            path, parent = f"{begun['conversation']['url']}messages/", {"parent": begun["answer"]["id"]}
            self.readers.append(Reader(self.person, begun))
            self.readers[-1].wait_end()

    def _send(self, path: str, fields: dict[str, str]) -> dict[str, dict[str, str]]:
        key = secrets.token_hex(16)
        while True:
            try:
                reply = self.person.script(path, fields, Idempotency_Key=key)
            except BROKEN as error:
                self.refused.append(repr(error))
            else:
                if reply.status == 201:
                    return dict(reply.json)
                self.refused.append(reply.status)
                assert reply.status in UNREACHABLE, reply.text
            threading.Event().wait(jittered(1.0))


@dataclass(frozen=True)
class Restart:
    """A site after its processes were started again one after the other, and what people had of it."""

    cluster: Cluster
    teller: Teller
    readers: list[Reader]
    second_tabs: list[Reader]  # on answers of the second process, opened at the first, which ends before it
    writers: list[Writer]
    ended: list[int]  # the status of each process
    stored: dict[str, Answer]

    @property
    def pages(self) -> list[Reader]:
        return self.readers + self.second_tabs + [reader for writer in self.writers for reader in writer.readers]


@pytest.fixture(scope="module")
def restart() -> Iterator[Restart]:
    with Cluster(2, nginx=True, SHUTDOWN_GRACE=str(GRACE)) as cluster:
        cluster.provider.default = teller = Teller(words=40)
        cluster.make_accounts(*READERS, *WRITERS)
        for name in READERS:
            teller.expect(f"Question 0 of {name}", words=LONG)
        people = {name: cluster.person(name) for name in READERS}
        asked = [(person, f"Question {n} of {name}") for n in range(1, EACH) for name, person in people.items()]
        for number, (_, question) in enumerate(asked):
            teller.expect(question, words=60 + 20 * number)  # 3 to 18 seconds: some end before a restart, some in it
        first, second = (serve.url for serve in cluster.serves)
        longest = [(person, person.at(second).ask(f"Question 0 of {name}")) for name, person in people.items()]
        readers = [Reader(person, begun) for person, begun in longest]
        second_tabs = [Reader(person, begun, first=person.at(first)) for person, begun in longest]
        readers += [Reader(person, person.ask(question)) for person, question in asked]
        writers = [Writer(cluster.person(name), name) for name in WRITERS]
        for reader in readers + second_tabs:
            reader.wait_words(10)

        ended = []
        for serve in cluster.serves:
            ended.append(serve.terminate())
            serve.restart()
        for writer in writers:
            writer.stop()
        for reader in readers + second_tabs:
            reader.wait_end()
        yield Restart(cluster, teller, readers, second_tabs, writers, ended, answers(cluster))


@pytest.mark.fault(50)
def test_rolling_restart_ends_each_process_in_good_order(restart: Restart):
    assert restart.ended == [0, 0]


@pytest.mark.fault(50)
def test_rolling_restart_loses_no_text(restart: Restart):
    statuses = set()
    for status, text, question in restart.stored.values():
        told = [telling.text for telling in restart.teller.tellings[question]] or [""]
        statuses.add(status)
        assert (text == told[0]) if status == "complete" else (status == "interrupted" and told[0].startswith(text))

    assert statuses == {"complete", "interrupted"}


@pytest.mark.fault(50)
def test_rolling_restart_shows_every_reader_what_is_stored(restart: Restart):
    for reader in restart.pages:
        assert (reader.status, reader.text) == restart.stored[reader.answer][:2]
        assert "rewind" not in reader.names()


@pytest.mark.fault(48)
@pytest.mark.fault(50)
def test_rolling_restart_refuses_no_reader(restart: Restart):
    assert [reader.statuses for reader in restart.pages] == [[]] * len(restart.pages)
    assert [reader.breaks > 0 for reader in restart.second_tabs] == [True] * len(READERS)


@pytest.mark.fault(38)
@pytest.mark.fault(50)
def test_rolling_restart_answers_each_message_once(restart: Restart):
    sent = [f"Question {n} of {name}" for n in range(EACH) for name in READERS]
    sent += [message for writer in restart.writers for message in writer.sent]

    assert sorted(questions(restart.cluster)) == sorted(sent)
    assert sorted(answer.question for answer in restart.stored.values()) == sorted(sent)
    assert restart.teller.call_counts() == dict.fromkeys(sent, 1)
    assert [len(writer.sent) > 2 for writer in restart.writers] == [True] * len(WRITERS)


@pytest.mark.fault(50)
def test_answer_that_outlasts_the_grace_is_interrupted_and_can_go_on(restart: Restart):
    longest = [reader for reader in restart.readers if restart.stored[reader.answer].question.startswith("Question 0")]

    for reader in longest:
        assert reader.status == "interrupted"
        assert reader.shown().offers[:2] == ("Continue", "Answer again")
    assert len(longest) == len(READERS)
