"""What providers gave and nobody could read, each with its reason."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.metrics.data_health import DataHealth

SHOWN = 50


def listed(site: Any, request: HttpRequest) -> HttpResponse:
    """The newest first; a run that can read one takes it off the list."""
    health = DataHealth(by=request.member)
    page = health.quarantined(SHOWN, request.GET.get("cursor"))
    rows = [row | {"repository": _name(health, row["repo_id"])} for row in page.rows]
    return site.page(request, "quarantine", "Quarantine", rows=rows, next_cursor=page.next_cursor)


def _name(health: DataHealth, repo_id: str) -> str:
    """The id of one that is not stored any more."""
    row = health.repository(repo_id)
    return str(row["full_name"]) if row else repo_id
