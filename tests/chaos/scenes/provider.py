"""The provider refuses for a while: work waits in the table, not in a worker."""

import time
from functools import partial
from itertools import pairwise

from tests.chaos import checks
from tests.chaos.stage import Case, Stage, until

RETRY_AFTER = 4.0
STORM, OUTAGE = "429 storm", "outage"
CASES = {
    STORM: f"The provider answers 429 with `Retry-After: {RETRY_AFTER:.0f}` for 15 s.",
    OUTAGE: "The provider is out of order for 15 s.",
}
REFUSES = 15.0  # seconds

_WAITING = """
select count(*) from queue_workunit
where organization_id = %s and state = 'pending' and delays > 0 and not_before > now()
  and starts = 0
"""
_RUNNING = "select count(*) from queue_workunit where organization_id = %s and state = 'running'"


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker()
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.board.fault(case.id, retry_after=RETRY_AFTER if case.name == STORM else None)
        stage.begin(case)
    began = time.monotonic()
    for case in cases:
        with case.judged():
            until(partial(_waits, case), f"{case.name}: it waits as `not_before`", REFUSES)
    time.sleep(max(0.0, began + REFUSES - time.monotonic()))
    for case in cases:
        stage.board.heal(case.id)
    for case in cases:
        with case.judged():
            stage.settle(case)
            checks.right(stage, case)
            _judge(stage, case)
    stage.fleet.end_workers()
    return cases


def _waits(case: Case) -> bool:
    """Put off, no start spent, and nobody sleeps over it."""
    return case.query(_WAITING, case.id)[0][0] > 0 and case.query(_RUNNING, case.id) == [(0,)]


def _judge(stage: Stage, case: Case) -> None:
    claims = stage.claims(case)
    starts = {each["starts"] for each in claims}
    case.expect(starts == {1}, f"Starts were spent: {starts}.")
    retried = [each for each in claims if each["fence"] > 1]
    case.expect(bool(retried), "Nothing was tried again.")
    if case.name == STORM:
        _judge_pauses(case, claims)


def _judge_pauses(case: Case, claims: list[dict[str, float]]) -> None:
    """A claim follows on the one before it no sooner than the provider asked for."""
    for unit in {each["id"] for each in claims}:
        at = [each["at"] for each in claims if each["id"] == unit]
        pauses = [later - earlier for earlier, later in pairwise(at)]
        case.expect(all(pause >= RETRY_AFTER for pause in pauses), f"Tried too soon: {pauses}.")
