"""`Idempotency-Key`: a POST that is sent twice does its work once and is answered the same twice.

The answer's row commits with what the request made. The same key with another body is 422, with a
request that is still under way 409; an answer is kept for 24 hours. A key is the token's that sent
it: nobody is given an answer for which he might not have asked himself.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.errors import BadRequest, Conflict, Unprocessable
from apps.queue.models import Answer

KEPT = timedelta(hours=24)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, a body that JSON can hold, and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def once(
    request: HttpRequest, organization_id: UUID, asker: UUID, act: Callable[[], Reply]
) -> Reply:
    """What `act` replies, done at most once for the asker's key. Without a key it is just done.

    Raises `BadRequest` for a key that is none, `Conflict`, `Unprocessable`.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return act()
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise BadRequest(
            f"An Idempotency-Key is 1 to {LONGEST} printable characters.",
            code="invalid_idempotency_key",
        )
    key = hashlib.sha256(f"{asker} {key}".encode()).hexdigest()
    with transaction.atomic():
        _require_alone(organization_id, key)
        kept = Answer.objects.filter(
            organization_id=organization_id, key=key, created_at__gt=Now() - KEPT
        ).first()
        return _again(kept, request) if kept else _first(request, organization_id, key, act)


def _require_alone(organization_id: UUID, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"idempotency {organization_id} {key}"],
        )
        (is_alone,) = cursor.fetchone()
    if not is_alone:
        raise Conflict(
            "A request with this Idempotency-Key is under way; ask again in a moment.",
            code="idempotency_in_flight",
        )


def _again(kept: Answer, request: HttpRequest) -> Reply:
    if kept.digest != digest(request):
        raise Unprocessable(
            "This Idempotency-Key was used for another request; take a new one.",
            code="idempotency_key_reused",
        )
    return Reply(kept.status, kept.body, {**kept.headers, "Idempotent-Replayed": "true"})


def _first(
    request: HttpRequest, organization_id: UUID, key: str, act: Callable[[], Reply]
) -> Reply:
    reply = act()
    Answer.objects.filter(organization_id=organization_id, key=key).delete()  # older than KEPT
    Answer.objects.create(
        organization_id=organization_id,
        key=key,
        digest=digest(request),
        status=reply.status,
        body=reply.body,
        headers=dict(reply.headers),
    )
    return reply


def digest(request: HttpRequest) -> str:
    asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(asked).hexdigest()
