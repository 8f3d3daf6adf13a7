"""Where a person puts conversations, one or several at once, and how that is taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import html5lib
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations import forms
from conversations.models import Conversation, LegalHold, Message, Tag
from conversations.views import pages, places
from tests.fakes.provider import FakeProvider
from tests.serving import Person, Site
from tests.views.test_pages import finished
from tests.views.test_stop import held, said

JSON = {"Accept": "application/json"}
MOVED = {
    "pin": ("unpin", "The chat was pinned.", "2 chats were pinned."),
    "archive": ("unarchive", "The chat was moved to the archive.", "2 chats were moved to the archive."),
    "bin": ("restore", "The chat was moved to the bin.", "2 chats were moved to the bin."),
}
TAKEN_BACK = {
    "unpin": ("The chat is no longer pinned.", "2 chats are no longer pinned."),
    "unarchive": ("The chat is out of the archive.", "2 chats are out of the archive."),
    "restore": ("The chat was restored.", "2 chats were restored."),
}
SEVERAL = [*MOVED, *TAKEN_BACK, "delete", "remove", "tag", "untag"]
Put = Callable[..., Conversation]


@pytest.fixture
def put(owner: User) -> Put:
    """Makes the owner's conversations, with these columns."""

    def made(title: str, **columns: Any) -> Conversation:
        pk = finished(owner, title).pk
        Conversation.objects.filter(pk=pk).update(**columns)
        return Conversation.objects.get(pk=pk)

    return made


def state() -> list[Any]:
    return list(
        Conversation.objects.order_by("pk").values_list("title", "pinned_at", "archived_at", "binned_at", "touched_at")
    )


def titles(rows: Any) -> list[str]:
    return [row.title for row in rows]


def forms_of(page: Any) -> list[tuple[str, dict[str, list[str]]]]:
    """The address and the fields of each form of the page that undoes something."""
    tree = html5lib.parse(page.content.decode(), namespaceHTMLElements=False)
    found = []
    for form in tree.iter("form"):
        if form.get("class") == "notice-undo":
            fields: dict[str, list[str]] = {}
            for field in form.iter("input"):
                fields.setdefault(field.get("name"), []).append(field.get("value"))
            found.append((form.get("action"), fields))
    return found


def notice(page: Any) -> list[str]:
    return [str(message) for message in page.context["messages"]]


@pytest.mark.parametrize(("action", "told"), [(name, told[1]) for name, told in MOVED.items()])
def test_what_is_done_with_one_is_told_and_taken_back(owner_client: Client, put: Put, action: str, told: str) -> None:
    conversation = put("mine")
    before = state()

    page = owner_client.post(conversation.get_absolute_url(), {"action": action}, follow=True)
    during = state()
    [(url, fields)] = forms_of(page)
    again = owner_client.post(url, fields, follow=True)

    assert page.redirect_chain == [("/" if action == "bin" else conversation.get_absolute_url(), 303)]
    assert notice(page) == [told]
    assert during != before
    assert state() == before
    assert notice(again) == [TAKEN_BACK[MOVED[action][0]][0]]
    assert again.redirect_chain == [(conversation.get_absolute_url(), 303)]


@pytest.mark.parametrize(("action", "told"), [(name, told[2]) for name, told in MOVED.items()])
def test_what_is_done_with_several_is_told_and_taken_back(
    owner_client: Client, put: Put, action: str, told: str
) -> None:
    chosen = [put("one"), put("two")]
    put("another")
    before = state()

    page = owner_client.post("/conversations/", {"action": action, "id": [row.uuid for row in chosen]}, follow=True)
    during = state()
    [(url, fields)] = forms_of(page)
    again = owner_client.post(url, fields, follow=True)

    assert page.redirect_chain == [("/conversations/", 303)]
    assert notice(page) == [told]
    assert [row[0] for row, old in zip(during, before, strict=True) if row != old] == ["one", "two"]
    assert state() == before
    assert notice(again) == [TAKEN_BACK[MOVED[action][0]][1]]


@pytest.mark.parametrize("source", ["first_words", "person"])
def test_a_title_is_taken_back(owner_client: Client, put: Put, source: str) -> None:
    conversation = put("<old> & first", title_source=source)

    page = owner_client.post(conversation.get_absolute_url(), {"action": "rename", "title": "new"}, follow=True)
    [(url, fields)] = forms_of(page)
    owner_client.post(url, fields)

    assert notice(page) == ["The chat was renamed."]
    kept = Conversation.objects.get()
    assert (kept.title, kept.title_source) == ("<old> & first", source)


