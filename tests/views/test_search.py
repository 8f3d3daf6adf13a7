"""The search of one's own chats."""

import re
import time

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, finding
from conversations.models.finding import find
from conversations.search import parsed
from conversations.views import search
from tests.fakes.corpora import need
from tests.markdown.corpora import texts
from tests.models.test_finding import ended, said


def page(client: Client, asked: str, **more: str) -> str:
    reply = client.get("/conversations/", {"q": asked, **more})
    assert reply.status_code == 200
    return reply.content.decode()


def results(client: Client, asked: str, **more: str) -> list[tuple[str, list[str]]]:
    """Titles, each with the excerpts of its messages, what was found in brackets."""
    reply = client.get("/conversations/", {"q": asked, **more})
    assert reply.status_code == 200
    return [
        (shown(result.title), [shown(hit.excerpt) for hit in result.hits])
        for result in reply.context["page"]["results"]
    ]


def shown(excerpt: list[search.search.Excerpt]) -> str:
    return "".join(f"[{part.text}]" if part.is_found else part.text for part in excerpt)


def test_the_search_shows_titles_and_places(owner_client: Client, owner: User) -> None:
    said(owner, "Where do lions live?", "Lions live in Africa.").conversation.rename("About lions")
    said(owner, "x", "y").conversation.rename("Something else")

    assert results(owner_client, "lion") == [("About [lions]", ["Where do [lions] live?", "[Lions] live in Africa."])]
    assert "<mark>Lions</mark> live in Africa." in page(owner_client, "lion")


def test_a_place_opens_its_chat_at_the_message(owner_client: Client, owner: User) -> None:
    answer = said(owner, "x", "a lion")

    (result,) = owner_client.get("/conversations/", {"q": "lion"}).context["page"]["results"]

    url = result.hits[0].url
    assert url == f"{answer.conversation.get_absolute_url()}?at={answer.uuid}&found=lion#message-{answer.uuid}"
    assert f'id="message-{answer.uuid}"' in owner_client.get(url).content.decode()


def test_a_place_on_another_branch_opens_on_it_and_changes_nothing(owner_client: Client, owner: User) -> None:
    first = said(owner, "about a lion", "the first answer")
    conversation = first.conversation
    second = ended(conversation.edit(first.parent, "about a tiger", model="m"), "the second answer")
    conversation.refresh_from_db()

    (result,) = owner_client.get("/conversations/", {"q": "lion"}).context["page"]["results"]
    opened = owner_client.get(result.hits[0].url)

    said_there = opened.content.decode()
    assert ("about a lion" in said_there, "about a tiger" in said_there) == (True, False)
    assert "You see another version of this chat." in said_there
    assert opened.context["composer"]["parent"] == str(first.uuid)
    conversation.refresh_from_db()
    assert conversation.leaf_id == second.pk
    assert (
        "another version"
        not in owner_client.get(f"{conversation.get_absolute_url()}?at={second.uuid}").content.decode()
    )


def test_what_is_sent_from_another_branch_goes_on_from_it(owner_client: Client, owner: User) -> None:
    first = said(owner, "about a lion", "the first answer", model="demo")
    conversation = first.conversation
    ended(conversation.edit(first.parent, "about a tiger", model="demo"), "the second answer")

    sent = conversation.send("and then?", parent=first, model="demo")

    assert sent.parent.parent_id == first.pk


def test_a_stranger_finds_nothing(client: Client, owner: User) -> None:
    said(owner, "a secret lion", "a lion").conversation.rename("Lion")
    client.force_login(User.objects.create_user("bob"))

    assert results(client, "lion") == []
    assert "Nothing that was said fits this." in page(client, "lion")
    assert "secret" not in page(client, "lion")


def test_nobody_searches_without_an_account(client: Client) -> None:
    assert client.get("/conversations/", {"q": "lion"}).status_code == 302


