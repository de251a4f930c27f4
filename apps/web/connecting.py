"""Connecting a provider in a browser: a page that asks, the ways there and back, and what became.

acme.example.com/integrations/connect/github   a form; sent, on to the provider
example.com/oauth/callback                     the provider's redirect, on to the organisation
acme.example.com/oauth/callback                the browser that began: connected
"""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.errors import BadRequest, Forbidden
from apps.inbound import oauth_states
from apps.integrations import connecting, services
from apps.integrations.models import Provider
from apps.orgs.services import url_of
from apps.pipeline.operations import SOURCES_CHOOSE
from apps.web.entering import for_members

TOLD = ("state", "code", "error", "installation_id")
LONGEST = 2_000  # characters of any field
NO_SESSION = "Your session here has ended meanwhile: log in, then begin again."


@require_http_methods(["GET", "POST"])
@for_members
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """A form; sent, it leads to the provider."""
    if provider not in Provider.values:
        raise Http404
    if request.method == "POST":
        return HttpResponseRedirect(connecting.begin(_wish(request, provider), by=request.member))
    label = Provider(provider).label
    return render(request, "web/connect.html", {"member": request.member, "label": label})


@never_cache
@require_GET
def relay(request: HttpRequest) -> HttpResponse:
    """On the account host: to the organisation whose state it is; it takes nothing."""
    told = {name: _field(request.GET.get(name, "")) for name in TOLD if name in request.GET}
    organization = oauth_states.organization_of(told.get("state", ""))
    return HttpResponseRedirect(f"{url_of(organization)}/oauth/callback?{urlencode(told)}")


@never_cache
@require_GET
def finish(request: HttpRequest) -> HttpResponse:
    """On the organisation's host, in the browser that began."""
    if request.member is None:
        raise Forbidden(NO_SESSION, code="no_session")
    back = connecting.Back(**{name: _field(request.GET.get(name, "")) for name in TOLD})
    done = connecting.finish(back, by=request.member)
    if isinstance(done, connecting.Choice):
        return render(request, "web/choose_site.html", {"member": request.member, "choice": done})
    return redirect(f"/integrations/{done.pk}")


@never_cache
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """One of several sites."""
    if request.member is None:
        raise Forbidden(NO_SESSION, code="no_session")
    state, cloud_id = (_field(request.POST.get(name, "")) for name in ("state", "cloud_id"))
    made = connecting.choose(state, cloud_id, by=request.member)
    return redirect(f"/integrations/{made.pk}")


@require_safe
@for_members
def integration(request: HttpRequest, integration_id: UUID) -> HttpResponse:
    """How a connection is."""
    found = services.integration_of(integration_id, by=request.member)
    health, reason = services.health_of(found)
    told = {"member": request.member, "integration": found, "health": health, "reason": reason}
    told["may_choose"] = request.member.role in SOURCES_CHOOSE.roles
    return render(request, "web/integration.html", told)


def _wish(request: HttpRequest, provider: str) -> connecting.Wish:
    names = ("name", "url", "client_id", "client_secret")
    told = {name: _field(request.POST.get(name, "")) for name in names}
    if len(told["name"]) > 200 or len(told["url"]) > 300:
        raise BadRequest("A name has 200 characters at most, an address 300.")
    return connecting.Wish(
        provider=provider,
        integration_id=_id(request.POST.get("integration", "")),
        **told,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadRequest("`integration` is an id.") from error


def _field(text: str) -> str:
    if len(text) > LONGEST or "\0" in text:
        raise BadRequest("A field is too long, or holds what no text does.")
    return text
