"""The outermost layer: a name for every request, one shape for every failure."""

import json
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from apps.errors import PROBLEM, AppError, from_exception, problem
from apps.orgs.tenancy import is_page
from apps.trace import traced

log = logging.getLogger("devhealth.request")

GetResponse = Callable[[HttpRequest], HttpResponseBase]

WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
WITHOUT_BODY = (204, 304)  # RFC 9110: they have no Content-Length
TOLD_ANYWAY = ("Allow", "Retry-After", "WWW-Authenticate", "RateLimit-Policy", "RateLimit")
OURS = ("application/problem+json", "application/json")


class RequestMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = request_id(request)
        with traced(request_id=request.request_id):
            response = readable(request, one_shape(request, self.get_response(request)))
        response["X-Request-Id"] = request.request_id
        if not response.streaming and response.status_code not in WITHOUT_BODY:
            response["Content-Length"] = str(len(response.content))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        return answer(request, error)


def request_id(request: HttpRequest) -> str:
    """The client's own id if it is well-formed, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if WELL_FORMED.fullmatch(given) else uuid4().hex


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The problem document of any exception; one that nobody foresaw is logged and hidden."""
    known = from_exception(error)
    if known is None:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(request, known or AppError())


def one_shape(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's and ninja's own error pages (405, DEBUG's 404 …) as problem documents."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith(OURS):
        return response
    same = problem(request, by_status(response.status_code))
    for name in TOLD_ANYWAY:
        if response.has_header(name):
            same[name] = response[name]
    return same


def readable(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A problem document as a page, for people who look at pages with a browser."""
    if response.get("Content-Type") != PROBLEM or not is_page(request):
        return response
    if "text/html" not in request.headers.get("Accept", ""):
        return response
    found = json.loads(response.content)
    page = render(request, "web/problem.html", {"problem": found}, status=response.status_code)
    for name, value in response.items():
        page.setdefault(name, value)
    return page


def by_status(status: int) -> AppError:
    """The error of a status, for answers that were made without one."""
    children = {child.status: child for child in AppError.__subclasses__()}
    if status in children:
        return children[status]()
    phrase = HTTPStatus(status).phrase
    error = AppError(f"{phrase}.", code=phrase.lower().replace(" ", "_"))
    error.status = status
    return error


# --- the handlers that both URL configurations name --------------------------------------------


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, by_status(400))


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, by_status(403))


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, by_status(404))


def handler500(request: HttpRequest) -> HttpResponse:
    return problem(request, by_status(500))
