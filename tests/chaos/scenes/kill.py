"""`kill -9` at every point: one worker stands at all of them at once, in an organisation each."""

import os
import signal
import time

from tests.chaos import checks
from tests.chaos.stage import Case, Stage
from tests.chaos.traps import Trap

# point → how often it may be passed before
BACKFILL = {
    "claim": 6,
    "fetch": 100,
    "process": 100,
    "noted": 6,
    "write": 12,
    "writing": 12,
    "written": 12,
    "stored": 6,
    "finish": 6,
    "ring": 6,
}
SYNC = {"process": 5, "writing": 2, "written": 2, "mark": 1, "marked": 1, "finish": 1, "ring": 1}
COMPUTE = {"claim": 1, "write": 2, "writing": 2, "written": 2, "computed": 1, "finish": 1}
POINTS = {
    f"kill {actor} {point}": (f"pipeline.{actor}", point, most)
    for actor, points in (("backfill", BACKFILL), ("sync", SYNC), ("compute", COMPUTE))
    for point, most in points.items()
}
CASES = {
    name: f"`kill -9` of the worker of a {actor.removeprefix('pipeline.')} at `{point}`."
    for name, (actor, point, _) in POINTS.items()
}


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker(threads=len(wanted) + 6)
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.begin(case, trap(stage, case.name, POINTS))
    standing = stage.standing(cases)
    killed_at = time.time()
    os.kill(standing[0][1]["pid"], signal.SIGKILL)
    for case, hit in standing:
        with case.judged():
            stage.settle(case)
            case.redelivery = stage.redelivered(case, killed_at, hit["unit"])
            is_over = case.name.endswith("ring")  # what it did is committed
            case.expect(is_over or case.redelivery is not None, "Nobody took it up again.")
            checks.right(stage, case)
    stage.fleet.end_workers()
    return cases


def trap(stage: Stage, name: str, points: dict[str, tuple[str, str, int]]) -> Trap:
    actor, point, most = points[name]
    return Trap(actor, point, stage.random.randint(1, most))
