"""What is done with a unit, by name, and how each way to end is told.

    @tenant_actor("pipeline.sync", ended=services.sync_ended)
    def sync(work: Work) -> None: ...

The body runs in its organisation's schema, once a unit. What it raises decides what becomes of it:

    nothing                completed, unless it finished by itself (`work.finishing`)
    Transient              pending again after a while; no start is spent
    Permanent, AppError    failed, with its sentence
    Canceled, HandedBack   canceled; pending again at once
    LeaseLost              nothing: somebody else has it
    Crowded                pending again in a moment; this start was none
    anything else          pending again after a while; three starts in a row, and it is quarantined

A tenant's body waits until its organisation's tables are made, by an `outside_actor`'s.
`ended(work, state, error)` writes the same into the service's own rows, in the same transaction.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django_tenants.utils import schema_context

from apps.errors import AppError
from apps.queue import bells
from apps.queue.claims import Claim, claim
from apps.queue.company import company
from apps.queue.leases import leases
from apps.queue.models import PUBLIC
from apps.queue.work import Canceled, Crowded, HandedBack, LeaseLost, Work, stopping
from apps.trace import traced
from devhealth.errors import Permanent, Transient
from devhealth.models.states import State

log = logging.getLogger("devhealth.queue")

MOST_STARTS = 3
DRAIN_SECONDS = 60
RING_SECONDS = 1.0  # between two calls for others while one drains
FIRST_DELAY, LONGEST_DELAY, LONGEST_RETRY_AFTER = 5.0, 900.0, 3600.0  # seconds
UNFORESEEN = "It failed in a way that nobody foresaw; the log has this unit's id."

Body = Callable[[Work], None]
Ended = Callable[[Work, State, str], None]


class Poison(Exception):
    """Whoever takes this up does not come back."""


class Where(Enum):
    """For whom a body works, and in which schema."""

    TENANT = "an organisation, in its own"
    OUTSIDE = "an organisation, in the public one"
    PUBLIC = "no organisation, in the public one"


@dataclass(frozen=True, slots=True)
class Actor:
    name: str
    body: Body
    ended: Ended
    where: Where


ACTORS: dict[str, Actor] = {}


def _nothing(work: Work, state: State, error: str) -> None:
    """The unit's own row says it all."""


def tenant_actor(name: str, *, ended: Ended = _nothing) -> Callable[[Body], Body]:
    """A body that runs in the schema of its unit's organisation."""
    return _registered(name, ended, Where.TENANT)


def outside_actor(name: str, *, ended: Ended = _nothing) -> Callable[[Body], Body]:
    """A body for work of an organisation whose schema need not be there; on the public one."""
    return _registered(name, ended, Where.OUTSIDE)


def public_actor(name: str, *, ended: Ended = _nothing) -> Callable[[Body], Body]:
    """A body for work of no organisation; it runs on the public schema."""
    return _registered(name, ended, Where.PUBLIC)


def _registered(name: str, ended: Ended, where: Where) -> Callable[[Body], Body]:
    def register(body: Body) -> Body:
        ACTORS[name] = Actor(name, body, ended, where)
        return body

    return register


# --- one queue -----------------------------------------------------------------------------------


def drain(queue: str, seconds: float = DRAIN_SECONDS) -> int:
    """Work until nothing is due or the time is up, then ring again; how many units were run."""
    until = time.monotonic() + seconds
    done, rung_at = 0, -RING_SECONDS
    while not stopping.is_set():
        if time.monotonic() >= until:
            bells.ring(queue)
            return done
        with company.joined():
            claimed_at = time.monotonic()
            close_old_connections()
            unit = claim(queue)
            if unit is None:
                return done
            if unit.is_more_due and claimed_at >= rung_at + RING_SECONDS:  # somebody may be idle
                bells.ring(queue)
                rung_at = claimed_at
            run(unit, claimed_at)
        done += 1
    return done


def run(unit: Claim, claimed_at: float) -> None:
    """One claimed unit, to its end. Raises nothing that belongs to the unit."""
    names = {"unit_id": unit.id, "organization_id": unit.organization_id}
    with traced(request_id=unit.request_id, **names), leases.holding(unit, claimed_at) as work:
        began = time.monotonic()
        try:
            outcome = _told(work)
        except LeaseLost:
            outcome = "left to whoever has it now"
        except (DatabaseError, InterfaceError) as error:  # its end could not be written down
            outcome = f"left to its lease: {error}"
        finally:
            connection.set_schema_to_public()
        log.info("%s %s, in %.2f s", unit.actor, outcome, time.monotonic() - began)


