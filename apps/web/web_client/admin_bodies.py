"""What the client's administration shares: offsets for our cursors, limits as it shows them."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Field

from apps.orgs import services
from apps.orgs.members import Member
from apps.web.web_client.bodies import Answer, Claim

ADMIN_TAG = "web client: admin"
MOST = 1000  # rows that an offset reaches; our own lists have cursors

Run = Callable[..., HttpResponse]
Row = TypeVar("Row")
ReadPage = Callable[..., Any]


class OffsetQuery(Claim):
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=MOST)


def limits_as_the_client_reads_them(run: Run) -> Run:
    """`detail` is an object where the tier has no room: the client shows it in a way of its own."""

    @wraps(run)
    def told(request: HttpRequest, **parameters: Any) -> HttpResponse:
        response = run(request, **parameters)
        if response.status_code == 402:
            body = json.loads(response.content)
            limit, asked = body.get("limit"), body.get("asked")
            body["detail"] = {
                "error": "limit_exceeded",
                "message": body["detail"],
                "limit": next(iter(limit), None) if isinstance(limit, dict) else None,
                "maximum": next(iter(limit.values()), None) if isinstance(limit, dict) else limit,
                "current": next(iter(asked.values()), None) if isinstance(asked, dict) else asked,
                "required_tier": body.get("allowed_by"),
                "current_tier": body.get("tier"),
            }
            response.content = json.dumps(body).encode()
        return response

    return told


def admin(request: HttpRequest, claim: Claim) -> Member:
    """Who asks; services say what they may. Raises `NotFound` for another organisation's claim."""
    by: Member = request.auth
    by.require_claim(claim.org_id)
    return by


def own(request: HttpRequest, organization_id: UUID) -> Member:
    """Who asks, for an address that names their organisation. Raises `NotFound` for another."""
    by: Member = request.auth
    services.require_own(organization_id, by=by)
    return by


def by_offset(read: ReadPage, asked: OffsetQuery) -> list[Any]:
    """Some rows of a list that goes on by cursors."""
    return list(islice(_rows(read), asked.offset, asked.offset + asked.limit))


def everything(read: ReadPage) -> list[Any]:
    """Up to `MOST` rows."""
    return list(islice(_rows(read), MOST))


def _rows(read: ReadPage) -> Iterator[Any]:
    page = read(limit=200, after=None)
    yield from page.rows
    while page.next_cursor:
        page = read(limit=200, after=page.next_cursor)
        yield from page.rows


def paged(rows: Sequence[Answer], total: int, asked: OffsetQuery) -> Answer:
    return {"items": rows, "total": total, "limit": asked.limit, "offset": asked.offset}
