"""What a request can end in, and the one shape it is told in: RFC 9457 problem documents.

AppError                  .status  .code (stable)  .detail (what to do)  .errors (JSON pointers)
│                         .members (what else a program may want to know)
├── BadRequest      400   a parameter, a cursor or a document is wrong
├── Unauthorized    401   no token, or none that opens this organisation
├── PaymentRequired 402   the tier does not include this
├── Forbidden       403   the token or the role may not do this
├── NotFound        404   nothing here, or nothing of yours
├── Conflict        409   it exists already
├── PreconditionFailed 412  it has been changed since it was read
├── TooLarge        413   more than the limit that the text names
├── Unprocessable   422   well-formed, but it cannot be done as things stand
├── PreconditionRequired 428  say which state you have read
├── TooManyRequests 429   asked too often: again after `retry_after` seconds
└── Unavailable     503   try again after `retry_after` seconds
"""

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from devhealth.errors import Permanent, TooSlow, Transient, Unusable

PROBLEM = "application/problem+json"


class AppError(Exception):
    """An answer that is no result. The detail is a sentence for the person who asked."""

    status = 500
    code = "internal_error"
    detail = "Something failed here. Quote the request id when you ask about it."

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        members: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.detail
        self.code = code or self.code
        self.errors = [dict(error) for error in errors]
        self.members = dict(members or {})
        self.headers = dict(headers or {})
        super().__init__(self.detail)

    @property
    def extensions(self) -> dict[str, Any]:
        """What graphql-core adds to an error whose cause this is."""
        errors = {"errors": self.errors} if self.errors else {}
        return self.members | errors | {"code": self.code}


class BadRequest(AppError):
    status, code = 400, "bad_request"
    detail = "The request cannot be read."


class Unauthorized(AppError):
    status, code = 401, "unauthorized"
    detail = "Send an API token of this organisation: `Authorization: Bearer dh_…`."

    def __init__(self, detail: str = "", **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("WWW-Authenticate", 'Bearer realm="devhealth"')


class PaymentRequired(AppError):
    status, code = 402, "payment_required"
    detail = "The organisation's tier does not include this."


class Forbidden(AppError):
    status, code = 403, "forbidden"
    detail = "You may not do this."


class NotFound(AppError):
    status, code = 404, "not_found"
    detail = "There is nothing here."


class Conflict(AppError):
    status, code = 409, "conflict"
    detail = "It exists already."


class PreconditionFailed(AppError):
    status, code = 412, "precondition_failed"
    detail = "It has been changed since you read it: read it again, then decide."


class TooLarge(AppError):
    status, code = 413, "too_large"
    detail = "The request is too large."


class Unprocessable(AppError):
    status, code = 422, "unprocessable"
    detail = "This cannot be done as things stand."


class PreconditionRequired(AppError):
    status, code = 428, "precondition_required"
    detail = "Read it first, and send its `ETag` as `If-Match`; `*` overwrites whatever is there."


class TooManyRequests(AppError):
    status, code = 429, "too_many_requests"
    detail = "That was too often. Try again later."

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("Retry-After", str(math.ceil(retry_after or 5)))


class Unavailable(AppError):
    status, code = 503, "unavailable"
    detail = "This cannot be answered right now. Try again later."

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("Retry-After", str(math.ceil(retry_after or 5)))


DJANGO: Mapping[type[Exception], type[AppError]] = {
    OperationalError: Unavailable,
    InterfaceError: Unavailable,
    Http404: NotFound,
    PermissionDenied: Forbidden,
    RequestDataTooBig: TooLarge,
    SuspiciousOperation: BadRequest,
    DjangoBadRequest: BadRequest,
}


def from_exception(error: BaseException | None) -> AppError | None:
    """The answer to a known exception; None for what nobody foresaw."""
    match error:
        case AppError():
            return error
        case Transient():
            return Unavailable(retry_after=error.retry_after)
        case TooSlow():  # no 503: clients would ask again, and it would take as long again
            return Unprocessable(str(error), code="too_slow")
        case Permanent() if not isinstance(error, Unusable):
            return Unprocessable(str(error))
    return next((child() for kind, child in DJANGO.items() if isinstance(error, kind)), None)


def problem(request: HttpRequest, error: AppError) -> HttpResponse:
    """The problem document of an error. Its own members stand beside ours and hide none."""
    body = error.members | {
        "type": f"urn:devhealth:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "errors": error.errors,
        "request_id": getattr(request, "request_id", None),
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=error.status,
        content_type=PROBLEM,
        headers=error.headers,
    )