def _told(work: Work) -> str:
    """Run the body in its place and write down how it ended."""
    try:
        actor = _known(work.claim.actor)
        with _place(actor, work):
            return _done(actor, work)
    except Permanent as error:  # there is no such place
        with transaction.atomic():
            work.end(State.FAILED, str(error))
        return f"failed: {error}"
    except Transient as error:  # it is not there yet
        work.delay = timedelta(seconds=_delay(work, error.retry_after))
        with transaction.atomic():
            work.end(State.PENDING, str(error))
        return f"put off: {error}"


def _known(name: str) -> Actor:
    if (actor := ACTORS.get(name)) is None:
        raise Permanent(f"No actor is called {name}: was it renamed?")
    return actor


@contextmanager
def _place(actor: Actor, work: Work) -> Iterator[None]:
    """The schema to work in. Fails closed: raises `Permanent` where there is none, and `Transient`
    where there will be one."""
    if (actor.where is Where.PUBLIC) != (work.organization_id == PUBLIC):
        raise Permanent(f"{actor.name} is not for this kind of organisation.")
    if actor.where is not Where.PUBLIC and work.claim.schema is None:
        raise Permanent("The organisation is gone.")
    if actor.where is not Where.TENANT:
        connection.set_schema_to_public()
        yield
        return
    if not work.claim.is_ready:
        raise Transient("Its organisation's tables are not made yet.")
    with schema_context(work.claim.schema):
        yield


def _done(actor: Actor, work: Work) -> str:
    """The one place where every error ends: each as the state that it means."""
    try:
        _attempt(actor, work)
    except LeaseLost:
        raise
    except (Canceled, HandedBack, Poison, Permanent, AppError) as error:
        return _end(actor, work, _meant(error), str(error))
    except Crowded:  # it has not begun
        starts = work.claim.starts - 1
        return _end(actor, work, State.PENDING, delay=FIRST_DELAY, starts=starts)
    except Transient as error:
        return _end(actor, work, State.PENDING, str(error), delay=_delay(work, error.retry_after))
    except (OperationalError, InterfaceError) as error:
        log.warning("The control database failed: %s", error)
        connection.close()
        return _end(actor, work, State.PENDING, "The database failed.", delay=_delay(work))
    except Exception:
        log.exception("%s failed in a way that nobody foresaw", actor.name)
        return _unforeseen(actor, work)
    return "completed"


def _meant(error: Exception) -> State:
    """The state that a foreseen end leads to."""
    match error:
        case Canceled():
            return State.CANCELED
        case HandedBack():
            return State.PENDING
        case Poison():
            return State.QUARANTINED
    return State.FAILED


def _attempt(actor: Actor, work: Work) -> None:
    if work.claim.starts > MOST_STARTS:
        raise Poison(f"It began {MOST_STARTS} times and never came back.")
    work.checkpoint()
    with _fitting_company(work):
        actor.body(work)
    if not work.is_finished:
        with work.finishing():
            """The body had nothing of its own to write."""


@contextmanager
def _fitting_company(work: Work) -> Iterator[None]:
    """Whoever may be what killed this process twice is alone, so that it kills nobody else."""
    if work.claim.starts < MOST_STARTS:
        yield
        return
    with company.alone(work.checkpoint) as is_alone:
        if not is_alone:
            raise Crowded
        yield


def _unforeseen(actor: Actor, work: Work) -> str:
    """Tried again a few times, for it may have been the moment; the log knows more."""
    if work.claim.starts >= MOST_STARTS:
        words = f"It failed {MOST_STARTS} times. {UNFORESEEN}"
        return _end(actor, work, State.QUARANTINED, words, starts=work.claim.starts)
    starts = work.claim.starts
    return _end(actor, work, State.PENDING, UNFORESEEN, delay=_delay(work), starts=starts)


def _end(
    actor: Actor,
    work: Work,
    state: State,
    error: str = "",
    *,
    delay: float = 0,
    starts: int = 0,
) -> str:
    work.delay = timedelta(seconds=delay)
    with transaction.atomic():
        actor.ended(work, state, error)
        work.end(state, error, starts=starts)
    return f"{state} {error}".rstrip()


def _delay(work: Work, retry_after: float | None = None) -> float:
    """Seconds: what the provider asked for, else twice as long each time."""
    if retry_after is not None:
        return min(retry_after, LONGEST_RETRY_AFTER)
    delay = min(FIRST_DELAY * 2**work.claim.delays, LONGEST_DELAY)
    return delay * random.uniform(0.8, 1.2)  # noqa: S311 - only so that not all come at once
