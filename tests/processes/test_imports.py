"""An import whose process is killed in the middle of it."""

import json
from uuid import UUID

import pytest

from tests.exchange.reading.test_chatgpt import ANSWERED, ASKED, ROOT, conversation
from tests.processes.alone import Alone
from tests.processes.waiting import until

SLOW = {  # a chat to a step
    "conversations.jobs.LOOK_AGAIN": 0.05,
    "conversations.jobs.PAUSE": 0.2,
    "conversations.models.job.LEASE": 2,
    "conversations.exchange.importing.STEP": -1.0,
}
CHATS = 30
FIELD = b'Content-Disposition: form-data; name="file"; filename="conversations.json"'


def noted(site: Alone) -> tuple[object, ...]:
    """The newest import's state, and how many chats it has made."""
    return site.rows("SELECT state, made FROM conversations_import ORDER BY id DESC")[0]


def count(site: Alone) -> int:
    return int(site.rows("SELECT count(*) FROM conversations_conversation")[0][0])


def hand_in(site: Alone) -> None:
    chats = [{**conversation(ROOT, ASKED, ANSWERED), "conversation_id": str(number)} for number in range(CHATS)]
    body = b"--x\r\n" + FIELD + b"\r\n\r\n" + json.dumps(chats).encode() + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Accept": "application/json"}
    assert site.person("ada").send_raw("POST", "/imports/", body, headers).status == 201


@pytest.mark.fault(49)
def test_import_of_a_killed_process_goes_on_and_nothing_comes_twice():
    with Alone(shrink=SLOW) as site:
        hand_in(site)
        until(lambda: 2 < count(site) < CHATS)

        site.serve.kill()
        left = noted(site), count(site)
        site.serve.restart()
        until(lambda: noted(site)[0] == "done")

        assert left[0] == ("waiting", left[1])
        assert (noted(site), count(site)) == (("done", CHATS), CHATS)


def test_import_that_is_stopped_goes_no_further_and_its_file_completes_it():
    with Alone(shrink=SLOW) as site:
        hand_in(site)
        until(lambda: 2 < count(site) < CHATS)
        ((uuid,),) = site.rows("SELECT uuid FROM conversations_import")

        site.person("ada").post(f"/imports/{UUID(uuid)}/stop/")
        stopped = noted(site)
        hand_in(site)
        until(lambda: noted(site)[0] == "done")

        assert stopped[0] == "stopped"
        assert site.rows("SELECT made, there FROM conversations_import ORDER BY id") == [
            (stopped[1], 0),
            (CHATS - stopped[1], stopped[1]),
        ]
        assert count(site) == CHATS


def test_import_begins_at_once():
    """The job looks for nothing by itself as long as this takes."""
    with Alone(shrink={"conversations.jobs.LOOK_AGAIN": 1000}) as site:
        hand_in(site)

        until(lambda: noted(site) == ("done", CHATS))