def test_another_person_s_message_is_no_place_to_go_on_from(client: Client, owner: User) -> None:
    theirs = said(owner, "a lion", "a lion")
    client.force_login(User.objects.create_user("bob"))

    assert client.get("/conversations/", {"q": "lion", "before": str(theirs.uuid)}).status_code == 404


def test_a_query_of_any_signs_is_answered(owner_client: Client, owner: User) -> None:
    need()
    said(owner, "a lion", "c++")

    for asked in texts("blns"):
        find(Conversation.objects.for_user(owner), parsed(asked), owner_id=owner.pk)
    for asked in texts("blns")[::25]:
        reply = owner_client.get("/conversations/", {"q": asked[:200]}, headers={"HX-Request": "true"})

        assert reply.status_code == 200, asked


@pytest.mark.parametrize(
    "asked",
    [
        "c++",
        "node.js",
        "AND",
        "NOT",
        "NEAR(",
        "a:b",
        "*",
        "'",
        "\\",
        "^a",
        "{a}",
        "%",
        "_",
        "<b>",
        "--",
        "|",
        "&",
        "!",
        "'a':*",
    ],
)
def test_what_means_something_to_a_database_is_a_word(owner_client: Client, owner: User, asked: str) -> None:
    said(owner, f"this is {asked} here", "no")

    found = results(owner_client, f"here {asked}")

    assert len(found) == 1


def test_a_query_without_a_word_says_so(owner_client: Client, owner: User) -> None:
    assert "There is no word in this to look for." in page(owner_client, '"')


A_DATE = "a date is written %Y-%m-%d, %Y-%m or %Y."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("before:yesterday", [("before:yesterday", A_DATE)]),
        ("after:2026-13-45", [("after:2026-13-45", A_DATE)]),
        ("model:", [("model:", "a model’s name follows, as in model:gpt.")]),
        ("tag:", [("tag:", "a tag’s name follows, as in tag:travel.")]),
        ("-model:x -tag:y", [("-model:x", "filters cannot be excluded.")]),
        ("is:foo is:bar", [("is:foo", "only is:pinned is understood.")]),
        ("lion in:nowhere", [("in:nowhere", "only in:archive is understood.")]),
        ("is:<b>", [("is:&lt;b&gt;", "only is:pinned is understood.")]),
        ("c++: a:b http://x is:pinned", []),
    ],
)
def test_the_page_says_what_is_no_filter_and_what_would_be(
    owner_client: Client, asked: str, said: list[tuple[str, str]]
) -> None:
    found = page(owner_client, asked)

    assert re.findall(r"<p>“<bdi>(.*)</bdi>” was taken for words: (.*)</p>", found) == [
        (text, timezone.localdate().strftime(why)) for text, why in said
    ]


def test_what_is_no_filter_still_finds_its_words(owner_client: Client, owner: User) -> None:
    said(owner, "due before yesterday", "no")

    assert results(owner_client, "before:yesterday") == [("", ["due [before yesterday]"])]


def test_a_found_text_is_never_markup(owner_client: Client, owner: User) -> None:
    said(owner, "<script>alert('lion')</script>", "<b>lion</b>").conversation.rename("<i>lion</i>")

    found = page(owner_client, "lion")

    assert "&lt;b&gt;<mark>lion</mark>&lt;/b&gt;" in found
    assert "&lt;i&gt;<mark>lion</mark>&lt;/i&gt;" in found
    assert "<script>alert" not in found


def test_results_are_paged_without_gap_or_repeat(
    owner_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 2)
    monkeypatch.setattr(finding, "TOGETHER", 5)
    for number in range(12):
        said(owner, f"lion {number}", "no")

    seen, url = [], "/conversations/?q=lion"
    while url:
        part = owner_client.get(url).context["page"]
        seen += [result.hits[0].message.beginning for result in part["results"]]
        url = part["next_url"]

    assert sorted(seen) == sorted(f"lion {number}" for number in range(12))


