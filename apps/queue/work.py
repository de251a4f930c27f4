"""A unit of work in the hands of whoever does it.

Interrupted
├── LeaseLost    somebody else may be at it by now: leave everything as it is
├── Canceled     it is no longer wanted
├── HandedBack   this process is stopping, another one goes on; or its organisation is to wait
└── Crowded      it must be alone to begin, and somebody else is just now
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.queue import bells
from apps.queue.claims import Claim
from apps.queue.mechanics import call
from devhealth.models.states import State

stopping = Event()  # this process has been asked to end

_END = "select * from public.queue_end(%s, %s, %s, %s, %s, %s::smallint, %s::smallint)"
_MINE = "select 1 from public.queue_workunit where id = %s and fence = %s and state = %s"


class Interrupted(Exception):
    """Not an error: the work ends here, at a boundary, and what was written is right."""


class LeaseLost(Interrupted):
    pass


class Canceled(Interrupted):
    pass


class HandedBack(Interrupted):
    pass


class Crowded(Interrupted):
    pass


@dataclass(slots=True)
class Work:
    """A claimed unit. `deadline`: until when the lease holds, by this process's own clock."""

    claim: Claim
    deadline: float
    is_stop_requested: bool = False
    is_lost: bool = False
    is_held: bool = False
    delay: timedelta = timedelta()  # of what is put off, while its `ended` is told
    is_finished: bool = field(default=False, init=False)

    @property
    def organization_id(self) -> UUID:
        return self.claim.organization_id

    @property
    def ids(self) -> dict[str, Any]:
        return self.claim.ids

    @property
    def claimed_at(self) -> datetime:
        """The database's clock at the claim: the version of all that this work writes."""
        return self.claim.claimed_at

    def checkpoint(self) -> None:
        """To be called per page and batch; asks nobody. Raises `Interrupted`."""
        if self.is_lost or time.monotonic() >= self.deadline:
            raise LeaseLost
        if self.is_stop_requested:
            raise Canceled
        if self.is_held or stopping.is_set():
            raise HandedBack

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """One transaction for what is done already, while the unit goes on.

        Commits only while this claim is the newest. Raises `LeaseLost`.
        """
        with transaction.atomic():
            yield
            if not self._is_ours(lock="for share"):
                raise LeaseLost

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """One transaction for the rows that say it is done, what follows, and the unit's end.

        Commits only while this claim is the newest. Raises `LeaseLost`, `Canceled`.
        """
        with transaction.atomic():
            yield
            self.end(State.COMPLETED)

    def end(self, state: State, error: str = "", *, starts: int = 0) -> None:
        """End the unit in the caller's transaction, as its last act. `pending`: after `delay`.

        starts  how many count from now on: none after an orderly end
        """
        claim = self.claim
        delays = claim.delays + 1 if state == State.PENDING and self.delay else 0
        told = call(_END, claim.id, claim.fence, state, error, self.delay, starts, delays)
        if not told:
            raise self._why()
        for queue, due in told:
            if due is not None:
                notice = partial(bells.notice, claim.organization_id, queue, due)
                transaction.on_commit(notice, robust=True)
        self.is_finished = True

    def _why(self) -> Interrupted:
        return Canceled() if self._is_ours() else LeaseLost()

    def _is_ours(self, *, lock: str = "") -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"{_MINE} {lock}", [self.claim.id, self.claim.fence, State.RUNNING])
            return cursor.fetchone() is not None
