"""The account host's pages on which a person founds an organisation and sees how far it is."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.errors import AppError, Unavailable
from apps.orgs import founding
from apps.orgs.services import READY_SECONDS, host_of, url_of
from apps.web.forms import FoundingForm


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    """Its name and its address; then on to its progress."""
    form = FoundingForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            founded = founding.found(**form.cleaned_data, by=request.user)
        except Unavailable:
            raise
        except AppError as error:
            form.refuse(error)
        else:
            return redirect("founded", founded.organization.pk)
    return render(request, "web/new_organization.html", {"form": form, "below": host_of("")})


@login_required
@never_cache
@require_safe
def founded(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """How far it is; while it is under way, the browser asks again by itself."""
    found = founding.of_person(organization_id, request.user)
    more = {"founded": found, "url": url_of(found.organization)}
    response = render(request, "web/founded.html", more)
    if found.is_under_way:
        response["Refresh"] = str(READY_SECONDS)
    return response


@login_required
@require_POST
def try_again(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    founding.try_again(organization_id, request.user)
    return redirect("founded", organization_id)