@pytest.mark.parametrize("number", ["-1", "x", "9" * 30, "٣", ""])
def test_a_page_that_is_none_breaks_nothing(owner_client: Client, owner: User, number: str) -> None:
    said(owner, "lion", "no")

    assert owner_client.get("/conversations/", {"q": "lion", "page": number}).status_code == 200


def test_the_palette_gets_chats_and_places(owner_client: Client, owner: User) -> None:
    answer = said(owner, "x", "a lion")
    answer.conversation.rename("Title")

    fragment = owner_client.get("/conversations/", {"q": "lion"}, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in fragment
    assert f"?at={answer.uuid}" in fragment
    assert "<mark>lion</mark>" in fragment


def test_a_search_costs_as_many_queries_for_many_as_for_one(
    owner_client: Client, owner: User, django_assert_num_queries: object
) -> None:
    said(owner, "lion", "lion")
    with django_assert_num_queries(10):  # type: ignore[operator]
        page(owner_client, "lion")
    for _ in range(9):
        said(owner, "lion", "lion")
    with django_assert_num_queries(10):  # type: ignore[operator]
        page(owner_client, "lion")


def test_what_is_too_long_for_a_query_is_cut(owner_client: Client, owner: User) -> None:
    said(owner, "a lion", "no")

    assert len(results(owner_client, "lion " + "lion " * 100)) == 1


def test_an_excerpt_is_without_the_marks_of_markdown(owner_client: Client, owner: User) -> None:
    said(
        owner,
        "x",
        "## The **lion**\n\n> *roars* 2 * 3\n\n```sh\nlion --help # c#\n```\n| a | `b` |\n|---|:-:|\n| 1 | 2 |\n",
    )

    assert results(owner_client, "lion")[0][1] == ["The [lion] roars 2 * 3 [lion] --help # c# a | b 1 | 2"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [("a***b* x", "a***[b] x"), ("**b**, `b`.", "[b], [b]."), ("这是**重点** b", "这是重点 [b]"), ("x`b", "x`[b]")],
)
def test_a_mark_between_latin_letters_is_text(owner_client: Client, owner: User, text: str, seen: str) -> None:
    said(owner, "x", text)

    assert results(owner_client, "b")[0][1] == [seen]


def test_a_page_of_very_many_digits_is_none(owner_client: Client, owner: User) -> None:
    said(owner, "lion", "no")

    assert owner_client.get("/conversations/", {"q": "lion", "page": "9" * 5_000}).status_code == 200


@pytest.mark.parametrize("asked", ["before:0001", "after:9999-12-31", "before:1900", "after:2999-12-31"])
def test_days_at_the_edges_are_answered_in_every_zone(
    owner_client: Client, owner: User, settings: object, asked: str
) -> None:
    said(owner, "lion", "no")
    for zone in ("Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"):
        settings.TIME_ZONE = zone  # type: ignore[attr-defined]

        assert owner_client.get("/conversations/", {"q": asked}).status_code == 200


@pytest.mark.alone
def test_long_texts_with_words_far_apart_are_shown_in_time(owner_client: Client, owner: User) -> None:
    for number in range(60):
        said(owner, "x", f"lion {number} " + "word " * 39_000 + "zebra")
    began = time.thread_time()

    found = results(owner_client, "lion zebra")

    assert len(found) == 20
    assert time.thread_time() - began < 1.0


@pytest.mark.alone
@pytest.mark.parametrize("part", ["-  ", "|", "| -", " ", "* ", "**", "`", "#", "a ", "字 ", '"', "-a:", "\n", "\t"])
def test_no_text_and_no_query_takes_longer_than_it_is_long(part: str) -> None:
    text, asked = part * (100_000 // len(part)) + "\nx", (part * search.LONGEST)[: search.LONGEST]
    began = time.process_time()

    bare = search._MARKS.sub("", text)
    query = search.search.parsed(asked)
    search.search.excerpt(bare, query)

    assert time.process_time() - began < 1
    assert bare.endswith("x")
