"""What people do to a job that is in the middle of a page."""

import time
from datetime import timedelta
from functools import partial
from threading import Thread

from apps.billing import tiers
from apps.pipeline.services import backfills
from tests.chaos import checks
from tests.chaos.fleet import Running
from tests.chaos.stage import Case, Stage, until
from tests.chaos.traps import Trap

DOWNGRADE, CANCEL, PAUSE, TOGGLE, TERM = (
    "downgrade",
    "cancel",
    "pause and resume",
    "resume at once",
    "graceful stop",
)
CASES = {
    DOWNGRADE: "Enterprise becomes community in mid-job; later an upgrade, and `retry`.",
    CANCEL: "`cancel` in mid-page; later `retry`.",
    PAUSE: "`pause` in mid-page; `resume` when it has stopped.",
    TOGGLE: "`pause` and `resume` in mid-page, before the worker has noticed either.",
    TERM: "`SIGTERM` in mid-page: the unit is handed back; another worker goes on.",
}
NOTICED = 5.0  # seconds: a heartbeat tells within three
GRACE = 60.0


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    worker = stage.fleet.worker(threads=12)
    cases = stage.cases(wanted, CASES)
    for case in cases:
        nth = stage.random.randint(5, 40)
        stage.begin(case, Trap("pipeline.backfill", "process", nth))
    stage.standing(cases)
    acts = {DOWNGRADE: _downgrade, CANCEL: _cancel, PAUSE: _pause, TOGGLE: _toggle}
    for case in cases:
        if case.name in acts:
            with case.judged():
                acts[case.name](stage, case)
                checks.right(stage, case)
    for case in cases:
        if case.name == TERM:
            with case.judged():
                _stop(stage, case, worker)
                checks.right(stage, case)
    stage.fleet.end_workers()
    return cases


def _downgrade(stage: Stage, case: Case) -> None:
    stage.watch.may_exceed.add(case.id)
    case.set_tier(tiers.COMMUNITY)
    until(partial(_is_applied, case), "The change of tier is applied")
    applied = time.time()
    _let_go(stage, case)
    floor = stage.today - timedelta(days=tiers.COMMUNITY.backfill_days or 0)
    fetched = [since for since, _, at in checks.windows(stage, case) if at > applied]
    case.expect(all(since >= floor for since in fetched), f"Fetched beyond {floor}: {fetched}.")
    job = case.job()
    case.expect(job.state == "canceled", f"The job is {job.state} after the downgrade.")
    case.expect("beyond the tier" in job.error, f"It says: {job.error!r}.")
    beyond = [chunk for chunk in case.chunks() if chunk.state == "canceled"]
    flagged = all(chunk.is_beyond_tier for chunk in beyond)
    case.expect(bool(beyond) and flagged, "Chunks are canceled without saying why.")
    case.set_tier(tiers.ENTERPRISE)
    _retry(stage, case)


def _is_applied(case: Case) -> bool:
    done = "select count(*) from queue_workunit where organization_id = %s and actor = %s"
    live = f"{done} and state in ('pending', 'running')"
    return case.query(live, case.id, "pipeline.apply_tier") == [(0,)]


def _cancel(stage: Stage, case: Case) -> None:
    case.steer(backfills.cancel)
    _let_go(stage, case)
    case.expect(case.job().state == "canceled", f"The job is {case.job().state}.")
    _retry(stage, case)


def _pause(stage: Stage, case: Case) -> None:
    case.steer(backfills.pause)
    _let_go(stage, case)
    case.expect(case.job().state == "paused", f"The job is {case.job().state}.")
    fetched = len(checks.windows(stage, case))
    time.sleep(1)
    case.expect(len(checks.windows(stage, case)) == fetched, "It was fetched while paused.")
    case.steer(backfills.resume)
    stage.settle(case)


def _toggle(stage: Stage, case: Case) -> None:
    case.steer(backfills.pause)
    case.steer(backfills.resume)
    _let_go(stage, case)


def _let_go(stage: Stage, case: Case) -> None:
    """Once a heartbeat has told the worker what is asked of it."""
    time.sleep(NOTICED)
    stage.board.go(case.id)
    stage.settle(case)


def _retry(stage: Stage, case: Case) -> None:
    case.steer(backfills.retry)
    stage.settle(case)


def _stop(stage: Stage, case: Case, worker: Running) -> None:
    unit = stage.trapped(case)["unit"]
    took: list[float] = []
    stopping = Thread(target=lambda: took.append(worker.stop(GRACE)))
    stopping.start()
    time.sleep(1.5)
    stage.board.go(case.id)
    stopping.join()
    case.expect(bool(took), f"It did not stop within {GRACE:.0f} s.")
    state = case.query("select state, starts from queue_workunit where id = %s", unit)
    case.expect(state == [("pending", 0)], f"The unit was left as {state}.")
    stage.fleet.worker()
    stage.settle(case)
    starts = {each["starts"] for each in stage.claims(case)}
    case.expect(starts == {1}, f"Starts were spent: {starts}.")
