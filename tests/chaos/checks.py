"""What must hold for an organisation when its case is over."""

import asyncio
import re
from datetime import UTC, date, datetime, time
from uuid import uuid4

import polars as pl

from apps.metrics.store import store
from apps.pipeline.models import DirtyDays
from devhealth.connectors.local import Local
from devhealth.due import everything
from devhealth.models.records import RECORDS
from devhealth.models.rollups import ROLLUPS
from devhealth.recompute import recompute
from devhealth.sync import sync_git
from tests.chaos import history
from tests.chaos.stage import Case, Frames, Stage

REDELIVERY = 30.0  # seconds
FULL, REWRITTEN = "full", "rewritten"
VERSIONS = ("synced_at", "computed_at", "superseded_at", "blamed_at")
BOUND = re.compile(r"--(since-as-filter|before)=@(\d+)")

_RUNNING = """
select name, running from queue_slot where organization_id = %s and running <> 0
union all
select queue, running from queue_queueshare where organization_id = %s and running <> 0
"""


def right(stage: Stage, case: Case, history: str = FULL) -> None:
    """Everything, for a case that is settled: as if nobody had disturbed it."""
    job = case.job()
    case.expect(job.state == "completed", f"The job is {job.state}: {job.error}")
    case.expect(case.run_state() == "completed", f"The run is {case.run_state()}.")
    _still(stage, case)
    _marks(stage, case)
    _windows(stage, case)
    _same(stage, case, history)
    if case.redelivery is not None:
        late = f"It was taken up again after {case.redelivery} s."
        case.expect(case.redelivery <= REDELIVERY, late)


def _still(stage: Stage, case: Case) -> None:
    """Nothing runs, nothing is dirty, and nothing was wrong on the way."""
    places = case.query(_RUNNING, case.id, case.id)
    case.expect(not places, f"Still taken: {places}.")
    with case.inside():
        case.expect(not DirtyDays.objects.exists(), "Days are still dirty.")
    case.problems += stage.watch.wrong[case.id]


def _marks(stage: Stage, case: Case) -> None:
    """Only syncs move marks: each is the instant of one of their claims."""
    claims = stage.claims(case)
    syncs = {
        datetime.fromisoformat(each["version"])
        for each in claims
        if each["actor"] == "pipeline.sync"
    }
    moved = {*stage.watch.watermarks[case.id], *(at for _, at in stage.watch.marks[case.id])}
    case.expect(moved <= syncs, f"Marks of no sync: {sorted(moved - syncs)}.")
    case.expect(bool(moved), "No mark was ever seen.")


def _windows(stage: Stage, case: Case) -> None:
    """No backfill fetched a day that was not asked for."""
    for since, before, _ in windows(stage, case):
        asked = since >= case.first_day and before <= case.before
        case.expect(asked, f"Fetched from {since} to {before}.")


def windows(stage: Stage, case: Case) -> list[tuple[date, date, float]]:
    """What git was asked for by backfills: first day, day after the last, when."""
    found = []
    for each in stage.board.log("git", case.id):
        if each["actor"] == "pipeline.backfill":
            bounds = dict(BOUND.findall(" ".join(each["bounds"])))
            since = datetime.fromtimestamp(int(bounds["since-as-filter"]), UTC).date()
            before = datetime.fromtimestamp(int(bounds["before"]) + 1, UTC).date()
            found.append((since, before, each["at"]))
    return found


def rewrite(stage: Stage, case: Case) -> None:
    """The branch is rewritten, and synced again."""
    history.move(case.repository, stage.history.rewritten)
    case.run()


def as_by_hand(stage: Stage, case: Case) -> None:
    """The same days by the library alone, computed all at once: no queue, no dirty days."""
    hand = store().for_org(uuid4(), version=datetime.now(UTC))
    asyncio.run(sync_git(hand, Local(case.repository), since=_midnight(case.first_day)))
    recompute(hand, everything(hand), today=stage.today)
    for cls in ROLLUPS:
        wanted, found = (
            _compared(sink.latest(cls).filter(~pl.col("is_empty")))
            for sink in (hand, store().for_org(case.id))
        )
        case.expect(found.equals(wanted), f"{cls.table} is not as by hand.")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --- facts and metrics ---------------------------------------------------------------------------


def frames(case: Case, *, alive: bool = False) -> Frames:
    """Every table but for versions.

    `alive`: without tombstones and without rows of nothing, which tell what was there for a while.
    """
    sink = store().for_org(case.id)
    found = {cls.table: sink.read(cls, deleted=not alive) for cls in RECORDS}
    for cls in ROLLUPS:
        rows = sink.latest(cls)
        found[cls.table] = rows.filter(~pl.col("is_empty")) if alive else rows
    return {name: _compared(frame) for name, frame in found.items()}


def _compared(frame: pl.DataFrame) -> pl.DataFrame:
    named = [name for name in frame.columns if name not in VERSIONS]
    rows = frame.select(named)
    if "deleted_at" in named:
        rows = rows.with_columns(pl.col("deleted_at").is_not_null())
    keys = [name for name in named if rows.schema[name] != pl.List(pl.String)]
    return rows.sort(keys)


def _same(stage: Stage, case: Case, history: str) -> None:
    """The first case that comes to this history is what the others are compared with."""
    found = frames(case, alive=history == REWRITTEN)
    oracle = stage.undisturbed.setdefault(history, found)
    for name, frame in found.items():
        wanted = oracle[name]
        if not frame.equals(wanted):
            case.problems.append(f"{name} differs: {_difference(frame, wanted)}.")


def _difference(found: pl.DataFrame, wanted: pl.DataFrame) -> str:
    lines = [set(map(repr, frame.iter_rows())) for frame in (found, wanted)]
    extra, missing = lines[0] - lines[1], lines[1] - lines[0]
    return (
        f"{len(extra)} rows too many, {len(missing)} missing of {wanted.height}; "
        f"{[row[:200] for row in sorted(extra)[:1] + sorted(missing)[:1]]}"
    )
