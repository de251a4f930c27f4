"""An organisation's first page: what GraphQL's `home` tells, as people read it."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.metrics.home import Asked, Home, home, last_days
from apps.web.entering import for_members
from apps.web.integrations import ways_in

SPANS = (7, 30, 90, 365)
DEFAULT = 30


@require_safe
@for_members
def overview(request: HttpRequest) -> HttpResponse:
    """The last `days`, one of `SPANS`; where there is nothing yet, what comes next."""
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, SPANS) else DEFAULT
    found = home(Asked(days=last_days(days)), by=request.member)
    computed_at, through = found.freshness
    told = {
        **ways_in(request.member),
        "days": days,
        "spans": SPANS,
        "home": found,
        "last_day": found.until - timedelta(days=1),
        "signals": found.signals(),
        "computed_at": computed_at,
        "computed_through": through,
        "is_behind": _is_behind(found, through),
    }
    return render(request, "web/overview.html", told)


def _is_behind(found: Home, through: date | None) -> bool:
    """Whether all figures lie before the window."""
    return through is not None and through < found.since