def test_a_title_that_stays_is_not_told(owner_client: Client, put: Put) -> None:
    page = owner_client.post(put("same").get_absolute_url(), {"action": "rename", "title": " same "}, follow=True)

    assert notice(page) == []


def test_undo_takes_back_what_was_changed_and_nothing_else(owner_client: Client, put: Put) -> None:
    pinned, other = put("pinned", pinned_at=timezone.now()), put("other")

    page = owner_client.post("/conversations/", {"action": "pin", "id": [pinned.uuid, other.uuid]}, follow=True)

    assert notice(page) == ["The chat was pinned."]
    assert forms_of(page)[0][1]["id"] == [str(other.uuid)]


def test_what_changes_nothing_is_not_told(owner_client: Client, put: Put) -> None:
    conversation = put("mine")

    page = owner_client.post(conversation.get_absolute_url(), {"action": "restore"}, follow=True)

    assert (page.status_code, notice(page)) == (200, [])


def test_a_hundred_can_be_taken_back(owner_client: Client, owner: User) -> None:
    rows = Conversation.objects.bulk_create(Conversation(owner=owner, title=str(number)) for number in range(101))
    uuids = [row.uuid for row in rows]

    too_many = owner_client.post("/conversations/", {"action": "bin", "id": uuids})
    page = owner_client.post("/conversations/", {"action": "bin", "id": uuids[:100]}, follow=True)
    [(url, fields)] = forms_of(page)

    assert (too_many.status_code, "Choose at most 100 chats at once." in too_many.content.decode()) == (422, True)
    assert Conversation.objects.at("bin").count() == 100
    owner_client.post(url, fields)
    assert Conversation.objects.at("bin").count() == 0


