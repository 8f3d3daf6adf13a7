"""The five invariants, under whatever order of sends, deltas, cuts, stops, deletions and crashes Hypothesis thinks of.

Everything is real: `manage.py serve` on SQLite, HTTP, the provider's connection, SIGKILL. The model says what must
hold:

- I1 (never lost) and I4 (one call): after every step the site has exactly the messages that were sent, and the provider
  was asked at most once for each answer.
- I2 (kept) and I3 (one end): after every step each row is what its answer's model allows; at last every reader, the row
  and the page tell the same text and the same end.
- I5 (a sentence): every error is one, and the log bears its reference.
"""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.conftest import IN_CI
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Cut, Reset, Step, chunk, chunks, event
from tests.faults.witness import Shown
from tests.patience import PATIENCE
from tests.people import Response
from tests.programs.program import free_port
from tests.programs.serve import Serve
from tests.properties.model import Answer, Conversation, Question, Reader, whole
from tests.properties.world import KEY, World, asked

MOST_OPEN = 3  # answers at once: the fake provider waits for its gates on few threads
MOST_RESTARTS = 1  # in one example: it takes longer than all other steps together
EXAMPLES, STEPS = 15, 25
CHECKPOINT = "conversations.generation.answers.CHECKPOINT_INTERVAL"

BREAKS: dict[str, Step] = {
    "reset": Reset(),
    "cut": Cut(),
    "error": event({"error": {"message": f"{KEY} is refused at http://127.0.0.1/v1?key={KEY}"}}),
    "nonsense": b"data: {no json\n\n",
}
CHARACTERS = "ab \n\r\t\0\\*_`#|<>&\"'[](){}😀👩\u200d🚀é\u0301שלום\u202e\u2028\ufeff\ufffd\ud83d\ude00"
PIECES = [
    "𝒳😀",
    "**bold",
    "```py\nx = 1\n",
    "| a | b |\n|---|---|\n",
    "<script>alert(1)</script>",
    "[a](javascript:1)",
    "- 1\n",
]
replies = st.sampled_from(["seen", "seen", "lost", "crash"])
texts = st.text(CHARACTERS, max_size=8) | st.sampled_from(PIECES)


def some(name: str) -> Any:
    """One of those that the machine lists under `name` when the step is taken."""
    return st.runner().flatmap(lambda machine: st.sampled_from(getattr(machine, name)))


def there_are(*names: str) -> Any:
    return precondition(lambda machine: all(getattr(machine, name) for name in names))


