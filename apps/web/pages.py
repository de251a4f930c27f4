"""An organisation's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.web.entering import for_members
from apps.web.integrations import ways_in


@require_safe
@for_members
def home(request: HttpRequest) -> HttpResponse:
    """Where one is, as whom, and where things are."""
    return render(request, "web/home.html", ways_in(request.member))
