"""The site in numbers, on the first page of Django admin and as files: for whoever may see that conversations exist."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from conversations import spreadsheet
from conversations.admin import charts
from conversations.admin.reading import may_see
from conversations.models import Review
from conversations.models.day import ENDS, Day, days
from conversations.models.review import State

PERIODS = (7, 30, 90)  # days
USUAL = 30
MODELS = 5  # that have a colour of their own


def shown(request: HttpRequest) -> dict[str, Any]:
    """What stands on the first page of Django admin; nothing for who may not see it."""
    if not may_see(request):
        return {}
    period = period_of(request)
    counts = Review.objects.counts()
    queue = [(state, State(state).label, counts[state]) for state in State.values]
    return {"charts": charts_of(days(period)), "period": period, "periods": PERIODS, "queue": queue}


def period_of(request: HttpRequest) -> int:
    """The days that `?days=` asks for; the usual ones where it is none of the PERIODS."""
    asked = request.GET.get("days", "")
    return next((period for period in PERIODS if str(period) == asked), USUAL)


def charts_of(counted: list[Day]) -> list[charts.Chart]:
    dates = [day.date for day in counted]
    ends = [charts.Series(str(status.label), [day.ends[str(status)] for day in counted]) for status in ENDS]
    tokens = charts.by_name([day.tokens for day in counted], most=MODELS, others=_("other models"))
    first = [
        charts.Series(_("median"), [day.median_ms for day in counted]),
        charts.Series(_("95 of 100 within"), [day.p95_ms for day in counted]),
    ]
    people = [charts.Series(_("people"), [day.people for day in counted])]
    return [
        charts.stacked("people", _("People who wrote"), _("people"), dates, people),
        charts.stacked("answers", _("Answers by their end"), _("answers"), dates, ends),
        charts.stacked("tokens", _("Tokens by model"), _("tokens"), dates, tokens),
        charts.beside("first-delta", _("Time to the first word"), _("ms"), dates, first),
    ]


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """What the first page shows, a number in each line."""
    reply = HttpResponse(spreadsheet.written(_rows(_figures(request))), content_type="text/csv; charset=utf-8")
    reply.headers["Content-Disposition"] = 'attachment; filename="chatsite-figures.csv"'
    return reply


@require_safe
def as_json(request: HttpRequest) -> JsonResponse:
    figures = [
        {"chart": chart.key, "unit": chart.unit, "dates": chart.dates, "series": _series(chart)}
        for chart in _figures(request)
    ]
    reply = JsonResponse({"figures": figures}, json_dumps_params={"indent": 1})
    reply.headers["Content-Disposition"] = 'attachment; filename="chatsite-figures.json"'
    return reply


def _figures(request: HttpRequest) -> list[charts.Chart]:
    if not may_see(request):
        raise PermissionDenied
    return charts_of(days(period_of(request)))


def _series(chart: charts.Chart) -> list[dict[str, Any]]:
    return [{"name": each.name, "values": list(each.values)} for each in chart.series]


def _rows(figures: list[charts.Chart]) -> Iterator[list[object]]:
    yield ["chart", "date", "series", "value"]
    for chart in figures:
        for date, values in chart.rows:
            for each, value in zip(chart.series, values, strict=True):
                yield [chart.key, date, each.name, "" if value is None else value]
