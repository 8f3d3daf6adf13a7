"""The process is killed: what was told is kept, every answer has an end, and nothing is sent to the provider again."""

import os
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.patience import PATIENCE
from tests.processes.alone import PEOPLE, Alone
from tests.processes.reading import Reader
from tests.processes.stored import Answer, answers, questions
from tests.processes.telling import PACE, Teller, Telling
from tests.programs.cluster import Cluster
from tests.programs.serve import family

CHECKPOINT = 1.0  # seconds: the most that a crash may take
MARGIN = 2.0  # seconds for the write itself, on a machine that is busy with something else
WORDS = int((CHECKPOINT + MARGIN) / PACE) + 40  # told before the crash: some 40 must be kept
EACH = 5  # answers of one person
INTERRUPTED = "The site was restarted while this answer was written; this is what was kept."
CUT = ("Continue", "Answer again")


@dataclass(frozen=True)
class Crash:
    """A site that was killed in the middle of many answers, and what there was after it had been started again."""

    site: Alone
    readers: list[Reader]
    killed_at: float
    outlived: list[int]  # children that were still there a while after the process
    had: dict[str, str]  # what the readers showed of each answer at the crash
    stored: dict[str, Answer]  # what the database had when the site took connections again
    call_counts: dict[str, int]

    def telling(self, answer: str) -> Telling:
        return self.site.teller.telling(self.stored[answer].question)


@pytest.fixture(scope="module")
def crash() -> Iterator[Crash]:
    with Alone() as site:
        people = [site.person(name) for name in PEOPLE]
        asked = [
            (person, f"Question {n} of {name}")
            for n in range(EACH)
            for person, name in zip(people, PEOPLE, strict=True)
        ]
        readers = [Reader(person, person.ask(question)) for person, question in asked]
        for reader in readers:
            reader.wait_words(WORDS)
        children = [(pid, os.pidfd_open(pid)) for pid in family(site.serve.program.pid)[1:]]

        killed_at = time.monotonic()
        site.serve.kill()
        for reader in readers:
            reader.wait(lambda reader: reader.breaks > 0)
        had = {reader.answer: reader.text for reader in readers}
        outlived = [pid for pid, watched in children if not select.select([watched], [], [], PATIENCE)[0]]
        site.serve.restart()
        stored = answers(site)
        for reader in readers:
            reader.wait_end()
        assert children, "the site had no render process"
        yield Crash(site, readers, killed_at, outlived, had, stored, site.teller.call_counts())


@pytest.mark.fault(49)
def test_killed_process_has_interrupted_every_answer_before_it_serves_again(crash: Crash):
    assert [answer.status for answer in crash.stored.values()] == ["interrupted"] * len(crash.readers)


@pytest.mark.fault(49)
def test_killed_process_keeps_all_but_the_last_second(crash: Crash):
    safe = crash.killed_at - CHECKPOINT - MARGIN

    for answer, (_, text, _) in crash.stored.items():
        telling = crash.telling(answer)
        assert telling.text.startswith(text)
        assert text.startswith(telling.told_by(safe))
        assert len(telling.told_by(safe)) > 100


@pytest.mark.fault(49)
def test_killed_process_loses_no_message_and_sends_none_twice(crash: Crash):
    asked = [answer.question for answer in crash.stored.values()]

    assert sorted(questions(crash.site)) == sorted(asked)
    assert crash.call_counts == dict.fromkeys(asked, 1)
    assert len(asked) == len(crash.readers)


@pytest.mark.fault(49)
def test_readers_of_a_killed_process_come_to_show_what_is_kept(crash: Crash):
    rewound = {reader.answer for reader in crash.readers if "rewind" in reader.names()}

    for reader in crash.readers:
        assert reader.text == crash.stored[reader.answer].text
        assert (reader.status, reader.names()[-1]) == ("interrupted", "end")
        assert reader.statuses == []
    assert rewound == {answer for answer, text in crash.had.items() if text != crash.stored[answer].text} != set()


@pytest.mark.fault(49)
def test_pages_after_a_crash_wait_for_nothing_and_offer_to_go_on(crash: Crash):
    for reader in crash.readers:
        fragment, page = reader.fragment(), reader.person.get(reader.page).text
        shown = reader.shown()

        assert (shown.label, shown.offers, shown.text) == (INTERRUPTED, CUT, reader.text.strip())
        for html in (fragment, page):
            assert " data-running" not in html  # as an attribute
            assert "aria-busy" not in html
        assert 'value="continue"' in page
        assert 'value="regenerate"' in page