class Life(RuleBasedStateMachine):
    """What may happen, one rule for each kind of event."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.ada = world, world.ada
        self.conversations: list[Conversation] = []
        self.before, self.calls_before = world.newest(), len(world.provider.answer_calls)
        self.restarts_left = MOST_RESTARTS

    # What rules choose from.

    @property
    def answers(self) -> list[Answer]:
        return [answer for conversation in self.conversations for answer in conversation.answers]

    @property
    def running(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.is_running]

    @property
    def ending(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.may_end and answer.end is None]

    @property
    def is_open(self) -> bool:
        return len(self.running) + len(self.ending) < MOST_OPEN

    @property
    def quiet(self) -> list[Conversation]:
        return [talk for talk in self.conversations if talk.answers[-1].end is not None]

    @property
    def busy(self) -> list[Conversation]:
        return [talk for talk in self.conversations if talk.answers[-1].is_running]

    @property
    def readers(self) -> list[Reader]:
        return [reader for answer in self.answers for reader in answer.readers]

    @property
    def waiting(self) -> list[Reader]:
        return [reader for reader in self.readers if reader.answer.is_running]

    # A person.

    @there_are("is_open")
    @rule(text=texts, reply=replies)
    def begin(self, text: str, reply: str) -> None:
        answer = Answer(Question(text))
        begun = self.send("/conversations/", answer, answer.question.fields, reply=reply)
        self.conversations.append(Conversation(begun["conversation"]["url"], [answer]))

    @there_are("is_open", "quiet")
    @rule(conversation=some("quiet"), text=texts, reply=replies)
    def go_on(self, conversation: Conversation, text: str, reply: str) -> None:
        answer = Answer(Question(text))
        fields = answer.question.fields | {"parent": conversation.answers[-1].uuid}
        self.send(f"{conversation.url}messages/", answer, fields, reply=reply)
        conversation.answers.append(answer)

    @there_are("is_open", "quiet")
    @rule(conversation=some("quiet"), reply=replies)
    def answer_again(self, conversation: Conversation, reply: str) -> None:
        """Continue where there is something to continue, else regenerate."""
        old = conversation.answers[-1]
        answer = Answer(old.question, base=old.rest)
        action = {"action": "continue" if old.rest else "regenerate"}
        self.send(old.url, answer, action, reply=reply)
        conversation.answers.append(answer)

    @there_are("busy")
    @rule(conversation=some("busy"))
    def send_too_early(self, conversation: Conversation) -> None:
        fields = Question("too early").fields | {"parent": conversation.answers[-1].uuid}
        self.refused(self.ada.script(f"{conversation.url}messages/", fields), 409)

    @there_are("answers")
    @rule(answer=some("answers"))
    def stop(self, answer: Answer) -> None:
        assert self.ada.script(f"{answer.url}stop/").status == 204
        answer.may_end |= {"stopped"}

    @there_are("conversations")
    @rule(conversation=some("conversations"))
    def delete(self, conversation: Conversation) -> None:
        assert self.ada.script(conversation.url, {"action": "remove"}).status == 204
        self.conversations.remove(conversation)
        self.refused(self.ada.get(conversation.url, Accept="application/json"), 404)
        for answer in conversation.answers:
            answer.feed.end(chunk({"content": "too late"}, finish="stop"))
            for reader in answer.readers:
                reader.read_what_comes()
                self.refused(self.ada.get(f"{answer.url}events/", Accept="application/json"), 404)

    # Pages.

    @there_are("answers")
    @rule(answer=some("answers"), back=st.integers(0, 5))
    def open_page(self, answer: Answer, back: int) -> None:
        """A new reader, which goes on from what some reader has had."""
        had = [cursor for cursor in answer.texts if not cursor.endswith(".1")]  # as many as there were pieces
        reader = Reader(self.ada, answer, had[-1 - back] if back < len(had) else "")
        assert reader.come() == 200

    @there_are("waiting")
    @rule(reader=some("waiting"))
    def read(self, reader: Reader) -> None:
        reader.read_all_due()

    @there_are("readers")
    @rule(reader=some("readers"))
    def hang_up(self, reader: Reader) -> None:
        reader.hang_up()

    @there_are("ending")
    @rule(answer=some("ending"))
    def see_end(self, answer: Answer) -> None:
        Reader(self.ada, answer).read_to_the_end()
        answer.feed.end()
        if answer.end and answer.end["error"]:
            self.world.check_error(answer.end["error"])

    # The provider.

    @there_are("running")
    @rule(answer=some("running"), pieces=st.lists(texts, min_size=1, max_size=3), is_watched=st.booleans())
    def say(self, answer: Answer, pieces: list[str], is_watched: bool) -> None:
        for piece in pieces:
            answer.feed.say(chunk({"content": piece}))
            answer.said += piece
            for reader in answer.readers if is_watched else ():
                reader.read_all_due()

    @there_are("running")
    @rule(answer=some("running"), reason=st.sampled_from(["stop", "length"]))
    def finish(self, answer: Answer, reason: str) -> None:
        answer.feed.end(chunk(finish=reason))
        answer.may_end = {"complete" if answer.new.strip() else "failed"}

    @there_are("running")
    @rule(answer=some("running"), how=st.sampled_from(sorted(BREAKS)))
    def break_off(self, answer: Answer, how: str) -> None:
        answer.feed.end(BREAKS[how])
        answer.may_end, answer.was_reset = {"failed"}, how == "reset"

    # The server.

    @there_are("running")
    @rule(answer=some("running"))
    def wait_until_kept(self, answer: Answer) -> None:
        give_up = time.monotonic() + PATIENCE
        while (row := self.world.rows(self.before)[answer.uuid]).text != answer.due:
            assert time.monotonic() < give_up, f"{answer} is {row}, not {answer.due!r}"
            assert self.ada.get(answer.url).status == 200  # which takes a moment, and shows no error meanwhile
        answer.kept = answer.due

    @there_are("restarts_left", "running")
    @rule(answer=some("running"), kept=texts, lost=texts)
    def crash_while_it_speaks(self, answer: Answer, kept: str, lost: str) -> None:
        self.say(answer, [kept], is_watched=True)
        self.wait_until_kept(answer)
        self.say(answer, [lost], is_watched=True)
        self.crash()

    @there_are("restarts_left", "running")
    @rule()
    def deploy(self) -> None:
        assert self.world.served.terminate() == 0
        self.come_back(is_crash=False)

    def crash(self) -> None:
        self.world.served.kill()
        self.come_back(is_crash=True)

    def come_back(self, *, is_crash: bool) -> None:
        self.restarts_left -= 1
        rows = self.world.rows(self.before)
        self.world.restart()
        for answer in [*self.running, *self.ending]:
            for reader in answer.readers:
                reader.read_what_comes()  # perhaps the end
            answer.outlive(rows[answer.uuid], is_crash=is_crash)
            answer.feed.end()

    # What must hold.

    def send(self, path: str, answer: Answer, fields: dict[str, str], *, reply: str) -> Any:
        """The JSON of what was begun, after a second, equal request where the first one's `reply` was lost."""
        asks = answer.question.is_in
        self.world.provider.script(answer.feed.reply, when=lambda call: answer.end is None and asks(asked(call)))
        if reply == "seen":
            assert self.ada.script(path, fields, Idempotency_Key=answer.key).status == 201
        else:
            self.world.post_and_hang_up(path, fields, answer.key)
        is_crash = reply == "crash" and self.restarts_left > 0
        if is_crash:
            self.crash()
        begun = self.ada.script(path, fields, Idempotency_Key=answer.key)
        assert begun.status == 201, begun.text
        answer.uuid = begun.json["answer"]["id"]
        if begun.json["message"]:
            answer.question.uuid = begun.json["message"]["id"]
        if is_crash:  # before or after it was stored: whichever it was, the answer ends
            answer.may_end = {"interrupted"}
            self.stop(answer)
        assert Reader(self.ada, answer).come() == 200
        return begun.json

    def refused(self, reply: Response, status: int) -> None:
        assert reply.status == status, reply.text
        self.world.check_error(reply.json["error"])

    @invariant()
    def every_row_is_as_it_may_be(self) -> None:
        rows = self.world.rows(self.before)
        questions = {answer.question.uuid: answer.question for answer in self.answers}
        assert rows.keys() == questions.keys() | {answer.uuid for answer in self.answers}
        for uuid, question in questions.items():
            assert rows[uuid].text == whole(question.sent), "what was sent is not stored"
        for answer in self.answers:
            answer.check(rows[answer.uuid])

    @invariant()
    def the_provider_is_asked_once_for_an_answer(self) -> None:
        calls = self.world.provider.answer_calls[self.calls_before :]
        count = Counter(asked(call).partition(":")[0] for call in calls)
        most = Counter(str(answer.question.number) for answer in self.answers)
        assert all(count[number] <= most[number] for number in most), (count, most)

    def teardown(self) -> None:
        try:
            self.end_all()
            self.check_pages()
        finally:  # nothing of an example that failed waits on, beside the next one
            for answer in self.answers:
                answer.feed.end()

    def end_all(self) -> None:
        for answer in self.running:
            self.finish(answer, "stop")
        for answer in self.ending:
            self.see_end(answer)
        self.every_row_is_as_it_may_be()

    def check_pages(self) -> None:
        """I3: each reader, the row and the page tell the same."""
        rows = self.world.rows(self.before)
        for answer in self.answers:
            for reader in answer.readers:
                reader.read_to_the_end()
                assert reader.text == rows[answer.uuid].text, "what is shown is not stored"
            self.check_fragment(answer)
        for conversation in self.conversations:
            assert " data-running" not in self.ada.get(conversation.url).text

    def check_fragment(self, answer: Answer) -> None:
        html = self.ada.get(answer.url).text
        shown, end = Shown.read(html), answer.end or {}
        error = end["error"] or {"message": shown.label, "reference": ""}
        assert f'data-status="{end["status"]}"' in html
        assert (shown.label, shown.reference) == (error["message"], error["reference"])
        assert ("Continue" in shown.offers) == bool(answer.rest)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with FakeProvider() as provider:
        provider.default = lambda call: chunks("Nobody asked")
        shrink = {CHECKPOINT: 0.2}
        model = {"OPENAI_BASE_URL": provider.base_url, "OPENAI_API_KEY": KEY, "CHAT_MODELS": "fake-model"}
        with Serve(port=free_port(), shrink=shrink, **model) as served:
            yield World(served, provider)


def test_invariants_hold_whatever_happens(world: World) -> None:
    run_state_machine_as_test(
        lambda: Life(world),
        settings=settings(
            deadline=None,
            derandomize=IN_CI,
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=set(Phase) - {Phase.shrink} if IN_CI else set(Phase),  # shrinking takes minutes
            suppress_health_check=[HealthCheck.too_slow],  # it starts a server anew now and then
        ),
    )
