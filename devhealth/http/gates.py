"""The rate gate of a credential: everything that is sent with it passes through, in all processes.

A gate lets a request in or says how long to wait. Whoever is let in holds a place and a share of
the quota until `leave` tells what the answer taught. A process that dies holds them until its
lease ends. Gates of several processes share their state by a store (`apps/integrations/gates.py`);
`LocalGate` is for one process. Both do what `quota` says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from devhealth.http import quota
from devhealth.http.clock import SystemClock
from devhealth.http.quota import Policy, State, Taught


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Let in. It is given back by `leave`, whatever happened."""

    id: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Not yet."""

    seconds: float
    is_busy: bool
    """Others are on their way: a place or quota comes free when they are back, maybe sooner."""


class Gate(Protocol):
    """`resource` is a quota of its own, as `core` and `graphql` are at GitHub. Raises Transient."""

    async def enter(self, resource: str, cost: int) -> Ticket | Wait: ...

    async def leave(self, ticket: Ticket, taught: Taught) -> None: ...


@dataclass(slots=True)
class LocalGate:
    """Of one process, one event loop."""

    policy: Policy = field(default_factory=Policy)
    now: Callable[[], float] = SystemClock().now
    _state: State = field(default_factory=State, repr=False)

    async def enter(self, resource: str, cost: int) -> Ticket | Wait:
        ticket = Ticket(id=uuid4().hex, resource=resource)
        entered = quota.enter(self._state, self.policy, self._ms(), ticket.id, resource, cost)
        if entered.is_in:
            return ticket
        return Wait(seconds=entered.wait / 1000, is_busy=entered.is_busy)

    async def leave(self, ticket: Ticket, taught: Taught) -> None:
        quota.leave(self._state, self._ms(), ticket.id, taught)

    def _ms(self) -> int:
        return int(self.now() * 1000)
