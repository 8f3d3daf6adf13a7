"""Which branch a page shows, and at which message it opens."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conversations.models import Conversation, Message, branches
from conversations.views import transcript
from tests.large import grown


@pytest.fixture
def conversation(owner: User, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    """A branch of 20 messages among 40, of which a page shows six."""
    monkeypatch.setattr(transcript, "PAGE", 6)
    monkeypatch.setattr(transcript, "ABOVE", 2)
    return grown(owner, depth=20, count=40)


def branch(conversation: Conversation) -> list[Message]:
    rows = conversation.messages.in_bulk(branches.up_to(conversation.leaf_id))
    return list(rows.values())


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


@pytest.mark.parametrize(("place", "first"), [(0, 0), (1, 0), (5, 3), (13, 11), (14, 14), (19, 14)])
def test_a_page_opens_at_a_message(owner_client: Client, conversation: Conversation, place: int, first: int) -> None:
    messages = branch(conversation)

    page = owner_client.get(conversation.get_absolute_url(), {"at": messages[place].uuid}).context

    assert [shown.row.text for shown in page["transcript"]] == texts(messages[first : first + 6])
    assert (page["older_url"] is not None, page["newer_url"] is not None) == (first > 0, first + 6 < 20)


def test_newer_messages_are_reached_from_an_older_page(owner_client: Client, conversation: Conversation) -> None:
    messages = branch(conversation)
    url: str | None = f"{conversation.get_absolute_url()}?at={messages[0].uuid}"

    seen: list[str] = []
    while url:
        page = owner_client.get(url).context
        seen += [text for shown in page["transcript"] if (text := shown.row.text) not in seen]
        url = page["newer_url"]

    assert seen == texts(messages)


def test_a_message_is_sent_at_the_end_from_wherever_the_page_is_open(
    owner_client: Client, conversation: Conversation
) -> None:
    messages = branch(conversation)

    for where in ({"at": messages[3].uuid}, {"before": messages[9].uuid}):
        path = conversation.get_absolute_url() + ("messages/" if "before" in where else "")
        assert owner_client.get(path, where).context["composer"]["parent"] == str(messages[-1].uuid)


def test_a_message_of_another_branch_opens_on_it_and_nobodys_opens_nothing(
    owner_client: Client, conversation: Conversation
) -> None:
    messages = branch(conversation)
    elsewhere = conversation.messages.exclude(pk__in=[message.pk for message in messages]).earliest("pk")
    url = conversation.get_absolute_url()

    page = owner_client.get(url, {"at": elsewhere.uuid}).context

    assert elsewhere.pk in [shown.row.pk for shown in page["transcript"]]
    assert page["is_another_branch"]
    others = grown(User.objects.create_user("bob"), depth=2, count=2)
    assert owner_client.get(url, {"at": others.leaf.uuid}).status_code == 404
    assert owner_client.get(url, {"at": "x"}).status_code == 404


def test_a_page_opens_at_its_end_while_an_answer_is_written(owner_client: Client, conversation: Conversation) -> None:
    first, *_, last = branch(conversation)
    running = conversation.send("And now?", parent=last, model="demo")

    page = owner_client.get(conversation.get_absolute_url(), {"at": first.uuid}).context

    assert page["transcript"][-1].row == running
    assert page["running"].row == running


def test_show_leads_to_the_message_that_is_shown(owner_client: Client, conversation: Conversation) -> None:
    message = conversation.messages.exclude(pk__in=branches.up_to(conversation.leaf_id)).earliest("pk")

    reply = owner_client.post(f"/messages/{message.uuid}/", {"action": "show"})
    page = owner_client.get(reply.headers["Location"])

    assert reply.status_code == 303
    assert reply.headers["Location"].endswith(f"/?at={message.uuid}#message-{message.uuid}")
    assert message in [shown.row for shown in page.context["transcript"]]


def test_versions_are_stepped_through_on_both_sides(owner_client: Client, owner: User) -> None:
    conversation = grown(owner, depth=3, count=12)

    page = owner_client.get(conversation.get_absolute_url())

    question, answer, _ = page.context["transcript"]
    for shown in (question, answer):
        assert shown.sibling.position == 1
        assert shown.sibling.previous is None
        next_one = Message.objects.get(uuid=shown.sibling.next)
        assert (next_one.parent_id, next_one.pk > shown.row.pk) == (shown.row.parent_id, True)
        assert f'formaction="/messages/{next_one.uuid}/"' in page.content.decode()
