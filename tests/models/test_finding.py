"""What a search finds, on both databases the same, and in the same order."""

import random

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from conversations import search
from conversations.models import Conversation, Ending, IndexedText, Message, Tag, finding
from conversations.models.finding import find

SAID = {
    "german": "Die Straße nach Köln führt über Łódź.",
    "russian": "Новогодняя ёлка стоит в доме",
    "greek": "Η Ελλάδα είναι όμορφη",
    "turkish": "Işık çok güzel, İstanbul",
    "chinese": "今天天气很好，我们去公园",
    "japanese": "全文検索のテストです",
    "thai": "ภาษาไทยไม่ยาก",
    "korean": "검색을 했다",
    "arabic": "مُحَمَّد في المدرسة",
    "code": 'Use c++, c# or node.js: `a:b` "x" AND y -vu',
    "plain": "The weekly backup of the database failed",
    "plural": "Backups of a database: weekly, daily",
    "emoji": "Happy birthday 🎉",
}


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def said(owner: User, text: str, answer: str = "Fine.", model: str = "m") -> Message:
    """The answer."""
    begun = Conversation.begin(owner, text=text, model=model)
    Conversation.objects.filter(pk=begun.conversation_id).update(title="", folded_title="")
    return ended(begun, answer)


def ended(answer: Message, text: str) -> Message:
    assert answer.claim(runner="test", sent={})
    assert answer.end(Ending(status="complete", text=text), runner="test")
    return answer


def found(owner: User, asked: str) -> list[str]:
    """The texts of the messages that are found, the best first."""
    theirs = Conversation.objects.for_user(owner).kept()
    finds = find(theirs, search.parsed(asked), owner_id=owner.pk).finds
    return [Message.objects.get(pk=key).text for each in finds for key in each.messages]


@pytest.mark.parametrize(
    ("asked", "which"),
    [
        ("strasse", ["german"]),
        ("KÖLN lodz", ["german"]),
        ("елка", ["russian"]),
        ("ελλαδα", ["greek"]),
        ("isik", ["turkish"]),
        ("istanbul", ["turkish"]),
        ("天气", ["chinese"]),
        ("天", ["chinese"]),
        ("天气很好", ["chinese"]),
        ("气天", []),
        ("検索", ["japanese"]),
        ("ﾃｽﾄ", ["japanese"]),
        ("ภาษา", ["thai"]),
        ("검색", ["korean"]),
        ("محمد", ["arabic"]),
        ("c++", ["code"]),
        ("c#", ["code"]),
        ("node.js", ["code"]),
        ("a:b", ["code"]),
        ("AND", ["code"]),
        ("-vu", ["code"]),
        ("🎉", ["emoji"]),
        ("backup", ["plural", "plain"]),
        ("back", ["plain", "plural"]),
        ("ba", []),
        ('"weekly backup"', ["plain"]),
        ('"backup weekly"', []),
        ("database -daily", ["plain"]),
        ('database -"weekly backup"', ["plural"]),
        ("今天 -天", []),
        ("今天 -很", []),
        ("今天 -国", ["chinese"]),
        ("database weekly backup failed", ["plain"]),
        ("zebra", []),
    ],
)
def test_what_was_said_in_any_script_is_found(ada: User, asked: str, which: list[str]) -> None:
    for text in SAID.values():
        said(ada, text)

    assert sorted(found(ada, asked)) == sorted(SAID[name] for name in which)


def test_answers_and_all_branches_are_found_and_titles_too(ada: User) -> None:
    answer = said(ada, "about a lion", "a zebra answers")
    conversation = answer.conversation
    ended(conversation.edit(answer.parent, "about a tiger", model="m"), "an ape answers")
    conversation.rename("A whale of a title")

    assert found(ada, "lion") == ["about a lion"]
    assert found(ada, "zebra") == ["a zebra answers"]
    assert found(ada, "tiger") == ["about a tiger"]
    titled = find(Conversation.objects.for_user(ada), search.parsed("whale"), owner_id=ada.pk)
    assert titled.finds == [finding.Find(conversation.pk, ())]


def test_the_best_comes_first_and_a_conversation_once(ada: User) -> None:
    said(ada, "a lion among very many other words that are about nothing at all", "ok")
    both = said(ada, "lion lion", "a lion again, lion")
    titled = said(ada, "something", "else").conversation
    titled.rename("Lion")

    finds = find(Conversation.objects.for_user(ada), search.parsed("lion"), owner_id=ada.pk).finds

    assert [each.conversation for each in finds][:2] == [titled.pk, both.conversation_id]
    assert len(finds) == 3
    assert set(finds[1].messages) == {both.pk, both.parent_id}


def test_nobody_finds_what_is_another_s_in_the_bin_or_temporary(ada: User) -> None:
    bob = User.objects.create_user("bob")
    said(bob, "a lion of Bob's")
    binned, temporary = said(ada, "a lion in the bin").conversation, said(ada, "a lion for a day").conversation
    archived = said(ada, "a lion in the archive").conversation
    Conversation.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    Conversation.objects.filter(pk=temporary.pk).update(is_temporary=True)
    Conversation.objects.filter(pk=archived.pk).update(archived_at=timezone.now())

    assert found(ada, "lion") == ["a lion in the archive"]
    assert found(bob, "lion") == ["a lion of Bob's"]
    everybody = find(Conversation.objects.all(), search.parsed("lion"), owner_id=None)
    assert len(everybody.finds) == 4


def test_a_text_that_names_the_mark_of_another_person_finds_nothing_of_theirs(ada: User) -> None:
    bob = User.objects.create_user("bob")
    said(bob, "a lion")

    for asked in (f"#{bob.pk} lion", f'"#{bob.pk}" lion', f'lion" OR "#{bob.pk}'):
        assert found(ada, asked) == []


