"""The account host's pages on which a person takes up an invitation."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.errors import AppError, Unavailable
from apps.orgs import invitations
from apps.orgs.services import url_of
from apps.web.forms import InvitationForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept_by_link(request: HttpRequest) -> HttpResponse:
    """Where the link of the e-mail leads. Its secret comes behind `#`: a script keeps it in the
    browser until somebody is logged in, and puts it into the form."""
    if not request.user.is_authenticated:
        return render(request, "web/invited.html", {"login": settings.LOGIN_URL})
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            membership = invitations.accept_by_link(form.cleaned_data["secret"], request.user)
        except Unavailable:
            raise
        except AppError as error:
            form.refuse(error)
        else:
            return redirect(url_of(membership.organization))
    return render(request, "web/invited.html", {"form": form})


@login_required
@require_POST
def accept(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """One that is listed on the first page."""
    membership = invitations.accept_as(request.user, invitation_id)
    return redirect(url_of(membership.organization))
