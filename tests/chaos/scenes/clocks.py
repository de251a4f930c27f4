"""Two clocks at once, and none."""

import os
import signal
import time
from typing import Any

from tests.chaos import checks
from tests.chaos.stage import Case, Stage
from tests.chaos.traps import Trap

TWO, NONE, BELLS = "two clocks", "no clock", "no clock but bells"
CASES = {
    TWO: "Two clocks tick while a worker is killed: each of its leases ends once.",
    NONE: "No clock for 20 s after a worker was killed: its unit waits for the next one.",
    BELLS: "No clock at all during a whole job: the bells are enough.",
}
AWAY = 20.0  # seconds

_EXPIRIES = "select sum(expiries) from queue_queueshare where organization_id = %s"


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker()
    cases = {case.name: case for case in stage.cases(wanted, CASES)}
    stage.fleet.clock()
    if case := cases.get(TWO):
        with case.judged():
            _two(stage, case)
    stage.fleet.end_clocks()
    if case := cases.get(BELLS):
        with case.judged():
            _bells(stage, case)
    if case := cases.get(NONE):
        with case.judged():
            _none(stage, case)
    if not stage.fleet.clocks():
        stage.fleet.clock()
    stage.fleet.end_workers()
    return list(cases.values())


def _two(stage: Stage, case: Case) -> None:
    killed_at, hit = _kill(stage, case)
    stage.settle(case)
    case.redelivery = stage.redelivered(case, killed_at, hit["unit"])
    expiries, held = case.query(_EXPIRIES, case.id)[0][0], _held(stage, case, hit["pid"])
    case.expect(expiries == len(held), f"{expiries} leases ended, of {held}.")
    checks.right(stage, case)


def _bells(stage: Stage, case: Case) -> None:
    case.began = time.monotonic()
    stage.begin(case)
    stage.settle(case)
    checks.right(stage, case)


def _none(stage: Stage, case: Case) -> None:
    case.began = time.monotonic()
    killed_at, hit = _kill(stage, case)
    time.sleep(AWAY)
    early = stage.redelivered(case, killed_at, hit["unit"])
    case.expect(early is None, f"It was taken up again after {early} s without a clock.")
    back_at = time.time()
    stage.fleet.clock()
    stage.settle(case)
    case.redelivery = stage.redelivered(case, back_at, hit["unit"])
    checks.right(stage, case)


def _kill(stage: Stage, case: Case) -> tuple[float, dict[str, Any]]:
    """In the middle of the job; when, and who stood at which unit."""
    stage.begin(case, Trap("pipeline.backfill", "process", stage.random.randint(5, 100)))
    hit = stage.trapped(case)
    os.kill(hit["pid"], signal.SIGKILL)
    return time.time(), hit


def _held(stage: Stage, case: Case, pid: int) -> set[int]:
    """What the dead one had at once: a sync or a compute may have run beside the backfill."""
    begun, ended = (
        {each["id"] for each in stage.board.log(kind, case.id) if each["pid"] == pid}
        for kind in ("claim", "end")
    )
    return begun - ended
