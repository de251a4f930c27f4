"""What an organisation is connected to, as all its members see it; who may, connects more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.integrations import connecting, services
from apps.integrations.models import Integration
from apps.integrations.operations import INTEGRATIONS_CONNECT
from apps.orgs.members import Member
from apps.pipeline.operations import SOURCES_CHOOSE
from apps.pipeline.services import beginning, lists
from apps.web.entering import for_members
from apps.web.steps import step_of


@dataclass(frozen=True, slots=True)
class Row:
    """`synced_at`: of whatever was synced last (UTC). Null: nothing yet."""

    integration: Integration
    health: str
    advice: str
    synced_at: datetime | None


@require_safe
@for_members
def integrations(request: HttpRequest) -> HttpResponse:
    """Health, last sync, and how to connect."""
    by: Member = request.member
    rows = [
        Row(each, *services.health_of(each), each.synced_at)
        for each in lists.integrations_shown(by=by)
    ]
    return render(request, "web/integrations.html", {"rows": rows, **ways_in(by)})


def ways_in(by: Member) -> dict[str, Any]:
    """What both this page and the first one say of the next step."""
    return {
        "member": by,
        "may_connect": by.role in INTEGRATIONS_CONNECT.roles,
        "may_choose": by.role in SOURCES_CHOOSE.roles,
        "offered": connecting.offered(),
        "step": step_of(beginning.next_step(by=by)),
    }
