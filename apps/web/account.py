"""The account host's pages that belong to a person and to no organisation."""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.orgs import browsers, invitations, sessions, tickets, verified
from apps.orgs.models import Membership, User
from apps.orgs.services import url_of


@login_required
@never_cache
@require_safe
def organizations(request: HttpRequest) -> HttpResponse:
    """One's organisations, each with its address, and those that one is invited to."""
    memberships = Membership.objects.select_related("organization").filter(user=request.user)
    rows = [
        {"organization": each.organization, "role": each.role, "url": url_of(each.organization)}
        for each in memberships.order_by("organization__name", "id")
    ]
    told = {"organizations": rows, "offered": invitations.offered_to(request.user)}
    return render(request, "web/organizations.html", told)


@receiver(user_logged_out, dispatch_uid="web.leave_all")
def leave_all(request: HttpRequest, **_: Any) -> None:
    """Who logs out here is out of every organisation that was entered from here."""
    login = browsers.login_of(request)
    tickets.void(login)
    browsers.close_all_opened_by(login)


@receiver((password_changed, password_reset, password_set), dispatch_uid="web.end_sessions")
def end_sessions(user: User, **_: Any) -> None:
    """Another password, and whoever had the old one is out."""
    sessions.end_all_of(user)


@receiver(password_reset, dispatch_uid="web.forget_strangers")
def forget_strangers(user: User, **_: Any) -> None:
    """Whoever opened the link has the address. If nobody had confirmed it before, what logs in
    without the password was connected by somebody who may be another person."""
    if user.email not in verified.addresses_of(user):
        SocialAccount.objects.filter(user=user).delete()
