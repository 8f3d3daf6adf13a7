"""Pages of a logged-in person: the list, one conversation, and what is done with it."""

import json
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from conversations import markdown
from conversations.models import Conversation, Message, Preferences
from conversations.views import pages, transcript
from tests.test_metrics import counted


def finished(owner: User, text: str = "Hi", answer: str = "**Hello**") -> Conversation:
    begun = Conversation.begin(owner, text=text, model="demo")
    Message.objects.filter(pk=begun.pk).update(status="complete", finish_reason="stop", text=answer)
    return begun.conversation


def more(conversation: Conversation, count: int) -> None:
    """`count` further turns."""
    for number in range(count):
        parent = conversation.messages.answers().latest("pk")
        answer = conversation.send(f"question {number}", parent=parent, model="demo")
        Message.objects.filter(pk=answer.pk).update(status="complete", text=f"answer {number}")


def test_the_empty_page_offers_to_write(owner_client: Client) -> None:
    page = owner_client.get("/")

    assert page.status_code == 200
    assert 'name="message"' in page.content.decode()


def test_the_sidebar_shows_ones_own_conversations_newest_first(owner_client: Client, owner: User) -> None:
    finished(User.objects.create_user("bob"), "not hers")
    for title in ("first", "second"):
        finished(owner, title)

    page = owner_client.get("/")

    assert [shown.title for shown in page.context["sidebar"]["conversations"]] == ["second", "first"]
    assert "not hers" not in page.content.decode()


