"""Clients of one credential against a provider, event by event, in no time at all."""

import heapq
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from random import Random

import httpx

from devhealth.http import quota
from devhealth.http.limits import read_limits
from devhealth.http.quota import Policy, State, Taught
from tests.provider.peer import Quota

START = 1_780_000_000_000


@dataclass
class Simulation:
    """`skew`: seconds by which the provider's clock differs from ours."""

    limits: Quota | None
    policy: Policy
    random: Random
    clients: int = 12
    latency: tuple[float, float] = (0.1, 0.5)
    skew: float = 0.0
    lost: float = 0.0
    """Which share of the requests has no answer, and no `leave` either: the process died."""
    costs: tuple[int, ...] = (1,)
    now: int = START
    served: list[int] = field(default_factory=list)
    """When, by our clock."""
    cost: int = 0
    violations: int = 0
    blind: int = 0
    """How many died while nothing was known of the quota: what they spent nobody can know."""

    def run(self, seconds: float) -> None:
        self._order, self._events, self._state = count(), [], State()
        self._end = START + int(seconds * 1000)
        for number in range(self.clients):
            self._later(self.random.random(), self._enter, f"{number}")
        while self._events and self._events[0][0] < self._end:
            self.now, _, act, *rest = heapq.heappop(self._events)
            act(*rest)

    def _later(self, seconds, act, *rest):
        at = self.now + max(1, int(seconds * 1000))
        heapq.heappush(self._events, (at, next(self._order), act, *rest))

    def _enter(self, client, turns=0):
        id, cost = f"{client}-{next(self._order)}", self.random.choice(self.costs)
        told = quota.enter(self._state, self.policy, self.now, id, "core", cost)
        if not told.is_in:
            wait = min(1.0, 1.5**turns / 20) if told.is_busy else told.wait / 1000
            wait += self.random.random() / 20
            return self._later(wait, self._enter, client, turns + 1)
        self._later(self._way(), self._serve, client, id, cost)

    def _serve(self, client, id, cost):
        self.served.append(self.now)
        self.cost += cost
        headers = self._headers(cost)
        if self.random.random() < self.lost:
            self.blind += "core" not in self._state.windows
            return self._later(self.policy.lease, self._enter, client)
        self._later(self._way(), self._leave, client, id, headers)

    def _headers(self, cost):
        theirs = self.now / 1000 + self.skew
        if self.limits is None:
            return httpx.Headers({"Date": formatdate(theirs, usegmt=True)})
        self.violations += not self.limits.take(theirs, cost)
        return httpx.Headers(
            {
                "Date": formatdate(theirs, usegmt=True),
                "X-RateLimit-Limit": str(self.limits.most),
                "X-RateLimit-Remaining": str(self.limits.remaining),
                "X-RateLimit-Reset": str(int(self.limits.reset)),
            }
        )

    def _leave(self, client, id, headers):
        read = read_limits(headers, self.now / 1000, 0.0)
        taught = Taught(
            is_answered=True,
            limit=read.limit,
            remaining=read.remaining,
            reset_in=read.reset_in,
            window=read.window,
        )
        quota.leave(self._state, self.now, id, taught)
        self._later(0.001, self._enter, client)

    def _way(self):
        return self.random.uniform(*self.latency) / 2
