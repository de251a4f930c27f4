"""The databases go away while somebody works: the control plane's, then only the fact store."""

import time
from collections.abc import Callable, Mapping

from config.embedded import Store
from tests.chaos import checks
from tests.chaos.proxy import Proxy
from tests.chaos.scenes.kill import trap
from tests.chaos.stage import Case, Stage

CRASHED = {
    "postgres crash backfill write": ("pipeline.backfill", "write", 12),
    "postgres crash backfill writing": ("pipeline.backfill", "writing", 12),
    "postgres crash backfill finish": ("pipeline.backfill", "finish", 6),
    "postgres crash sync marked": ("pipeline.sync", "marked", 1),
    "postgres crash compute writing": ("pipeline.compute", "writing", 2),
}
STORE_CRASHED = {
    "store crash backfill write": ("pipeline.backfill", "write", 12),
    "store crash backfill writing": ("pipeline.backfill", "writing", 12),
    "store crash sync writing": ("pipeline.sync", "writing", 2),
    "store crash sync mark": ("pipeline.sync", "mark", 1),
    "store crash compute writing": ("pipeline.compute", "writing", 2),
}
ANYWHERE = "store crash anywhere"
CUT = {
    "store cut backfill write": ("pipeline.backfill", "write", 12),
    "store cut backfill writing": ("pipeline.backfill", "writing", 12),
    "store cut sync mark": ("pipeline.sync", "mark", 1),
    "store cut compute writing": ("pipeline.compute", "writing", 2),
}
POINTS = CRASHED | STORE_CRASHED | CUT
ONLY: dict[str, Store] = dict.fromkeys((*STORE_CRASHED, ANYWHERE), "clickhouse")
CASES = (
    {
        name: f"PostgreSQL is stopped (SIGQUIT, immediate) at `{point}` of a {actor[9:]}; "
        "it is back after 4 s."
        for name, (actor, point, _) in CRASHED.items()
    }
    | {
        name: f"ClickHouse is killed (`kill -9`) at `{point}` of a {actor[9:]}; "
        "it is back after 4 s."
        for name, (actor, point, _) in STORE_CRASHED.items()
    }
    | {ANYWHERE: "ClickHouse is killed (`kill -9`) five times at random in mid-job, back at once."}
    | {
        name: f"The fact store cannot be reached for 8 s, from `{point}` of a {actor[9:]} on."
        for name, (actor, point, _) in CUT.items()
    }
)
CRASHED_FOR, CUT_FOR = 4.0, 8.0  # seconds
KILLS, AT_WORK = 5, 1.2  # how often, and at most how many seconds between


def play(stage: Stage, wanted: list[str]) -> list[Case]:
    acts = ((_crash, CRASHED), (_crash_store, STORE_CRASHED), (_anywhere, (ANYWHERE,)), (_cut, CUT))
    played: list[Case] = []
    for act, names in acts:
        if chosen := [name for name in wanted if name in names]:
            played += act(stage, chosen)
    return played


def _crash(stage: Stage, wanted: list[str]) -> list[Case]:
    servers = stage.servers
    return _away(stage, wanted, servers.crash_postgres, servers.start_postgres, CRASHED_FOR)


def _crash_store(stage: Stage, wanted: list[str]) -> list[Case]:
    servers = stage.servers
    cases = _away(stage, wanted, servers.crash_clickhouse, servers.start_clickhouse, CRASHED_FOR)
    _spent_nothing(stage, cases)
    return cases


def _anywhere(stage: Stage, wanted: list[str]) -> list[Case]:
    """At no point of ours: in the middle of an insert, too."""
    stage.fleet.worker()
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.begin(case)
    for _ in range(KILLS):
        time.sleep(stage.random.uniform(0, AT_WORK))
        stage.servers.crash_clickhouse()
        stage.servers.start_clickhouse()
    _judge(stage, cases)
    _spent_nothing(stage, cases)
    return cases


def _cut(stage: Stage, wanted: list[str]) -> list[Case]:
    proxy = Proxy(stage.servers.store_port)
    uri = stage.servers.environment()["DATABASE_URI"]
    through = uri.replace(f":{stage.servers.store_port}/", f":{proxy.port}/")
    cases = _away(stage, wanted, proxy.cut, proxy.mend, CUT_FOR, {"DATABASE_URI": through})
    _spent_nothing(stage, cases)
    return cases


def _away(
    stage: Stage,
    wanted: list[str],
    go: Callable[[], None],
    come_back: Callable[[], None],
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> list[Case]:
    """Workers stand at their points, a database goes, they go on, it comes back."""
    stage.fleet.worker(threads=len(wanted) + 6, environment=environment or {})
    cases = _stand(stage, wanted)
    go()
    _go_on(stage, cases)
    time.sleep(seconds)
    come_back()
    _judge(stage, cases)
    return cases


def _stand(stage: Stage, wanted: list[str]) -> list[Case]:
    cases = stage.cases(wanted, CASES)
    for case in cases:
        stage.begin(case, trap(stage, case.name, POINTS))
    stage.standing(cases)
    return cases


def _go_on(stage: Stage, cases: list[Case]) -> None:
    for case in cases:
        stage.board.go(case.id)


def _judge(stage: Stage, cases: list[Case]) -> None:
    for case in cases:
        with case.judged():
            stage.settle(case)
            checks.right(stage, case)
    stage.fleet.end_workers()


def _spent_nothing(stage: Stage, cases: list[Case]) -> None:
    for case in cases:
        starts = {each["starts"] for each in stage.claims(case)}
        case.expect(starts == {1}, f"Starts were spent: {starts}.")
