"""An organisation's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.integrations.operations import INTEGRATIONS_CONNECT
from apps.web.entering import for_members


@require_safe
@for_members
def home(request: HttpRequest) -> HttpResponse:
    """Where one is, as whom, and where things are."""
    may_connect = request.member.role in INTEGRATIONS_CONNECT.roles
    told = {"member": request.member, "may_connect": may_connect}
    return render(request, "web/home.html", told)
