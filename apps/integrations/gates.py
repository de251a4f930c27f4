"""The rate gate that all processes share: its state lies in Redis, one script call an operation.

Nothing of it is worth keeping: what is lost is learnt again, with one request on its way at first.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from devhealth.errors import Transient
from devhealth.http import Policy, Taught, Ticket, Wait

PATIENCE = 2.0  # seconds for Redis
AGAIN = 15.0

_SCRIPT = Path(__file__).with_name("gates.lua").read_text()


@dataclass(slots=True)
class RedisGate:
    """`devhealth.http.Gate`. Without Redis nothing is sent: Transient."""

    credential: str
    """Names it, and is no secret: the same in all processes that use it, and nobody else's."""
    redis: Redis = field(repr=False)
    policy: Policy = field(default_factory=Policy)
    now: Callable[[], float] | None = None
    """Null: the clock of Redis, the same for all."""
    _script: AsyncScript = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._script = self.redis.register_script(_SCRIPT)

    async def enter(self, resource: str, cost: int) -> Ticket | Wait:
        ticket, policy = Ticket(id=uuid4().hex, resource=resource), self.policy
        most = "" if policy.per_minute is None else policy.per_minute
        lease = int(policy.lease * 1000)
        is_in, wait, is_busy = await self._call(
            "enter", ticket.id, resource, cost, policy.concurrency, most, lease
        )
        return ticket if is_in else Wait(seconds=wait / 1000, is_busy=bool(is_busy))

    async def leave(self, ticket: Ticket, taught: Taught) -> None:
        told = {name: value for name, value in asdict(taught).items() if value is not None}
        await self._call("leave", ticket.id, json.dumps(told))

    async def _call(self, operation: str, *values: str | int) -> list[int]:
        now = "" if self.now is None else int(self.now() * 1000)
        try:
            told: list[int] = await self._script(
                keys=[f"gate:{self.credential}"], args=[operation, now, *values]
            )
        except RedisError as error:
            raise Transient(
                "Redis cannot be reached, and without it nobody knows a provider's limits.",
                retry_after=AGAIN,
            ) from error
        return told


@asynccontextmanager
async def shared_gate(
    url: str, credential: str, policy: Policy | None = None
) -> AsyncIterator[RedisGate]:
    """Within one event loop: `asyncio.run` of every unit of work opens its own."""
    redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        yield RedisGate(credential, redis, policy or Policy())
    finally:
        await redis.aclose()
