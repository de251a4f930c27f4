"""Whose request it is: settled once, before any view, and forgotten after it.

    acme.example.com       the host names the organisation; a token must be of the same one
    localhost, 127.0.0.1   a bare host: the token names it; without a token there is none
    any other host         404

A browser's cookie stands for a person on the host that gave it only, and on its pages only:
what programs ask (`TOKEN_PATHS`) takes tokens and nothing else.

Threads keep the tenant that was set last, so that every request begins and ends on the public
schema, whatever happens in between. `with tenant:` is forbidden: its stack is shared by threads.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

from apps.errors import AppError, NotFound, Unauthorized, from_exception, problem
from apps.orgs.browsers import empty_on_account_host, member_of
from apps.orgs.members import Member, require_claim
from apps.orgs.models import Organization
from apps.orgs.services import authenticate, find_organization, require_ready
from apps.orgs.suspension import require_open
from apps.orgs.visiting import visitor_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class TenancyMiddleware:
    """Sets `request.member` (None: no token was sent) and `request.tenant` (None: public)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        connection.set_schema_to_public()
        try:
            enter(request)
            return self.get_response(request)
        except (AppError, OperationalError, InterfaceError) as error:
            return problem(request, from_exception(error) or AppError())
        finally:
            connection.set_schema_to_public()


def enter(request: HttpRequest) -> None:
    """Bind the request and this thread's connection to the organisation that they are of."""
    request.member = request.tenant = None
    request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
    if request.path in settings.HOSTLESS_PATHS:
        return
    tenant = request.tenant = tenant_of_host(request)
    request.urlconf = settings.ROOT_URLCONF if tenant else settings.PUBLIC_SCHEMA_URLCONF
    request.member = member_of_token(request, tenant)
    if request.member is None and tenant is not None:
        request.member = visitor_of(request, tenant)
    request.tenant = tenant or (request.member and request.member.organization)
    if tenant is None and is_page(request):
        empty_on_account_host(request)
    if request.tenant is not None:
        require_claim(request.tenant, request.headers.get("X-Org-Id"))
        require_ready(request.tenant)
        if request.member is None and tenant and is_page(request):
            request.member = member_of(request)
        if request.member is not None:  # a stranger is told no more than to come with a token
            require_open(request.tenant)
        connection.set_tenant(request.tenant)


def tenant_of_host(request: HttpRequest) -> Organization | None:
    """The organisation that the host names; None on a bare host. Raises `NotFound`."""
    try:
        host = split_domain_port(request.get_host())[0]
    except DisallowedHost as error:
        raise NotFound("No organisation lives at this host.", code="unknown_host") from error
    return None if host in settings.BARE_HOSTS else find_organization(host)


def member_of_token(request: HttpRequest, tenant: Organization | None) -> Member | None:
    """Who the bearer token acts for; None without one. Raises `Unauthorized`."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    member = authenticate(text.strip())
    if tenant is not None and member.organization != tenant:
        raise Unauthorized("This token is of another organisation.")
    return member


def is_page(request: HttpRequest) -> bool:
    """Whether people look at it, with browsers."""
    return not request.path.startswith(settings.TOKEN_PATHS)


def require_bare_host(request: HttpRequest) -> None:
    """For what belongs to a person and to no organisation. Raises `NotFound` on another host."""
    if request.urlconf != settings.PUBLIC_SCHEMA_URLCONF:
        raise NotFound("Accounts are asked for on the bare host.", code="not_on_this_host")


def require_member(request: HttpRequest) -> Member:
    """Who asks, for what nobody may ask without a token. Raises `Unauthorized`."""
    member: Member | None = request.member
    if member is None:
        raise Unauthorized
    return member
