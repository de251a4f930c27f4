"""GraphQL's answers about metrics, kept in Redis until there are other numbers.

A key has the organisation, who asks with which rights, the document with its variables, the hour
(what is told of "now" is told anew) and the data's version: a compute, or a change of the
Directory, makes all that was kept one of the past. Redis forgets it in any case after
`settings.ANSWERS_SECONDS`, for the store may have been written by others. Only whole answers are
kept: none with an error, and none that something was left out of for a reason that passes. Without
Redis everything is asked anew.
"""

import hashlib
import json
import logging
import zlib
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, get_operation_ast, parse
from redis import Redis, RedisError
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from apps.metrics import data_version
from apps.orgs.services import Member
from config.limits import KEPT, MOST_BYTES, MOST_TOKENS

log = logging.getLogger("devhealth.graphql")

LARGEST: Final = 256 * 1024  # bytes, compressed
PATIENCE: Final = 0.2  # seconds; asking anew takes not much longer
ROOTS: Final = frozenset(
    ("analytics", "catalog", "dora", "flow", "forecast", "home", "investment", "reviewEdges")
)
"""What only a compute, the Directory or the clock changes, beside all daily rows."""


def key_of(asked: GraphQLRequestData, member: Member) -> str | None:
    """Null: answers to this are not kept."""
    if (
        not settings.ANSWERS_SECONDS
        or not asked.query
        or not is_kept(asked.query, asked.operation_name)
    ):
        return None
    rights = sorted(member.token.scopes) if member.token else None
    told = [
        *data_version.current(),
        f"{datetime.now(UTC):%Y-%m-%dT%H}",
        str(member.user.pk),
        member.role,
        rights,
        asked.query,
        asked.operation_name,
        asked.variables,
    ]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return f"{_of(member.organization.id)}:{digest}"


def _of(organization_id: UUID) -> str:
    """Redis is told no organisation."""
    return f"answer:{hashlib.sha256(organization_id.bytes).hexdigest()}"


def forget(organization_id: UUID) -> None:
    """All that is kept of an organisation, which is deleted."""
    redis = _redis(settings.REDIS_URL)
    for key in redis.scan_iter(f"{_of(organization_id)}:*", count=1000):
        redis.delete(key)


@lru_cache(maxsize=KEPT)
def is_kept(query: str, operation_name: str | None) -> bool:
    """Whether all that the operation asks for is among `ROOTS`, straight below it."""
    if len(query) > MOST_BYTES:
        return False
    try:
        operation = get_operation_ast(parse(query, max_tokens=MOST_TOKENS), operation_name)
    except GraphQLError:
        return False
    return operation is not None and _asks_for_metrics(operation)


def _asks_for_metrics(operation: OperationDefinitionNode) -> bool:
    names = [
        each.name.value if isinstance(each, FieldNode) else ""
        for each in operation.selection_set.selections
    ]
    return all(
        name in ROOTS or name.endswith("MetricsDaily") or name == "__typename" for name in names
    )


def find(key: str) -> ExecutionResult | None:
    """The answer as it was given; its `extensions` say its price."""
    try:
        kept: Any = _redis(settings.REDIS_URL).get(key)
    except RedisError as error:
        log.warning("Answers cannot be looked up; they are asked anew. %s", error)
        return None
    if kept is None:
        return None
    data, extensions = json.loads(zlib.decompress(kept))
    return ExecutionResult(data=data, errors=None, extensions=extensions)


def keep(key: str, result: ExecutionResult, encoded: Any) -> None:
    """`encoded`: JSON of its data and extensions, as a client is told them."""
    packed = zlib.compress(encoded, level=1)
    if result.errors or result.data is None or len(packed) > LARGEST:
        return
    try:
        _redis(settings.REDIS_URL).set(key, packed, ex=settings.ANSWERS_SECONDS)
    except RedisError as error:
        log.warning("An answer cannot be kept. %s", error)


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
