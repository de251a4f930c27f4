"""Redis forgets: nothing that was accepted may get lost with it."""

import time

from redis import Redis

from tests.chaos import checks
from tests.chaos.stage import Case, Stage

FLUSHED, LOST = "flushall", "valkey lost"
CASES = {
    FLUSHED: "`FLUSHALL` ten times within the job's first five seconds.",
    LOST: "Valkey is killed in mid-job, its data deleted; it is back after 8 s.",
}
AWAY = 8.0  # seconds


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker()
    cases = stage.cases(wanted, CASES)
    for case in cases:
        case.began = time.monotonic()
        stage.begin(case)
        with case.judged():
            (_flush if case.name == FLUSHED else _lose)(stage, case)
            stage.settle(case)
            checks.right(stage, case)
    stage.fleet.end_workers()
    return cases


def _flush(stage: Stage, case: Case) -> None:
    client = Redis.from_url(stage.servers.environment()["REDIS_URL"])
    for _ in range(10):
        client.flushall()
        time.sleep(0.5)


def _lose(stage: Stage, case: Case) -> None:
    time.sleep(1)
    stage.servers.crash_valkey()
    time.sleep(AWAY)
    stage.servers.start_valkey()