@pytest.mark.parametrize(
    ("asked", "which"),
    [
        ("model:GPT", ["two"]),
        ("lion model:gpt", ["two"]),
        ("is:pinned lion", ["one"]),
        ("in:archive lion", ["three"]),
        ("lion before:2026-02", ["one"]),
        ("lion after:2026-02-01 before:2026-03-01", ["two"]),
        ("lion after:2026-03", ["three"]),
        ("is:pinned", ["one"]),
        ("after:2026-02-01 before:2026-03-01", ["two"]),
        ("number model:other", ["three"]),
        ("model:other", ["three"]),
        ("tag:TRAVEL lion", ["two"]),
        ("tag:nothing", []),
        ("is:pinned in:archive", []),
    ],
)
def test_filters(ada: User, asked: str, which: list[str]) -> None:
    days = {"one": (1, 31), "two": (2, 28), "three": (3, 1)}
    numbers = {}
    for name, (month, day) in days.items():
        answer = said(ada, f"the lion number {name}", model="gpt-5" if name == "two" else "llama")
        at = timezone.make_aware(timezone.datetime(2026, month, day, 12))
        Message.objects.filter(conversation=answer.conversation_id).update(created_at=at)
        Conversation.objects.filter(pk=answer.conversation_id).update(touched_at=at, title=name, folded_title=name)
        numbers[answer.conversation_id] = name
    Message.objects.answers().filter(conversation__title="three").update(model="another")
    Conversation.objects.filter(title="one").update(pinned_at=timezone.now())
    Conversation.objects.filter(title="three").update(archived_at=timezone.now())
    Tag.put("Travel", Conversation.objects.filter(title="two"))

    finds = find(Conversation.objects.for_user(ada), search.parsed(asked), owner_id=ada.pk).finds

    assert [numbers[each.conversation] for each in finds] == which


@pytest.mark.parametrize("asked", ["is:pinned", "model:gpt", "before:2100", "after:2000", "-zebra is:pinned"])
def test_a_chat_whose_title_is_not_folded_yet_is_found_by_filters(ada: User, asked: str) -> None:
    """As each is after the upgrade until the job has come by, and what an older process writes meanwhile."""
    conversation = said(ada, "x", model="gpt").conversation
    Conversation.objects.update(title="Plans", folded_title=None, pinned_at=timezone.now())

    theirs = find(Conversation.objects.for_user(ada), search.parsed(asked), owner_id=ada.pk)
    everybodys = find(Conversation.objects.all(), search.parsed(asked), owner_id=None)

    assert theirs.finds == everybodys.finds == [finding.Find(conversation.pk, ())]


@pytest.mark.parametrize("asked", ["model:Modèle-É", "model:MODÈLE", "model:modele-e", "model:dèle"])
def test_a_model_is_found_by_its_name_in_any_case(ada: User, asked: str) -> None:
    conversation = said(ada, "x", model="Modèle-É").conversation
    said(ada, "x", model="gpt")

    finds = find(Conversation.objects.for_user(ada), search.parsed(asked), owner_id=ada.pk).finds

    assert finds == [finding.Find(conversation.pk, ())]


def test_older_ones_are_another_page(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "TOGETHER", 4)
    for number in range(10):
        said(ada, f"lion {number}", "no")
    theirs, query = Conversation.objects.for_user(ada), search.parsed("lion")

    seen: list[str] = []
    before = None
    pages = 0
    while pages == 0 or before is not None:
        page = find(theirs, query, owner_id=ada.pk, before=before)
        seen += sorted(Message.objects.get(pk=key).text for each in page.finds for key in each.messages)
        before, pages = page.older_than, pages + 1

    assert pages == 3
    assert sorted(seen) == [f"lion {number}" for number in range(10)]


def test_more_titles_than_are_listed_are_told_of(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "TITLES", 2)
    for number in range(3):
        said(ada, "x").conversation.rename(f"lion {number}")

    found_titles = find(Conversation.objects.for_user(ada), search.parsed("lion"), owner_id=ada.pk)

    assert (len(found_titles.finds), found_titles.has_more_titles) == (2, True)


WORDS = [
    "lion",
    "lions",
    "li",
    "zebra",
    "c++",
    "c",
    "node.js",
    "天气",
    "今天天气",
    "天",
    "気",
    "ёлка",
    "ภาษา",
    "Köln",
    "#1",
    "don't",
]


def test_the_index_finds_what_reading_every_text_finds(ada: User) -> None:
    """Queries made by chance, against texts made by chance."""
    chance = random.Random(6)  # noqa: S311 - the same each time
    texts = [" ".join(chance.choices(WORDS, k=chance.randrange(1, 8))) for _ in range(60)]
    for text in texts:
        said(ada, text, "…")
    for _ in range(150):
        asked = " ".join(
            chance.choice(["", "-", '"', '-"'])
            + " ".join(chance.choices(WORDS, k=chance.randrange(1, 3)))
            + chance.choice(["", '"'])
            for _ in range(2)
        )
        query = search.parsed(asked)

        matching = IndexedText.objects.matching(query, owner_id=ada.pk).filter(message__role="user")

        expected = sorted(text for text in texts if fits(query, text))
        assert sorted(matching.values_list("message__text", flat=True)) == expected, asked


def fits(query: search.Query, text: str) -> bool:
    padded = f" {search.fold(text)} "
    return all(term.pattern in padded for term in query.terms) and not any(
        term.pattern in padded for term in query.excluded
    )
