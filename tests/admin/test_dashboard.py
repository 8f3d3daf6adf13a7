"""The site in numbers: on the first page of Django admin, in charts, tables and files."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import html5lib
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from conversations.admin import charts
from conversations.models import Conversation, Message, day
from tests.admin.conftest import SECRET

INDEX = "/admin/"
FILES = "/admin/conversations/conversation/figures"


@pytest.fixture(autouse=True)
def _cold() -> None:
    cache.clear()


@pytest.fixture
def operator(staff: Callable[..., Client]) -> Client:
    return staff("view_conversation")


def answer(owner: User, *, ago: int = 0, status: str = "complete", model: str = "m", **columns: Any) -> Message:
    row = Conversation.begin(owner, text="Hi", model=model)
    then = timezone.now() - timedelta(days=ago)
    Message.objects.filter(conversation=row.conversation).update(created_at=then)
    Message.objects.filter(pk=row.pk).update(status=status, **columns)
    return row


@pytest.fixture
def history(db: None) -> None:
    ada, bob = (User.objects.create_user(name) for name in ("anna", "bob"))
    answer(ada, first_delta_ms=100, usage={"prompt_tokens": 10, "completion_tokens": 5})
    answer(ada, status="failed", usage={})
    answer(bob, status="stopped", first_delta_ms=300, model="n", usage={"prompt_tokens": 1, "completion_tokens": 2})
    answer(bob, ago=3, first_delta_ms=1000, usage={"prompt_tokens": 7, "completion_tokens": 0})
    answer(bob, ago=40)


def test_a_day_is_counted(history: None) -> None:
    *_, before, _two, _one, today = day.days(7)

    assert (today.people, before.people) == (2, 1)
    assert today.ends == {"complete": 1, "stopped": 1, "failed": 1, "interrupted": 0}
    assert (today.tokens, before.tokens) == ({"m": 15, "n": 3}, {"m": 7})
    assert (today.median_ms, today.p95_ms, before.median_ms) == (200, 100, 1000)
    assert today.date == timezone.localdate().isoformat()


def test_an_empty_site_has_empty_days(db: None) -> None:
    assert [(each.people, sum(each.ends.values()), each.tokens, each.p95_ms) for each in day.days(7)] == [
        (0, 0, {}, None)
    ] * 7


def test_days_that_are_over_are_counted_once(history: None, django_assert_num_queries: Any) -> None:
    day.days(30)

    with django_assert_num_queries(0):
        again = day.days(30)
    with django_assert_num_queries(4 * 60):
        day.days(90)
    assert again[-4].people == 1


def test_an_answer_that_goes_on_over_midnight_is_counted_when_it_ends(
    history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day, "FRESH", 0)
    running = answer(User.objects.create_user("night"), ago=1, status="streaming", lease_until=timezone.now())
    before = day.days(7)[-2].ends["complete"]

    Message.objects.filter(pk=running.pk).update(status="complete", lease_until=None)

    assert (before, day.days(7)[-2].ends["complete"]) == (0, 1)


def test_a_day_is_one_of_the_readers_zone(history: None) -> None:
    with timezone.override("Pacific/Kiritimati"):
        far = [each.date for each in day.days(7)]
    with timezone.override("Pacific/Pago_Pago"):
        near = [each.date for each in day.days(7)]

    assert far != near
    assert (len(far), len(near)) == (7, 7)


def numbers(page: str) -> dict[str, tuple[list[str], list[str]]]:
    """Of each chart: what its bars say, and what its table says, each as date, series and value."""
    document = html5lib.parse(page, namespaceHTMLElements=False)
    found = {}
    for figure in document.iterfind(".//figure"):
        bars = ["".join(title.itertext()) for title in figure.iter("{http://www.w3.org/2000/svg}title")]
        names = ["".join(head.itertext()) for head in figure.iterfind(".//thead/tr/th")][1:]
        cells = []
        for row in figure.iterfind(".//tbody/tr"):
            date, *values = ("".join(cell.itertext()) for cell in row)
            cells += [f"{date}: {name} {value}" for name, value in zip(names, values, strict=True) if value]
        found[figure.get("id")] = (sorted(bars), sorted(cells))
    return found


def test_each_of_four_charts_is_a_table_with_the_same_numbers(operator: Client, history: None) -> None:
    page = operator.get(INDEX).content.decode()

    found = numbers(page)
    assert list(found) == ["chart-people", "chart-answers", "chart-tokens", "chart-first-delta"]
    assert [bars == cells for bars, cells in found.values()] == [True] * 4
    today = timezone.localdate().isoformat()
    assert {f"{today}: people 2"} <= set(found["chart-people"][0])
    assert {f"{today}: complete 1", f"{today}: failed 1"} <= set(found["chart-answers"][0])
    assert {f"{today}: m 15", f"{today}: n 3"} <= set(found["chart-tokens"][0])


def test_the_numbers_are_the_same_in_every_language(operator: Client, history: None) -> None:
    Message.objects.filter(status="complete").update(usage={"prompt_tokens": 1_234_567})

    page = operator.get(INDEX, headers={"Accept-Language": "de"}).content.decode()

    assert [bars == cells for bars, cells in numbers(page).values()] == [True] * 4
    assert "1234567" in page
    assert 'width="16.0"' in page


def test_charts_are_within_the_csp(operator: Client, history: None) -> None:
    page = operator.get(INDEX).content.decode()

    assert " style=" not in page
    assert "<style" not in page


@pytest.mark.parametrize(("query", "period"), [("", 30), ("?days=7", 7), ("?days=90", 90), ("?days=9999", 30)])
def test_a_period_is_chosen(operator: Client, history: None, query: str, period: int) -> None:
    page = operator.get(INDEX + query)

    assert len(page.context["charts"][0].dates) == period


def test_who_may_not_see_conversations_sees_no_figures(staff: Callable[..., Client], history: None) -> None:
    client = staff("view_message")

    assert "figures-heading" not in client.get(INDEX).content.decode()
    assert [client.get(f"{FILES}.{form}").status_code for form in ("csv", "json")] == [403, 403]


def test_files_have_what_is_shown(operator: Client, history: None) -> None:
    page = operator.get(f"{INDEX}?days=7")
    as_json = operator.get(f"{FILES}.json?days=7").json()["figures"]
    as_csv = list(csv.DictReader(io.StringIO(operator.get(f"{FILES}.csv?days=7").content.decode(), newline="")))

    for shown, told in zip(page.context["charts"], as_json, strict=True):
        assert told == {
            "chart": shown.key, "unit": shown.unit, "dates": list(shown.dates),
            "series": [{"name": each.name, "values": list(each.values)} for each in shown.series],
        }  # fmt: skip
        lines = {(row["date"], row["series"]): row["value"] for row in as_csv if row["chart"] == shown.key}
        assert lines == {
            (date, each.name): "" if value is None else str(value)
            for date, values in shown.rows
            for each, value in zip(shown.series, values, strict=True)
        }


def test_a_hostile_models_name_is_text_everywhere(operator: Client, db: None) -> None:
    hostile = "=cmd|'<script>alert(1)</script>"
    answer(User.objects.create_user("eve"), model=hostile, usage={"prompt_tokens": 1})

    page = operator.get(INDEX).content.decode()
    rows = list(csv.reader(io.StringIO(operator.get(f"{FILES}.csv").content.decode(), newline="")))

    assert "<script>alert" not in page
    assert {row[2] for row in rows if row[0] == "tokens"} == {"'" + hostile}
    assert operator.get(f"{FILES}.csv").headers["Content-Type"] == "text/csv; charset=utf-8"


def test_no_word_of_text_is_in_the_figures(operator: Client, conversation: Conversation) -> None:
    pages = [operator.get(path).content.decode() for path in (INDEX, f"{FILES}.csv", f"{FILES}.json")]

    assert [SECRET in page for page in pages] == [False] * 3


def test_more_models_than_colours_are_told_together() -> None:
    series = charts.by_name([{name: size for size, name in enumerate("abcdefg", 1)}], most=5, others="others")

    assert [(each.name, each.values) for each in series] == [
        ("g", [7]), ("f", [6]), ("e", [5]), ("d", [4]), ("c", [3]), ("others", [3]),
    ]  # fmt: skip


def test_bars_stand_on_the_ground_and_reach_the_top() -> None:
    chart = charts.stacked("k", "t", "u", ["a", "b"], [charts.Series("x", [1, 2]), charts.Series("y", [3, 0])])

    assert chart.most == 4
    assert [(bar.y + bar.height, bar.y) for bar in chart.bars if bar.x == 0] == [(150, 114), (114, 6)]