@pytest.mark.fault(49)
def test_interrupted_answer_goes_on_from_what_was_kept(crash: Crash):
    reader = crash.readers[0]
    kept = crash.stored[reader.answer]
    crash.site.teller.expect(kept.question, words=5)

    begun = reader.person.script(f"/messages/{reader.answer}/", {"action": "continue"})
    more = Reader(reader.person, begun.json)
    more.wait_end()

    told = crash.site.teller.telling(kept.question, 2)
    stored = answers(crash.site)
    assert (begun.status, told.begins_with) == (201, kept.text)
    assert stored[more.answer] == ("complete", told.text, kept.question)
    assert (more.text, stored[reader.answer]) == (told.text, kept)
    assert questions(crash.site).count(kept.question) == 1


@pytest.mark.fault(49)
def test_render_process_ends_with_a_killed_process(crash: Crash):
    assert crash.outlived == []


@pytest.mark.fault(49)
def test_answers_that_waited_in_line_at_a_crash_are_interrupted_and_can_be_asked_for_again():
    with Alone(CHAT_ANSWERS_AT_ONCE="1") as site:
        ada = site.person()
        readers = [Reader(ada, ada.ask(f"Question {number}")) for number in range(3)]
        readers[0].wait_words(1)
        for reader in readers[1:]:
            reader.wait(lambda reader: "notice" in reader.names())

        site.serve.kill()
        site.serve.restart()

        at_once = [(answer.status, bool(answer.text)) for answer in answers(site).values()]
        for reader in readers:
            reader.wait_end()
        site.teller.expect("Question 2", words=5)
        again = asked_again(readers[2])
        stored = answers(site)
        assert at_once[1:] == [("interrupted", False)] * 2
        assert at_once[0][0] == "interrupted"
        assert [reader.status for reader in readers] == ["interrupted"] * 3
        assert site.teller.call_counts() == {"Question 0": 1, "Question 2": 1}
        assert stored[again.answer] == ("complete", site.teller.telling("Question 2").text, "Question 2")
        assert questions(site) == ["Question 0", "Question 1", "Question 2"]


NO_CLAIM = """CREATE TRIGGER no_claim BEFORE UPDATE ON conversations_message
              WHEN OLD.status = 'pending' AND NEW.status = 'streaming' BEGIN SELECT RAISE(ABORT, 'not yet'); END"""


@pytest.mark.fault(49)
def test_crash_between_the_reply_and_the_claim_loses_no_message():
    with Alone() as site:
        ada = site.person()
        site.rows(NO_CLAIM)
        reader = Reader(ada, ada.ask("Question"))
        site.serve.program.wait_line("not yet")

        site.serve.kill()
        site.rows("DROP TRIGGER no_claim")
        site.serve.restart()

        stored = answers(site)[reader.answer]
        reader.wait_end()
        site.teller.expect("Question", words=5)
        shown, again = reader.shown(), asked_again(reader)
        assert stored == ("interrupted", "", "Question")
        assert (reader.status, reader.text, shown.label, shown.offers) == ("interrupted", "", INTERRUPTED, CUT[1:])
        assert answers(site)[again.answer].status == "complete"
        assert (questions(site), site.teller.call_counts()) == (["Question"], {"Question": 1})


def asked_again(reader: Reader) -> Reader:
    """Another answer in place of an interrupted one, read to its end."""
    begun = reader.person.script(f"/messages/{reader.answer}/", {"action": "regenerate"})
    assert begun.status == 201, begun.text
    again = Reader(reader.person, begun.json)
    again.wait_end()
    return again


@pytest.mark.postgresql
@pytest.mark.redis
@pytest.mark.nginx
@pytest.mark.fault(49)
@pytest.mark.fault(51)
def test_other_process_interrupts_within_half_a_minute_what_a_killed_one_left():
    """With the constants of production, and without a restart."""
    with Cluster(2, nginx=True) as cluster:
        cluster.provider.default = teller = Teller()
        cluster.make_accounts("ada", "bob")
        people = [(name, cluster.person(name, 0)) for name in ("ada", "bob")]
        begun = [(person, person.ask(f"Question {number} of {name}")) for number in range(3) for name, person in people]
        readers = [Reader(person.at(cluster.nginx.url), answer) for person, answer in begun]
        for reader in readers:
            reader.wait_words(WORDS)

        killed_at = time.monotonic()
        cluster.serves[0].kill()
        for reader in readers:
            reader.wait_end()
        took = [reader.heard[-1].at - killed_at for reader in readers]

        stored = answers(cluster)
        assert max(took) < 30
        assert {answer.status for answer in stored.values()} == {"interrupted"}
        for reader in readers:
            status, text, question = stored[reader.answer]
            telling = teller.telling(question)
            assert (reader.text, reader.status, reader.statuses) == (text, status, [])
            assert telling.text.startswith(text)
            assert text.startswith(telling.told_by(killed_at - CHECKPOINT - MARGIN))
            assert reader.shown().offers[:2] == CUT
        assert set(teller.call_counts().values()) == {1}
        assert cluster.serves[1].is_running
