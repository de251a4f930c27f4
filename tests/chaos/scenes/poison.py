"""A chunk that kills whoever takes it up, and a neighbour in the same process."""

from apps.pipeline.services import backfills
from tests.chaos import checks
from tests.chaos.stage import Case, Stage

POISON, NEIGHBOUR = "poison chunk", "its neighbour"
CASES = {
    POISON: "A chunk kills its worker each time: quarantined; healed, `retry` completes the job.",
    NEIGHBOUR: "Another organisation's job in the worker that the poison kills.",
}
STARTS = {1, 2, 3, 4}  # three, and the one that quarantines; the third waits till it is alone
PATIENCE = 150.0


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    stage.fleet.worker()
    cases = stage.cases(wanted, CASES)
    for case in cases:
        if case.name == POISON:
            _poison(stage, case)
        stage.begin(case)
    for case in cases:
        with case.judged():
            stage.settle(case, PATIENCE)
            if case.name == POISON:
                _judge(stage, case)
                _heal(stage, case)
            checks.right(stage, case)
    stage.fleet.end_workers()
    return cases


def _poison(stage: Stage, case: Case) -> None:
    """One of the windows that the job is going to be cut into."""
    weeks = (case.before - case.first_day).days // 7
    week = stage.random.randrange(1, weeks)
    day = case.first_day.fromordinal(case.first_day.toordinal() + 7 * week)
    stage.board.fault(case.id, poison=day.isoformat())


def _judge(stage: Stage, case: Case) -> None:
    job = case.job()
    case.expect(job.state == "failed" and bool(job.error), f"The job is {job.state}: {job.error}")
    states = sorted(chunk.state for chunk in case.chunks())
    wanted = ["completed"] * (len(states) - 1) + ["quarantined"]
    case.expect(states == wanted, f"The chunks are {states}.")
    poisoned = next(chunk for chunk in case.chunks() if chunk.state != "completed")
    claims = [each for each in stage.claims(case) if each["id"] == poisoned.work_unit_id]
    starts = [each["starts"] for each in claims]
    case.expect(set(starts) == STARTS, f"Its starts were {starts}.")


def _heal(stage: Stage, case: Case) -> None:
    stage.board.heal(case.id)
    case.steer(backfills.retry)
    stage.settle(case)
