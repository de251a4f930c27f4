"""What a credential may send and when, as a pure state machine. Instants are whole milliseconds.

    blocked      until an instant nobody sends: a secondary limit, `Retry-After`. Then one goes
                 first, and the others when it was answered.
    windows      the primary limit of each resource, as answers told it: how much remains until
                 when. What is on its way is reserved. While nothing is known only one is on its
                 way, so that processes together never send more than remains.
    minutes      how many were answered in which second, for a limit per minute. An answered second
                 is forgotten when the minute after it is over: the provider's clock saw it earlier.
    tickets      who is on his way; a lease ends those of processes that died, and charges them.

`apps/integrations/gates.lua` does the same in Redis; the same tests run on both.
"""

from collections import defaultdict
from dataclasses import dataclass, field

BUSY = 50
LONGEST_PENALTY = 3_600_000
FIRST_PENALTY = 60_000  # GitHub: "wait for at least one minute", then longer and longer
USUAL_WINDOW = 60.0
SAME_WINDOW = 2.0  # seconds; GitHub's machines differ by one about when a window ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What nobody's headers tell. GitHub allows 100 at once and 900 requests a minute."""

    concurrency: int = 10
    per_minute: int | None = None
    """Requests of all resources together. Null: no such limit."""
    lease: float = 120.0
    """Seconds; longer than any request takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What became of a request, and what its answer said of limits. Durations are seconds."""

    is_sent: bool = True
    """False: it never left, so nothing was spent."""
    is_answered: bool = False
    """A success. If such an answer names no limit, there is none."""
    is_free: bool = False
    """304."""
    is_limited: bool = False
    """Refused because of a limit."""
    wait: float | None = None
    """Of a refusal: how long nobody may send. Null: not told."""
    resource: str = ""
    """Whose quota the numbers are of; empty: of what the ticket is for."""
    limit: int | None = None
    remaining: int | None = None
    reset_in: float | None = None
    window: float | None = None
    """When the window ends in the provider's own words: tells one window from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    is_in: bool = False
    wait: int = 0
    is_busy: bool = False


@dataclass(slots=True, kw_only=True)
class Holder:
    resource: str
    cost: int
    entered_at: int
    expires_at: int


@dataclass(slots=True, kw_only=True)
class Window:
    """`remaining` null: the provider names no limit."""

    limit: int | None
    remaining: int | None
    reset_at: int
    named: float


@dataclass(slots=True, kw_only=True)
class State:
    blocked_until: int = 0
    is_probing: bool = False
    strikes: int = 0
    windows: dict[str, Window] = field(default_factory=dict)
    minutes: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    tickets: dict[str, Holder] = field(default_factory=dict)


def enter(state: State, policy: Policy, now: int, id: str, resource: str, cost: int) -> Entered:
    """Let the request in as `id`, or say how long to wait."""
    _expire(state, now)
    window = state.windows.get(resource)
    if window and window.limit is not None:
        cost = min(cost, window.limit)
    waits = (
        _wait_for_peace(state, policy, now)
        or _wait_for_minute(state, policy, now)
        or _wait_for_quota(state, window, now, resource, cost)
    )
    if waits:
        return waits
    expires_at = now + int(policy.lease * 1000)
    state.tickets[id] = Holder(resource=resource, cost=cost, entered_at=now, expires_at=expires_at)
    return Entered(is_in=True)


def leave(state: State, now: int, id: str, taught: Taught) -> None:
    """The request `id` is back, or given up."""
    _expire(state, now)
    holder = state.tickets.pop(id, None)
    if holder and taught.is_sent:
        state.minutes[now // 1000] += 1
    resource = holder.resource if holder else taught.resource
    if taught.remaining is not None:
        _learn(state, now, taught.resource or resource, taught)
    elif taught.is_answered and resource:
        state.windows.setdefault(resource, _boundless())
    if holder and taught.remaining is None and taught.is_sent and not taught.is_free:
        _charge(state, holder)
    if taught.is_limited:
        _block(state, now, taught.resource or resource, taught)
    elif taught.is_answered and holder and holder.entered_at >= state.blocked_until:
        state.is_probing, state.strikes = False, 0


def _expire(state: State, now: int) -> None:
    for resource in [name for name, each in state.windows.items() if each.reset_at <= now]:
        del state.windows[resource]
    for id in [id for id, each in state.tickets.items() if each.expires_at <= now]:
        _charge(state, state.tickets.pop(id))
        state.minutes[now // 1000] += 1
    for second in [each for each in state.minutes if (each + 61) * 1000 <= now]:
        del state.minutes[second]


def _charge(state: State, holder: Holder) -> None:
    window = state.windows.get(holder.resource)
    if window and window.remaining is not None:
        window.remaining = max(0, window.remaining - holder.cost)


def _wait_for_peace(state: State, policy: Policy, now: int) -> Entered | None:
    if state.blocked_until > now:
        return Entered(wait=state.blocked_until - now)
    most = 1 if state.is_probing else policy.concurrency
    return _busy() if len(state.tickets) >= most else None


def _wait_for_minute(state: State, policy: Policy, now: int) -> Entered | None:
    used = sum(state.minutes.values())
    if policy.per_minute is None or used + len(state.tickets) < policy.per_minute:
        return None
    if used < policy.per_minute:
        return _busy()
    return Entered(wait=(min(state.minutes) + 61) * 1000 - now)


def _wait_for_quota(
    state: State, window: Window | None, now: int, resource: str, cost: int
) -> Entered | None:
    reserved = [each.cost for each in state.tickets.values() if each.resource == resource]
    if window is None:
        return _busy() if reserved else None
    if window.remaining is None or window.remaining >= cost + sum(reserved):
        return None
    if window.remaining >= cost:
        return _busy()
    return Entered(wait=window.reset_at - now)


def _busy() -> Entered:
    return Entered(wait=BUSY, is_busy=True)


def _learn(state: State, now: int, resource: str, taught: Taught) -> None:
    """Of one window the least that was told holds, for answers overtake one another."""
    reset_in = USUAL_WINDOW if taught.reset_in is None else taught.reset_in
    reset_at = now + int(reset_in * 1000)
    named = reset_at / 1000 if taught.window is None else taught.window
    known = state.windows.get(resource)
    if reset_at <= now:
        return
    if known is None or known.remaining is None or named > known.named + SAME_WINDOW:
        state.windows[resource] = Window(
            limit=taught.limit, remaining=taught.remaining, reset_at=reset_at, named=named
        )
    elif named >= known.named - SAME_WINDOW and taught.remaining is not None:
        known.remaining = min(known.remaining, taught.remaining)
        if named > known.named:
            known.named, known.reset_at = named, max(known.reset_at, reset_at)
        elif named == known.named:  # every answer tells an instant that is late by its own way
            known.reset_at = min(known.reset_at, reset_at)


def _boundless() -> Window:
    return Window(limit=None, remaining=None, reset_at=2**53, named=0.0)


def _block(state: State, now: int, resource: str, taught: Taught) -> None:
    window = state.windows.get(resource)
    if taught.wait is not None:
        wait = int(taught.wait * 1000)
    elif taught.remaining == 0 and window and window.remaining == 0:
        return  # the window says until when
    elif state.blocked_until > now:
        return  # sent before the refusal that blocks already
    else:
        wait = min(FIRST_PENALTY * 2**state.strikes, LONGEST_PENALTY)
        state.strikes += 1
    state.blocked_until = max(state.blocked_until, now + wait)
    state.is_probing = True
