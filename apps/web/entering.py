"""`/enter` and `/leave`: from the account host to an organisation's host and out again."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.errors import BadRequest
from apps.orgs import acting, browsers, tickets

NONCE_SECONDS = 600
STATE_LENGTH = 64

View = Callable[..., HttpResponse]


def for_members(view: View) -> View:
    """A page on an organisation's host. Who has no session there fetches one and comes back."""

    @wraps(view)
    @never_cache
    def entered(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        if request.member is None:
            return fetch_ticket(request)
        return view(request, *args, **more)

    return entered


def fetch_ticket(request: HttpRequest, to: str = "", intent: str = "") -> HttpResponse:
    """On to the account host; the nonce stays in a cookie of this browser.

    One that is there is used again: of two tabs that come in at once both are let in.

    to      where to come back to; '': here
    intent  staff's, to act as a member
    """
    nonce = request.COOKIES.get(settings.NONCE_COOKIE) or tickets.new_nonce()
    to = to or (request.get_full_path() if request.method == "GET" else "/")
    response = redirect(tickets.where_to_get_one(request.tenant, nonce, to, intent))
    response.set_cookie(
        settings.NONCE_COOKIE,
        nonce,
        max_age=NONCE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@login_required
@never_cache
@require_GET
def give_ticket(request: HttpRequest) -> HttpResponse:
    """On the account host: a member is sent back with a ticket, staff with one to act as a member.

    The intent counts in the login that made it only (`acting`).
    """
    state = request.GET.get("state", "")
    if len(state) != STATE_LENGTH:
        raise BadRequest("Open the organisation's own address: this link is cut off.")
    asked = (request.user, request.GET.get("organization", ""), state)
    login = browsers.login_of(request)
    if intent := request.GET.get("as"):
        organization, ticket = acting.issue(intent, *asked, opened_by=login)
    else:
        organization, ticket = tickets.issue_for_member(*asked, opened_by=login)
    return HttpResponseRedirect(tickets.where_to_use(organization, ticket, inside(request)))


@never_cache
@require_GET
def use_ticket(request: HttpRequest) -> HttpResponse:
    """On the organisation's host: the ticket opens a session. An intent gets its ticket first."""
    if intent := request.GET.get("as"):
        return fetch_ticket(request, inside(request), intent)
    nonce = request.COOKIES.get(settings.NONCE_COOKIE, "")
    ticket = tickets.take(request.GET.get("ticket", ""), request.tenant, nonce)
    browsers.open_session(
        request,
        request.tenant,
        UUID(ticket.user_id),
        opened_by=ticket.opened_by,
        proof=ticket.proof,
        staff_id=UUID(ticket.staff_id) if ticket.staff_id else None,
        reason=ticket.reason,
    )
    response = HttpResponseRedirect(inside(request))
    response.delete_cookie(settings.NONCE_COOKIE)
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Out of the organisation; the login on the account host stays, and can end there."""
    browsers.close_session(request)
    return redirect(settings.ACCOUNT_URL)


def inside(request: HttpRequest) -> str:
    """`next`, if it is a path of this same host; else the first page."""
    to = request.GET.get("next", "")
    is_path = to.startswith("/") and url_has_allowed_host_and_scheme(to, allowed_hosts=None)
    return to if is_path else "/"