@pytest.mark.parametrize("action", SEVERAL)
def test_what_is_anothers_is_not_there_alone_or_among_ones_own(owner_client: Client, put: Put, action: str) -> None:
    theirs = finished(User.objects.create_user("bob"), "theirs")
    mine = put("mine")
    before = state()

    alone = owner_client.post(theirs.get_absolute_url(), {"action": action, "name": "x", "sure": "yes"})
    mixed = owner_client.post(
        "/conversations/", {"action": action, "name": "x", "sure": "yes", "id": [mine.uuid, theirs.uuid]}
    )
    nobodys = owner_client.post(
        "/conversations/", {"action": action, "name": "x", "sure": "yes", "id": [mine.uuid, uuid4()]}
    )

    assert [reply.status_code for reply in (alone, mixed, nobodys)] == [404, 404, 404]
    assert state() == before


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "bin"}, 422),
        ({"action": "bin", "id": "x"}, 422),
        ({"action": "explode"}, 400),
        ({"action": ""}, 400),
        ({"action": "bin", "id": "x", "in": "nowhere"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(owner_client: Client, put: Put, fields: dict[str, str], status: int) -> None:
    put("mine")
    before = state()

    page = owner_client.post("/conversations/", fields)
    script = owner_client.post("/conversations/", fields, headers=JSON)

    assert (page.status_code, script.status_code) == (status, status if fields.get("in") is None else 422)
    assert state() == before


def test_a_refused_choice_leaves_one_on_the_list(owner_client: Client, put: Put) -> None:
    put("old", archived_at=timezone.now())

    page = owner_client.post("/conversations/", {"action": "bin", "in": "archive"})

    assert page.status_code == 422
    assert 'role="alert">Chats: Choose a chat first.' in page.content.decode()
    assert titles(page.context["page"]["conversations"]) == ["old"]


def test_scripts_are_told_what_was_changed(owner_client: Client, put: Put) -> None:
    one, two = put("one"), put("two")

    single = owner_client.post(one.get_absolute_url(), {"action": "pin"}, headers=JSON)
    several = owner_client.post(
        "/conversations/", {"action": "pin", "id": [str(one.uuid), str(two.uuid)]}, content_type="application/json"
    )
    deleted = owner_client.post(one.get_absolute_url(), {"action": "delete"}, headers=JSON)

    described = single.json()["conversation"]
    assert (described["place"], described["pinned"]) == ("chats", True)
    assert several.json() == {"changed": [str(two.uuid)]}
    assert (deleted.status_code, Conversation.objects.get(pk=one.pk).place) == (204, "bin")
    assert notice(owner_client.get("/")) == []


@pytest.mark.parametrize("value", [[1], [None], [["x"]], {"a": "b"}])
def test_ids_are_texts(owner_client: Client, value: Any) -> None:
    reply = owner_client.post("/conversations/", {"action": "pin", "id": value}, content_type="application/json")

    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(("place", "shown"), [("", ["pinned", "kept"]), ("archive", ["old"]), ("bin", ["gone"])])
def test_each_place_has_its_list(owner_client: Client, put: Put, place: str, shown: list[str]) -> None:
    now = timezone.now()
    put("kept")
    put("old", archived_at=now)
    put("gone", binned_at=now)
    put("pinned", pinned_at=now)
    put("fleeting", is_temporary=True)

    page = owner_client.get("/conversations/", {"in": place})

    assert titles(page.context["page"]["conversations"]) == shown
    assert titles(page.context["sidebar"]["pinned"]) == ["pinned"]
    assert titles(page.context["sidebar"]["conversations"]) == ["kept"]
    assert "fleeting" not in page.content.decode()


@pytest.mark.parametrize("place", ["temporary", "nowhere", "\0"])
def test_there_is_no_other_list(owner_client: Client, place: str) -> None:
    assert owner_client.get("/conversations/", {"in": place}).status_code == 404


def test_the_archive_is_paged_without_gap_or_repeat(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIDEBAR", 2)
    for number in range(5):
        put(str(number), archived_at=timezone.now())
        put("between")

    url: str | None = "/conversations/?in=archive"
    seen = []
    while url:
        page = owner_client.get(url).context["page"]
        seen += titles(page["conversations"])
        url = page["older_url"]

    assert seen == list("43210")


def test_pinned_ones_stand_above_the_others_and_are_bounded(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PINNED", 2)
    monkeypatch.setattr(pages, "SIDEBAR", 2)
    now = timezone.now()
    for number in range(3):
        put(f"pinned {number}", pinned_at=now + timedelta(seconds=number))
        put(f"other {number}")

    first = owner_client.get("/conversations/", headers={"HX-Request": "true"}).context["page"]
    older = owner_client.get(first["older_url"], headers={"HX-Request": "true"}).context["page"]

    assert (titles(first["pinned"]), titles(first["conversations"])) == (
        ["pinned 2", "pinned 1"],
        ["other 2", "other 1"],
    )
    assert (titles(older["pinned"]), titles(older["conversations"])) == ([], ["other 0"])


def test_a_conversation_in_the_bin_is_shown_and_takes_nothing_new(
    owner_client: Client, put: Put, settings: Any
) -> None:
    settings.CHAT_BIN_DAYS = 7
    conversation = put("gone", binned_at=timezone.now())

    page = owner_client.get(conversation.get_absolute_url()).content.decode()

    until = timezone.localtime(timezone.now() + timedelta(days=7))
    assert f"In the bin until {until.day} {until:%b %Y}, then deleted for good." in page
    assert "Hello" in page
    for name in ('name="message"', 'value="edit"', 'value="regenerate"', 'value="fork"', 'value="rename"'):
        assert name not in page
    assert 'value="restore"' in page
    assert 'value="rate"' in page


def test_in_the_bin_a_refused_message_is_kept_and_comes_back_with_the_conversation(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_tasks()
    url, answer = begun["conversation"]["url"], begun["answer"]["id"]
    ada.script(url, {"action": "bin"})
    fields = {"message": "My <next> thought", "parent": answer}

    refused = [
        ada.script(f"{url}messages/", fields),
        *(ada.script(f"/messages/{answer}/", {"action": action}) for action in ("regenerate", "fork")),
        ada.script(f"/messages/{begun['message']['id']}/", {"action": "edit", "message": "other"}),
    ]
    page = ada.post(f"{url}messages/", fields)
    restored = ada.post(url, {"action": "restore", "message": "My <next> thought"})

    assert [(reply.status, reply.error) for reply in refused] == [(409, "in_bin")] * 4
    assert page.status == 409
    assert "This chat is in the bin. Restore it to go on with it." in page.text
    for each in (page, restored):
        assert "\nMy &lt;next&gt; thought</textarea>" in each.text
    assert restored.status == 200
    assert Conversation.objects.get().place == "chats"
    assert Message.objects.count() == 2


def test_an_edit_refused_in_the_bin_keeps_its_text(ada: Person, site: Site) -> None:
    begun = ada.ask()
    site.wait_tasks()
    ada.script(begun["conversation"]["url"], {"action": "bin"})

    page = ada.post(f"/messages/{begun['message']['id']}/", {"action": "edit", "message": "My <new> words"})

    assert page.status == 409
    assert "\nMy &lt;new&gt; words</textarea>" in page.text


@pytest.mark.parametrize("several", [False, True])
def test_an_answer_that_goes_into_the_bin_is_stopped(
    ada: Person, fake: FakeProvider, site: Site, *, several: bool
) -> None:
    _, reply = held("one")
    fake.script(reply)
    begun = ada.ask()
    stream = ada.follow(begun["answer"]["events_url"])
    said(stream, "one")

    fields = {"action": "bin"} | ({"id": begun["conversation"]["id"]} if several else {})
    ada.script("/conversations/" if several else begun["conversation"]["url"], fields)
    fake.wait_hangup()
    site.wait_answers()

    answer = Message.objects.answers().get()
    assert (answer.status, answer.text, Conversation.objects.get().place) == ("stopped", "one", "bin")


def test_what_is_deleted_goes_into_the_bin_and_from_there_for_good(owner_client: Client, put: Put) -> None:
    url = put("mine").get_absolute_url()

    first = owner_client.post(url, {"action": "delete"})
    place = Conversation.objects.get().place
    again = owner_client.post(url, {"action": "delete"}, headers={"Accept": "application/json"})
    asked = owner_client.post(url, {"action": "remove"})
    kept = Conversation.objects.count()
    sure = owner_client.post(url, {"action": "remove", "sure": "yes"})

    assert (first.status_code, first.headers["Location"], place) == (303, "/", "bin")
    assert again.status_code == 204  # as for who asks again because the reply was lost
    assert (asked.status_code, kept) == (200, 1)
    assert "Delete for good?" in asked.content.decode()
    assert (sure.status_code, sure.headers["Location"]) == (303, "/conversations/?in=bin")
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    assert owner_client.get(url).status_code == 404


def test_deleting_a_temporary_conversation_asks_and_is_for_good(owner_client: Client, put: Put) -> None:
    url = put("fleeting", is_temporary=True).get_absolute_url()

    asked = owner_client.post(url, {"action": "delete"})
    kept = Conversation.objects.count()
    sure = owner_client.post(url, {"action": "delete", "sure": "yes"})

    assert (asked.status_code, kept) == (200, 1)
    assert (sure.headers["Location"], Conversation.objects.count()) == ("/", 0)


def test_several_are_deleted_for_good_once_it_is_sure(owner_client: Client, put: Put) -> None:
    now = timezone.now()
    rows = [put(title, binned_at=now) for title in ("<one>", "two")]
    put("three", binned_at=now)
    fields = {"action": "remove", "in": "bin", "id": [row.uuid for row in rows]}

    asked = owner_client.post("/conversations/", fields)
    kept = Conversation.objects.count()
    page = owner_client.post("/conversations/", fields | {"sure": "yes"}, follow=True)

    assert "&lt;one&gt;" in asked.content.decode()
    assert kept == 3
    assert page.redirect_chain == [("/conversations/?in=bin", 303)]
    assert (notice(page), forms_of(page)) == (["2 chats were deleted."], [])
    assert titles(Conversation.objects.all()) == ["three"]


def test_the_bin_is_emptied_once_it_is_sure(owner_client: Client, put: Put) -> None:
    now = timezone.now()
    put("kept")
    put("fleeting", is_temporary=True)
    for number in range(2):
        put(str(number), binned_at=now)
    finished(User.objects.create_user("bob"), "theirs")
    Conversation.objects.filter(owner__username="bob").update(binned_at=now)

    asked = owner_client.post("/conversations/", {"action": "empty_bin"})
    count = Conversation.objects.count()
    page = owner_client.post("/conversations/", {"action": "empty_bin", "sure": "yes"}, follow=True)

    assert "2 chats and all their messages are deleted for good." in asked.content.decode()
    assert count == 5
    assert (page.redirect_chain, notice(page)) == ([("/conversations/?in=bin", 303)], ["2 chats were deleted."])
    assert set(titles(Conversation.objects.all())) == {"kept", "fleeting", "theirs"}


def test_emptying_the_bin_is_bounded_and_tells_a_script_what_is_left(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EMPTIED", 2)
    for number in range(3):
        put(str(number), binned_at=timezone.now())

    left = [owner_client.post("/conversations/", {"action": "empty_bin"}, headers=JSON).json()["left"] for _ in "ab"]

    assert left == [1, 0]


def test_emptying_the_bin_ends_in_time_and_says_what_is_left(
    owner_client: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "EMPTYING", 0)
    for number in range(3):
        put(str(number), binned_at=timezone.now())

    fields = {"action": "empty_bin", "sure": "yes"}
    told = [notice(owner_client.post("/conversations/", fields, follow=True)) for _ in range(3)]

    assert told == [
        ["The chat was deleted. 2 chats are still there: empty the bin once more."],
        ["The chat was deleted. 1 chat is still there: empty the bin once more."],
        ["The chat was deleted."],
    ]


def test_emptying_the_bin_says_what_is_on_hold(owner_client: Client, put: Put) -> None:
    on_hold = put("held", binned_at=timezone.now())
    LegalHold.objects.bulk_create([LegalHold(conversation=on_hold, subject=str(on_hold), placed_for="zebra")])
    put("free", binned_at=timezone.now())
    fields = {"action": "empty_bin", "sure": "yes"}

    asked = owner_client.post("/conversations/", {"action": "empty_bin"})
    page = owner_client.post("/conversations/", fields, follow=True)
    again = owner_client.post("/conversations/", fields, follow=True)
    by_script = owner_client.post("/conversations/", {"action": "empty_bin"}, headers=JSON)

    assert "1 chat and all its messages are deleted for good." in asked.content.decode()
    assert notice(page) == ["The chat was deleted. 1 chat stays: it is under a legal hold."]
    assert notice(again) == ["1 chat stays: it is under a legal hold."]
    assert by_script.json()["error"]["code"] == "on_hold"
    assert titles(Conversation.objects.all()) == ["held"]


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


def test_the_list_costs_as_many_queries_for_many_as_for_one(
    owner_client: Client, put: Put, django_assert_num_queries: Any
) -> None:
    for count in (1, 5):
        for number in range(count):
            Tag.put(f"tag {number}", Conversation.objects.filter(pk=put("one").pk))
        with django_assert_num_queries(10):
            owner_client.get("/conversations/")


@pytest.mark.parametrize("fields", [{}, {"temporary": "yes"}])
def test_a_chat_is_begun_temporary(ada: Person, site: Site, fields: dict[str, str]) -> None:
    ada.ask(**fields)
    site.wait_tasks()

    assert Conversation.objects.get().is_temporary is bool(fields)


@pytest.mark.parametrize(("value", "is_temporary"), [(True, True), ("yes", True), (False, False), (None, False)])
def test_json_says_true_or_false(value: Any, *, is_temporary: bool) -> None:
    form = forms.BeginForm(forms.fields_of({"message": "Hi", "temporary": value}))

    assert forms.cleaned(form)["temporary"] is is_temporary


def test_a_refused_message_leaves_the_choice(owner_client: Client) -> None:
    page = owner_client.post("/conversations/", {"message": " ", "temporary": "yes"})

    assert page.status_code == 422
    assert 'name="temporary" value="yes" form="composer-form" checked>' in page.content.decode()


def test_a_temporary_chat_says_so_until_it_is_kept(owner_client: Client, put: Put) -> None:
    conversation = put("fleeting", is_temporary=True)
    url = conversation.get_absolute_url()

    page = owner_client.get(url).content.decode()
    script = owner_client.post(url, {"action": "rename", "title": "other"}, headers=JSON)
    kept = owner_client.post(url, {"action": "keep"}, follow=True)

    for said_there in ("Temporary chat.", "deleted 24 hours after the last message", "Administrators can review it"):
        assert said_there in page
        assert said_there not in kept.content.decode()
    assert 'value="bin"' not in page
    assert script.json()["conversation"]["place"] == "temporary"
    assert notice(kept) == ["The chat is kept."]
    assert titles(kept.context["sidebar"]["conversations"]) == ["other"]


@pytest.mark.parametrize("action", ["pin", "archive", "bin", "tag"])
def test_a_temporary_chat_is_put_nowhere(owner_client: Client, put: Put, action: str) -> None:
    conversation = put("fleeting", is_temporary=True)
    before = state()

    owner_client.post(conversation.get_absolute_url(), {"action": action, "name": "x"})
    owner_client.post("/conversations/", {"action": action, "name": "x", "id": conversation.uuid})

    assert (state(), Tag.objects.count()) == (before, 0)
