"""Tags, on one chat and on several, and the lists of those that have one."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Tag
from conversations.views import pages
from tests.views.places.placed import JSON, Put, forms_of, notice, titles
from tests.views.test_pages import finished


def tagged(name: str) -> list[str]:
    return sorted(titles(Conversation.objects.filter(tags__name=name)))


def test_a_tag_is_put_on_several_and_taken_back(owner_client: Client, put: Put) -> None:
    put("another")
    ids = [put(title).uuid for title in ("one", "two")]

    page = owner_client.post("/conversations/", {"action": "tag", "name": " <Work> ", "id": ids}, follow=True)
    during = tagged("<Work>")
    [(url, fields)] = forms_of(page)
    back = owner_client.post(url, fields, follow=True)
    [(url, fields)] = forms_of(back)
    owner_client.post(url, fields)

    assert notice(page) == ["2 chats were tagged."]
    assert (during, notice(back)) == (["one", "two"], ["The tag was taken off 2 chats."])
    assert "&lt;Work&gt;" in page.content.decode()
    assert tagged("<Work>") == ["one", "two"]


def test_a_tag_of_one_is_told_to_scripts_and_taken_off(owner_client: Client, put: Put) -> None:
    url = put("mine").get_absolute_url()

    added = owner_client.post(url, {"action": "tag", "name": "Work"}, headers=JSON)
    page = owner_client.get(url)
    gone = owner_client.post(url, {"action": "untag", "name": "WORK"}, headers=JSON)

    assert added.json()["conversation"]["tags"] == ["Work"]
    assert 'aria-label="Take off the tag Work"' in page.content.decode()
    assert gone.json()["conversation"]["tags"] == []
    assert Tag.objects.count() == 0


@pytest.mark.parametrize("action", ["tag", "untag"])
def test_a_tag_without_a_name_is_refused_at_its_form(owner_client: Client, put: Put, action: str) -> None:
    conversation = put("mine")

    one = owner_client.post(conversation.get_absolute_url(), {"action": action, "name": " "})
    several = owner_client.post("/conversations/", {"action": action, "name": " ", "id": conversation.uuid})

    for page in (one, several):
        assert page.status_code == 422
        assert 'role="alert">Give the tag a name.' in page.content.decode()


def test_the_list_is_filtered_by_a_tag(owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SIDEBAR", 2)
    for number in range(4):
        Tag.put("Work", Conversation.objects.filter(pk=put(f"{number}").pk))
        put("between")
    Tag.put("Work", Conversation.objects.filter(pk=put("old", archived_at=timezone.now()).pk))
    tag = Tag.objects.get()

    first = owner_client.get("/conversations/", {"tag": tag.uuid})
    older = owner_client.get(first.context["page"]["older_url"])
    archived = owner_client.get("/conversations/", {"in": "archive", "tag": tag.uuid})

    assert titles(first.context["page"]["conversations"]) == ["3", "2"]
    assert titles(older.context["page"]["conversations"]) == ["1", "0"]
    assert titles(archived.context["page"]["conversations"]) == ["old"]


def test_what_is_done_in_a_tags_list_stays_there_as_long_as_the_tag(owner_client: Client, put: Put) -> None:
    conversations = [put("one"), put("two")]
    for conversation in conversations:
        Tag.put("Work", Conversation.objects.filter(pk=conversation.pk))
    tag = str(Tag.objects.get().uuid)

    places = [
        owner_client.post("/conversations/", {"action": "untag", "name": "Work", "id": row.uuid, "tag": tag})
        for row in conversations
    ]

    assert [reply.headers["Location"] for reply in places] == [f"/conversations/?tag={tag}", "/conversations/"]


@pytest.mark.parametrize("verb", ["get", "post"])
def test_anothers_tag_is_not_there(owner_client: Client, put: Put, verb: str) -> None:
    theirs = finished(User.objects.create_user("bob"), "theirs")
    Tag.put("Secret", Conversation.objects.filter(pk=theirs.pk))
    tag = str(Tag.objects.get().uuid)
    mine = put("mine")

    if verb == "get":
        assert owner_client.get("/conversations/", {"tag": tag}).status_code == 404
    else:
        fields = {"action": "pin", "id": mine.uuid, "tag": tag}
        assert owner_client.post("/conversations/", fields).headers["Location"] == "/conversations/"
    assert "Secret" not in owner_client.get("/conversations/").content.decode()
    assert "Secret" not in owner_client.get(mine.get_absolute_url()).content.decode()
