"""A worker that is frozen past its lease and wakes up when others have done all of its work.

`then rewritten`: meanwhile the branch was rewritten and synced. What the late one still writes
must be harmless, and the next sync finds what nobody else could know of.
"""

import os
import signal
import time
from functools import partial

from tests.chaos import checks, history
from tests.chaos.scenes.kill import trap
from tests.chaos.stage import Case, Stage, until

BACKFILL = {
    "fetch": 100,
    "process": 100,
    "write": 12,
    "writing": 12,
    "written": 12,
    "stored": 6,
    "finish": 6,
    "ring": 6,
}
SYNC = {"process": 5, "write": 2, "writing": 2, "mark": 1, "marked": 1, "finish": 1}
COMPUTE = {"write": 2, "writing": 2, "written": 2, "computed": 1, "finish": 1}
SYNC_REWRITTEN = {"process": 5, "write": 2, "writing": 2, "mark": 1, "finish": 1}
BACKFILL_REWRITTEN = {"process": 5, "write": 2, "writing": 2, "finish": 1}  # its newest days
THEN = " then rewritten"
POINTS = {
    f"stop {actor} {point}{more}": (f"pipeline.{actor}", point, most)
    for actor, points, more in (
        ("backfill", BACKFILL, ""),
        ("sync", SYNC, ""),
        ("compute", COMPUTE, ""),
        ("sync", SYNC_REWRITTEN, THEN),
        ("backfill", BACKFILL_REWRITTEN, THEN),
    )
    for point, most in points.items()
}


def _happens(name: str) -> str:
    actor, point, _ = POINTS[name]
    between = "; meanwhile the branch is rewritten" if name.endswith(THEN) else ""
    return (
        f"`SIGSTOP` of the worker of a {actor.removeprefix('pipeline.')} at `{point}`, "
        f"`SIGCONT` when another has done its work{between}."
    )


CASES = {name: _happens(name) for name in POINTS}


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    late = stage.fleet.worker(threads=len(wanted) + 6, is_kept=False)
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.begin(case, trap(stage, case.name, POINTS))
    standing = stage.standing(cases)
    frozen = standing[0][1]["pid"]
    stopped_at = time.time()
    os.kill(frozen, signal.SIGSTOP)
    for case in cases:
        if case.name.endswith(THEN):
            history.move(case.repository, stage.history.rewritten)
    stage.fleet.worker()
    for case, hit in standing:
        with case.judged():
            stage.settle(case)
            case.redelivery = stage.redelivered(case, stopped_at, hit["unit"])
    os.kill(frozen, signal.SIGCONT)
    for case, hit in standing:
        with case.judged():
            stage.board.go(case.id)
            until(partial(stage.is_through, case, hit), f"{case.name}: the late one is through")
            _sync_again(stage, case)
            _judge(stage, case)
    stage.fleet.end(late)
    stage.fleet.end_workers()
    return cases


def _sync_again(stage: Stage, case: Case) -> None:
    """Only after a rewrite can a late one write what no other did."""
    stage.settle(case)  # what it wrote is computed anew
    if case.name.endswith(THEN):
        case.run()
        stage.settle(case)


def _judge(stage: Stage, case: Case) -> None:
    is_rewritten = case.name.endswith(THEN)
    checks.right(stage, case, checks.REWRITTEN if is_rewritten else checks.FULL)
