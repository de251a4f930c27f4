"""Where requests are counted: when it is known who asks, and before anything is done for them."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.billing import rates
from apps.billing.rates import MINUTE, Policy
from apps.errors import AppError, Unavailable, problem
from apps.orgs.tenancy import is_page

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RatesMiddleware:
    """A member's request takes one from the minute. Pages do not count, nor does who is nobody yet.

    `request.standings` has what was counted for it; each is told in the answer's headers.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.standings = []
        if request.member is None or is_page(request):
            return self.get_response(request)
        try:
            refusal = charge(request, MINUTE, 1)
        except (OperationalError, InterfaceError):
            refusal = Unavailable()
        response = problem(request, refusal) if refusal else self.get_response(request)
        for name, value in rates.headers(request.standings).items():
            response[name] = value
        return response


def charge(request: HttpRequest, policy: Policy, cost: int) -> AppError | None:
    """Take it from the member's organisation, and note how that stands.

    The error to answer with, if so much is not left: then nothing was taken.
    """
    standing = rates.take(policy, request.member.organization.id, cost)
    if standing is None:
        return None
    request.standings.append(standing)
    return standing.refusal