def test_the_list_is_paged_without_gap_or_repeat(
    owner_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIDEBAR", 3)
    for number in range(8):
        finished(owner, str(number))

    url: str | None = "/conversations/"
    seen = []
    while url:
        page = owner_client.get(url).context["page"]
        seen += [shown.title for shown in page["conversations"]]
        url = page["older_url"]

    assert seen == list("76543210")


def test_an_older_page_comes_as_a_fragment_for_the_sidebar(owner_client: Client, owner: User) -> None:
    finished(owner)

    fragment = owner_client.get("/conversations/", headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in fragment
    assert "Hi" in fragment


@pytest.mark.parametrize("before", ["x", "00000000-0000-4000-8000-000000000000"])
def test_a_page_before_something_unknown_is_not_there(owner_client: Client, before: str) -> None:
    assert owner_client.get(f"/conversations/?before={before}").status_code == 404


def test_an_answer_is_shown_as_formatted_markdown_and_rendered_once(
    owner_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = finished(owner, "<b>question</b>", "**bold** <script>alert(1)</script>")
    first = owner_client.get(conversation.get_absolute_url()).content.decode()

    monkeypatch.setattr(markdown, "render", None)
    second = owner_client.get(conversation.get_absolute_url()).content.decode()

    for page in (first, second):
        assert "<strong>bold</strong>" in page
        assert "&lt;b&gt;question&lt;/b&gt;" in page
        assert "<script>alert" not in page


def test_a_chat_that_is_opened_twice_renders_each_answer_once(owner_client: Client, owner: User) -> None:
    conversation = finished(owner)
    more(conversation, 4)
    markdown.close()  # and forget what tests before have rendered
    counts = [counted('chatsite_renders_total{outcome="formatted"}')]

    for _ in range(2):
        owner_client.get(conversation.get_absolute_url())
        counts.append(counted('chatsite_renders_total{outcome="formatted"}'))

    assert [after - before for before, after in pairwise(counts)] == [5, 0]


def test_a_long_conversation_opens_at_its_end_and_pages_back_to_its_beginning(
    owner_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "PAGE", 4)
    conversation = finished(owner)
    more(conversation, 5)

    url: str | None = conversation.get_absolute_url()
    seen: list[str] = []
    while url:
        page = owner_client.get(url).context
        seen = [message.row.text for message in page["transcript"]] + seen
        url = page["older_url"]

    assert seen == [message.text for message in conversation.messages.order_by("pk")]


def test_a_page_costs_as_many_queries_for_ten_messages_as_for_a_hundred(
    owner_client: Client, owner: User, django_assert_num_queries: Any
) -> None:
    short, long = finished(owner), finished(owner)
    more(long, 40)
    for conversation in (short, long):
        owner_client.get(conversation.get_absolute_url())  # renders what is not rendered yet

    for conversation in (short, long):
        with django_assert_num_queries(12):
            owner_client.get(conversation.get_absolute_url())


def test_a_running_answer_shows_its_text_so_far_and_where_to_go_on(owner_client: Client, owner: User) -> None:
    answer = Conversation.begin(owner, text="Hi", model="demo")
    answer.claim(runner="r", sent={})
    answer.checkpoint(runner="r", text="so **far** 😀", reasoning="")

    page = owner_client.get(answer.conversation.get_absolute_url()).content.decode()

    assert "so **far** 😀" in page
    assert f'data-cursor="{answer.uuid.hex}.0.13.0.0"' in page
    assert '<meta http-equiv="refresh"' in page


@pytest.mark.parametrize(
    ("code", "is_staff", "told"),
    [
        ("misconfigured", True, True),
        ("redirected", True, True),
        ("not_a_stream", True, True),
        ("misconfigured", False, False),
        ("rate_limited", True, False),
    ],
)
def test_staff_are_told_where_to_look_when_the_access_to_the_model_is_misconfigured(
    owner_client: Client, owner: User, code: str, is_staff: bool, told: bool
) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=is_staff)
    conversation = finished(owner, "first words")
    Message.objects.answers().update(status="failed", error_code=code, error_reference="ab12cd34")

    page = owner_client.get(conversation.get_absolute_url()).content.decode()

    assert ("Look at <code>OPENAI_API_KEY</code>" in page) is told
    assert "Reference ab12cd34" in page


def test_a_conversation_is_renamed_and_an_empty_name_takes_it_back(owner_client: Client, owner: User) -> None:
    conversation = finished(owner, "first words")
    titles = []
    for title in ("  My\nname ", ""):
        reply = owner_client.post(conversation.get_absolute_url(), {"action": "rename", "title": title})
        assert reply.status_code == 303
        titles.append(Conversation.objects.get().title)

    assert titles == ["My name", "first words"]


def test_a_title_is_kept_as_long_as_its_field_takes_it(owner_client: Client, owner: User) -> None:
    conversation = finished(owner, "first words")

    owner_client.post(conversation.get_absolute_url(), {"action": "rename", "title": "é" * 201})

    assert Conversation.objects.get().title == "é" * 200
    page = owner_client.get(conversation.get_absolute_url()).content.decode()
    assert f'name="title" value="{"é" * 200}" maxlength="200"' in page


def test_a_refused_title_comes_back_to_its_form(owner_client: Client, owner: User) -> None:
    conversation = finished(owner, "first words")
    fields = {"action": "rename", "title": "<é>" * 700}

    page = owner_client.post(conversation.get_absolute_url(), fields)
    script = owner_client.post(conversation.get_absolute_url(), fields, headers={"Accept": "application/json"})

    assert (page.status_code, script.status_code, script.json()["error"]["code"]) == (413, 413, "too_long")
    assert 'role="alert">Title: This is longer than 2\u00a0KB.' in page.content.decode()
    assert f'name="title" value="{"&lt;é&gt;" * 700}"' in page.content.decode()
    assert Conversation.objects.get().title == "first words"


@pytest.mark.parametrize(("turns", "kept"), [("5", 5), ("0", 0), ("", None)])
def test_a_conversation_is_configured(owner_client: Client, owner: User, turns: str, kept: int | None) -> None:
    conversation = finished(owner)

    owner_client.post(
        conversation.get_absolute_url(), {"action": "configure", "history_turns": turns, "system_prompt": "Be brief."}
    )

    conversation.refresh_from_db()
    assert (conversation.history_turns, conversation.system_prompt) == (kept, "Be brief.")


@pytest.mark.parametrize("fields", [{"history_turns": "-1"}, {"history_turns": "x"}, {"system_prompt": "x" * 20_001}])
def test_a_setting_that_makes_no_sense_is_refused(owner_client: Client, owner: User, fields: dict[str, str]) -> None:
    conversation = finished(owner)

    reply = owner_client.post(conversation.get_absolute_url(), {"action": "configure", **fields})

    assert reply.status_code in (413, 422)
    conversation.refresh_from_db()
    assert (conversation.history_turns, conversation.system_prompt) == (None, "")


def test_markdown_is_rendered_and_sanitized(owner_client: Client) -> None:
    reply = owner_client.post("/markdown/", {"text": "**b** <img src=x onerror=alert(1)>"})

    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.content.decode() == "<p><strong>b</strong> &lt;img src=x onerror=alert(1)&gt;</p>\n"


@pytest.mark.parametrize("theme", ["dark", "light", "system"])
def test_a_theme_is_kept_and_worn(owner_client: Client, owner: User, theme: str) -> None:
    reply = owner_client.post(
        "/preferences/", {"theme": theme}, headers={"Referer": "http://testserver/conversations/?x=1"}
    )

    assert (reply.status_code, reply.headers["Location"]) == (303, "/conversations/")
    assert Preferences.objects.get(user=owner).theme == theme
    assert (f'data-theme="{theme}"' in owner_client.get("/").content.decode()) is (theme != "system")


def test_the_enter_key_is_kept_and_leaves_the_theme(owner_client: Client, owner: User) -> None:
    owner_client.post("/preferences/", {"theme": "dark"})
    reply = owner_client.post("/preferences/", {"enter": "breaks"}, headers={"Accept": "application/json"})

    page = owner_client.get("/").content.decode()
    assert reply.status_code == 204
    assert 'data-theme="dark" data-enter="breaks"' in page


def test_single_keys_are_kept_off(owner_client: Client) -> None:
    owner_client.post("/preferences/", {"keys": "off"})

    assert 'data-keys="off"' in owner_client.get("/").content.decode()


def test_no_preference_is_none(owner_client: Client) -> None:
    reply = owner_client.post("/preferences/", {"other": "x"}, headers={"Accept": "application/json"})

    assert (reply.status_code, reply.json()["error"]["message"]) == (422, "Nothing was chosen.")


def test_an_unknown_theme_is_refused(owner_client: Client) -> None:
    reply = owner_client.post("/preferences/", {"theme": "<b>"}, headers={"Accept": "application/json"})

    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (422, "invalid")
    assert error["message"] == "Theme: This site does not offer that choice. Choose another one."


@pytest.mark.parametrize("referer", ["https://evil.example//evil.example/", "//evil.example", "javascript:x", ""])
def test_the_way_back_never_leaves_the_site(owner_client: Client, referer: str) -> None:
    location = owner_client.post("/preferences/", {"theme": "dark"}, headers={"Referer": referer}).headers["Location"]

    assert location.startswith("/")
    assert not location.startswith("//")


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_script_gets_errors_as_json_with_a_reference(owner_client: Client, accept: str) -> None:
    reply = owner_client.get("/nowhere/", headers={"Accept": accept})

    assert reply.status_code == 404
    error = json.loads(reply.content)["error"]
    assert (error["code"], len(error["reference"])) == ("not_found", 8)


def test_a_person_gets_a_page_with_a_reference(owner_client: Client) -> None:
    reply = owner_client.get("/nowhere/")

    assert (reply.status_code, reply.templates[0].name) == (404, "404.html")
    assert reply.context["reference"] in reply.content.decode()


def test_a_fault_of_ours_is_told_without_a_stack(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(owner)

    def fails(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("a secret detail")

    monkeypatch.setattr(pages, "listed", fails)
    page, script = (client.get("/", headers={"Accept": accept}) for accept in ("text/html", "application/json"))

    assert (page.status_code, script.status_code) == (500, 500)
    assert script.json()["error"]["code"] == "internal"
    assert "a secret detail" not in page.content.decode() + script.content.decode()


def test_an_unknown_host_is_told_what_is_missing(owner_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    reply = owner_client.get("/", headers={"Host": "192.168.1.5"})

    assert reply.status_code == 400
    assert "ALLOWED_HOSTS" in reply.content.decode()
    assert [line for line in caplog.messages if "192.168.1.5" in line and "Invalid" not in line] == [
        "the site was asked for as '192.168.1.5', which is not among ALLOWED_HOSTS"
    ]


def test_the_worker_keeps_the_offline_page_and_nothing_of_anybody(owner_client: Client, owner: User) -> None:
    finished(owner, "a secret")

    worker = owner_client.get("/service-worker.js")
    files = json.loads(worker.content.decode().partition("const FILES = ")[2].partition(";")[0])

    assert worker.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert files[0] == "/offline/"
    assert all(name.startswith("/static/") for name in files[1:])
    assert "a secret" not in Client().get("/offline/").content.decode()


def test_a_model_that_is_not_there_is_not_offered_again(owner_client: Client, owner: User, settings: Any) -> None:
    settings.CHAT_MODELS = ["gone", "there", "third"]
    conversation = Conversation.begin(owner, text="Hi", model="gone").conversation
    conversation.messages.answers().update(status="failed", error_code="unknown_model")

    page = owner_client.get(conversation.get_absolute_url())

    assert page.context["composer"]["model"] == "there"
    assert "Ask there" in page.content.decode()
    assert "Retry" not in page.content.decode()


def test_another_model_that_was_chosen_since_stays_chosen(owner_client: Client, owner: User, settings: Any) -> None:
    settings.CHAT_MODELS = ["gone", "there", "third"]
    conversation = Conversation.begin(owner, text="Hi", model="gone").conversation
    conversation.messages.answers().update(status="failed", error_code="unknown_model")
    conversation.configure(model="third")

    page = owner_client.get(conversation.get_absolute_url())

    assert page.context["composer"]["model"] == "third"


def test_the_only_model_may_be_asked_again(owner_client: Client, owner: User, settings: Any) -> None:
    settings.CHAT_MODELS = ["gone"]
    conversation = Conversation.begin(owner, text="Hi", model="gone").conversation
    conversation.messages.answers().update(status="failed", error_code="unknown_model")

    page = owner_client.get(conversation.get_absolute_url())

    assert "Retry" in page.content.decode()


def test_the_demo_is_told_to_everybody_and_its_settings_to_staff(owner_client: Client, owner: User) -> None:
    page = owner_client.get("/").content.decode()

    assert "The demo model answers here" in page
    assert "OPENAI_API_KEY" not in page
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    page = owner_client.get("/").content.decode()
    assert "OPENAI_API_KEY" in page
    assert "The demo model answers here" not in page


def test_older_chats_are_called_so_and_lead_to_the_newest(owner_client: Client, owner: User) -> None:
    newest = [Conversation.objects.create(owner=owner, title=f"Talk {number}") for number in range(2)][-1]

    page = owner_client.get("/conversations/", {"before": str(newest.uuid)}).content.decode()

    assert "<h1>Older chats</h1>" in page
    assert '<a href="/conversations/">Newest chats</a>' in page
    assert "Newest chats" not in owner_client.get("/conversations/").content.decode()
