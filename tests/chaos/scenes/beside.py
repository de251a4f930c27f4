"""A worker that wakes up while another one is at its unit: only the newer claim may end it."""

import os
import signal
import time
from functools import partial

from tests.chaos import checks
from tests.chaos.stage import Case, Stage, until
from tests.chaos.traps import Trap

POINTS = {
    "wake beside another backfill": ("pipeline.backfill", "stored"),
    "wake beside another sync": ("pipeline.sync", "marked"),
    "wake beside another compute": ("pipeline.compute", "computed"),
}
CASES = {
    name: f"A worker frozen at `{point}` goes on while another one, at `{point}` too, has its unit."
    for name, (_, point) in POINTS.items()
}

_UNIT = "select state, fence from queue_workunit where id = %s"


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    late = stage.fleet.worker(threads=12, is_kept=False)
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.begin(case, Trap(*POINTS[case.name]))
    standing = stage.standing(cases)
    frozen = standing[0][1]["pid"]
    stopped_at = time.time()
    os.kill(frozen, signal.SIGSTOP)
    for case in cases:
        stage.board.arm(case.id, Trap(*POINTS[case.name]))
    stage.fleet.worker()
    newer = {case.name: hit for case, hit in stage.standing(cases)}
    for case, hit in standing:
        stage.board.go(case.id, hit)
    os.kill(frozen, signal.SIGCONT)
    for case, hit in standing:
        with case.judged():
            _judge(stage, case, hit, newer.get(case.name, hit))
            case.redelivery = stage.redelivered(case, stopped_at, hit["unit"])
            stage.board.go(case.id)
            stage.settle(case)
            checks.right(stage, case)
    stage.fleet.end(late)
    stage.fleet.end_workers()
    return cases


def _judge(stage: Stage, case: Case, hit: dict[str, int], other: dict[str, int]) -> None:
    """The late one is through, and the unit still is the newer one's."""
    until(partial(stage.is_through, case, hit), f"{case.name}: the late one is through")
    ((state, fence),) = case.query(_UNIT, other["unit"])
    claims = [each for each in stage.claims(case) if each["id"] == other["unit"]]
    case.expect((state, fence) == ("running", claims[-1]["fence"]), f"The unit is {state}.")
