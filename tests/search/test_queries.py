"""What a query means."""

from datetime import date

import pytest

from conversations.search import Misread, Query, Term, parsed


def terms(*patterns: str) -> tuple[Term, ...]:
    """Each as it is looked for, with `*` where it may go on."""
    return tuple(Term(tuple(text.rstrip("*").split()), is_beginning=text.endswith("*")) for text in patterns)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("backup", Query(terms("backup*"))),
        ("Bä ck", Query(terms("ba", "ck"))),
        ('"Weekly  backup"', Query(terms("weekly backup"))),
        ("“weekly backup”", Query(terms("weekly backup"))),
        ("„weekly backup“", Query(terms("weekly backup"))),
        ("weekly -backup", Query(terms("weekly*"), terms("backup"))),
        ('weekly -"of backups"', Query(terms("weekly*"), terms("of backups"))),
        ('a b a -"x y" -"X  Y"', Query(terms("a", "b"), terms("x y"))),
        ("well-known", Query(terms("well known*"))),
        ("-vu", Query(terms("vu"))),
        ("--verbose -x", Query(terms("verbose", "x"))),
        ("c++", Query(terms("c++*"))),
        ("c#", Query(terms("c#"))),
        ("node.js", Query(terms("node js"))),
        ("AND OR NOT NEAR(a,b)", Query(terms("and*", "or", "not*", "near a b"))),
        ("a:b", Query(terms("a b"))),
        ("https://example.org/x?y=1", Query(terms("https example org x y 1"))),
        ("'quoted' \"half", Query(terms("quoted*", "half*"))),
        ("天气", Query(terms("天气"))),
        ("天", Query(terms("天*"))),
        ("検索語", Query(terms("検索 索語"))),
        ('"天气 forecast"', Query(terms("天气 气 forecast"))),
        ('"forecast 天"', Query(terms("forecast 天*"))),
        ("ภาษา", Query(terms("ภา าษ ษา"))),
        ("wor*", Query(terms("wor*"))),
        ("wo*", Query(terms("wo"))),
        ("model:gpt-5", Query(model="gpt-5")),
        ('model:"Llama 3" x', Query(terms("x"), model="Llama 3")),
        ("tag:Travel", Query(tag="Travel")),
        ("before:2026-03-05", Query(before=date(2026, 3, 5))),
        ("after:2026", Query(after=date(2026, 1, 1))),
        ("after:2026-3 before:2026-04", Query(before=date(2026, 4, 1), after=date(2026, 3, 1))),
        ("before:2026-02-30", Query(terms("before 2026 02 30"))),
        ("before:soon", Query(terms("before soon*"))),
        ("before:0001", Query(terms("before 0001*"))),
        ("after:9999-12-31", Query(terms("after 9999 12 31"))),
        ("before:0000", Query(terms("before 0000*"))),
        ("is:pinned in:archive", Query(is_pinned=True, is_archived=True)),
        ("IS:Pinned is:blue", Query(terms("is blue*"), is_pinned=True)),
        ("Model:GPT", Query(model="GPT")),
        ("is:pinned -x", Query(excluded=terms("x"), is_pinned=True)),
        ("-model:gpt x", Query(terms("x"), terms("model gpt"))),
        ("model:", Query(terms("model*"))),
    ],
)
def test_query_means(asked: str, query: Query) -> None:
    assert parsed(asked) == query


@pytest.mark.parametrize(
    ("asked", "misread"),
    [
        ("before:yesterday", [("before", "before:yesterday", False)]),
        ("after:2026-13-45 lion", [("after", "after:2026-13-45", False)]),
        ("lion Model:", [("model", "Model:", False)]),
        ('tag:""', [("tag", 'tag:""', False)]),
        ("tag:“ ”", [("tag", "tag:“ ”", False)]),
        ("-model:x", [("model", "-model:x", True)]),
        ("-in:archive -is:", [("in", "-in:archive", True), ("is", "-is:", True)]),
        ("is:foo in:nowhere is:pinned", [("is", "is:foo", False), ("in", "in:nowhere", False)]),
        ('c++: a:b http://x : -: \'model:x "is:foo" models:x before', []),
        ("before:2026 after:2026-03-05 model:gpt tag:x is:pinned in:archive", []),
    ],
)
def test_query_tells_what_is_no_filter(asked: str, misread: list[tuple[str, str, bool]]) -> None:
    told = [Misread(name, text, is_excluded=is_excluded) for name, text, is_excluded in misread]

    assert list(parsed(asked).misread) == told


def test_what_is_no_filter_is_a_word_all_the_same() -> None:
    assert parsed("model: is:foo") == Query(terms("model*", "is foo*"))
    assert parsed("-tag:x") == Query(terms("tag x"))


@pytest.mark.parametrize(
    "asked", ["", " ", '"', '""', "-", "--", "*", "()", "\\", "'", "…", "\0", ":", "-:", '-"', "\u200b"]
)
def test_query_without_a_word_means_nothing(asked: str) -> None:
    assert parsed(asked) == Query()
    assert not parsed(asked)
