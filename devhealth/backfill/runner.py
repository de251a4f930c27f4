"""Windows in order, each a sync of its own days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from devhealth.backfill.chunker import DAYS, Order, chunk_date_range
from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.touches import Touches
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sync import NOBODY, Synced, Watch, sync_git

Done = Callable[[date, date, Synced], None]


async def run(
    sink: Sink,
    connector: Local,
    since: date,
    before: date,
    *,
    days: int = DAYS,
    order: Order = "newest",
    done: Done = lambda since, before, synced: None,
    directory: Directory | None = None,
    watch: Watch[Synced] = NOBODY,
    batch_size: int = BATCH_SIZE,
) -> Touches:
    """Every window of [since, before); what all of them touched. `done` is told after each."""
    touches = Touches()
    for first, end in chunk_date_range(since, before, days, order=order):
        synced = await run_window(
            sink, connector, first, end, directory=directory, watch=watch, batch_size=batch_size
        )
        touches |= synced.touches
        done(first, end, synced)
    return touches


async def run_window(
    sink: Sink,
    connector: Local,
    since: date,
    before: date,
    *,
    directory: Directory | None = None,
    watch: Watch[Synced] = NOBODY,
    batch_size: int = BATCH_SIZE,
) -> Synced:
    """Take the commits of the UTC days [since, before). Raises what `sync_git` raises."""
    return await sync_git(
        sink,
        connector,
        since=_midnight(since),
        before=_midnight(before),
        directory=directory,
        watch=watch,
        batch_size=batch_size,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
