"""Cross-origin requests, by the list of the organisation whose host is asked.

What is not listed is told nothing: no header, so that the browser keeps the answer from the page.
A preflight brings no token, so that the host alone says whose it is: on a bare host none is good.
"""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from apps.errors import AppError, from_exception, problem
from apps.orgs.models import Organization
from apps.orgs.tenancy import tenant_of_host

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MAX_AGE = "600"  # seconds that a browser asks no second time; a list may change
ASKED: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Org-Id, "
        "X-Request-Id, traceparent"
    ),
    "Access-Control-Max-Age": MAX_AGE,
}
TOLD: Mapping[str, str] = {
    "Access-Control-Expose-Headers": (
        "ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
        "X-Request-Id"
    )
}


class CorsMiddleware:
    """Before the tenancy: a preflight is answered without a token, and a refusal is readable."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.CORS_PATHS):
            return self.get_response(request)
        response = preflight(request) if is_preflight(request) else self.get_response(request)
        tenant = getattr(request, "tenant", None)
        patch_vary_headers(response, ["Origin"])
        if tenant is not None and is_listed(request, tenant):
            more = ASKED if is_preflight(request) else TOLD
            response["Access-Control-Allow-Origin"] = origin_of(request)
            for name, value in more.items():
                response[name] = value
        return response


def is_preflight(request: HttpRequest) -> bool:
    return (
        request.method == "OPTIONS"
        and bool(origin_of(request))
        and "Access-Control-Request-Method" in request.headers
    )


def preflight(request: HttpRequest) -> HttpResponse:
    """Nothing in any case; `request.tenant` is set where the host is an organisation's."""
    connection.set_schema_to_public()
    try:
        request.tenant = tenant_of_host(request)
    except (AppError, OperationalError, InterfaceError) as error:
        return problem(request, from_exception(error) or AppError())
    return HttpResponse(status=204)


def is_listed(request: HttpRequest, tenant: Organization) -> bool:
    return origin_of(request) in tenant.allowed_origins


def origin_of(request: HttpRequest) -> str:
    origin: str = request.headers.get("Origin", "")
    return origin
