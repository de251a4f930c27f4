"""How rows with a state move, together with the unit of work that moves them."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now

from apps.metrics import directory
from apps.pipeline.models import Stateful
from apps.queue.work import Work
from devhealth.models.states import State

LIVE = (State.PENDING, State.RUNNING)
AGAIN = (State.FAILED, State.QUARANTINED)  # an operator may have put the unit back


def begin(row: Stateful, work: Work | None = None) -> bool:
    """Running, whatever it was that may run; False where there is nothing to do any more.

    The row is locked by the caller. With `work` it is one more attempt.
    """
    if row.state in (State.COMPLETED, State.CANCELED, State.PAUSED):
        return False
    if row.state in AGAIN:
        move(row, State.PENDING)
    more = _attempt() if work else {}
    move(row, State.RUNNING, error="", started_at=Coalesce("started_at", Now()), **more)
    return True


def _attempt() -> dict[str, Any]:
    """An earlier one may have left records by the Directory of its time."""
    began_with = Coalesce("directory_version", directory.version())
    return {"attempts": F("attempts") + 1, "retry_at": None, "directory_version": began_with}


def end(row: Stateful, state: State, error: str = "", **more: Any) -> None:
    """Over; or, with `pending`, to be begun again."""
    move(row, state, error=error, finished_at=_over(state), **more)


def end_all(rows: QuerySet[Any], state: State, error: str = "", **more: Any) -> int:
    """The same for many, in one statement; how many there were."""
    return int(rows.update(state=state, error=error, finished_at=_over(state), **more))


def _over(state: State) -> Any:
    return None if state in (State.PENDING, State.PAUSED) else Now()


def move(row: Stateful, state: State, **more: Any) -> None:
    """The database refuses what `states.MOVES` does not allow."""
    type(row)._default_manager.filter(pk=row.pk).update(state=state, **more)
    row.state = state


def retry(work: Work, state: State) -> dict[str, Any]:
    """When what was put off is tried again: known once the unit's end is written."""
    return {"retry_at": Now() + work.delay} if state == State.PENDING and work.delay else {}
