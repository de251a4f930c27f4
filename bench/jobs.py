"""What a job costs beside its work: `python -m bench.jobs`, one JSON line a figure.

CPU is user + system of all processes involved: ours, every PostgreSQL backend, Valkey, and in one
case a real worker. A unit is added by `services.add`, rung for, claimed, run in its organisation
(a body that does nothing) and finished, while so many others are pending. The figure of a case is
the median of five rounds of 200 units, after one to warm up.

    BENCH_UNITS=50      smaller rounds
    BENCH_PENDING=1000  fewer pending units than 100,000
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from bench.git_into import Spent
from config import embedded

UNITS = int(os.environ.get("BENCH_UNITS", "200"))
MOST_PENDING = int(os.environ.get("BENCH_PENDING", "100000"))
ROUNDS = 5
NAMES = UUID("5d2f0000-0000-4000-8000-000000000000")
QUEUE_TABLES = "queue_workunit, queue_queueshare, queue_slot, queue_answer"


def main() -> None:
    with house() as environment:
        by_pending()
        by_organizations()
        through_a_worker(environment)
        ticking()
        scraping()


@contextmanager
def house() -> Iterator[dict[str, str]]:
    """Servers of our own, Django on them, no organisation yet."""
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as name:
        folder = Path(name, "services")
        with embedded.services(folder) as services:
            environment = services.environment() | {
                "DEVHEALTH_ENV": "development",
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DEVHEALTH_LOG_LEVEL": "ERROR",  # the lost leases are meant
            }
            os.environ |= environment
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate_tenants", verbosity=0)
            import bench.actors  # noqa: F401

            yield environment
            from django.db import connections

            connections.close_all()
        embedded.remove(folder)


# --- cases ---------------------------------------------------------------------------------------


def by_pending() -> None:
    """Ten organisations, more and more waiting; then the same with a slot for each unit."""
    for slots, words in (({}, ""), ({"source:bench": 10_000}, "_with_slots")):
        costs = {}
        forget()
        for pending in (100, 10_000, 100_000):
            pending = min(pending, MOST_PENDING)
            organizations = populate(10, pending, slots)
            costs[pending] = cost(organizations, slots)
            tell(f"job_at_{pending}_pending{words}", costs[pending] * 1000, "CPU ms a unit", 5)
        flat(f"job_flat_in_pending{words}", costs)


def by_organizations() -> None:
    """Ten thousand waiting, shared by more and more organisations."""
    costs = {}
    for count in (10, 100, 1000):
        forget()
        organizations = populate(count, min(10_000, MOST_PENDING), {})
        costs[count] = cost(organizations, {})
        tell(f"job_at_{count}_organizations", costs[count] * 1000, "CPU ms a unit", 5)
    flat("job_flat_in_organizations", costs)


def through_a_worker(environment: dict[str, str]) -> None:
    """The real process: its threads, its bells, its heartbeat."""
    forget()
    organizations = populate(10, 0, {})
    command = [str(Path(sys.executable).with_name("dramatiq")), "config.worker", "bench.actors"]
    command += ["--processes", "1", "--threads", "2", "--queues", "sync", "--skip-logging"]
    worker = subprocess.Popen(command, env=os.environ | environment)
    try:
        add_all(organizations, {}, 20)
        wait_until_idle()
        before = Spent.now()
        add_all(organizations, {}, UNITS * ROUNDS)
        wait_until_idle()
        spent = Spent.now().since(before)["total"] / (UNITS * ROUNDS)
    finally:
        worker.terminate()
        worker.wait(60)
    tell("job_through_a_worker", spent * 1000, "CPU ms a unit", 5)


def ticking() -> None:
    """A thousand organisations, each with four queues; work pending, planned, waiting, expired."""
    from apps.queue import clock

    forget()
    organizations = populate(1000, 10_000, {}, queues=("sync", "backfill", "metrics", "webhooks"))
    times = []
    for _ in range(ROUNDS + 1):
        disturb(organizations)
        before = Spent.now()
        began = time.monotonic()
        clock.tick()
        times.append((time.monotonic() - began, Spent.now().since(before)["total"]))
    wall = statistics.median(seconds for seconds, _ in times[1:])
    tell("tick_over_1000_organizations", wall * 1000, "ms", 50)
    quiet = statistics.median(seconds_of(clock.tick) for _ in range(ROUNDS))
    tell("tick_over_1000_organizations_nothing_lost", quiet * 1000, "ms", 50)


def scraping() -> None:
    """`/metrics` with little that waits, and with as much as there may be."""
    from apps.queue.gauges import exposition

    for pending in (100, 100_000):
        forget()
        populate(1000, min(pending, MOST_PENDING), {})
        execute("analyze queue_workunit")
        seconds = statistics.median(seconds_of(exposition) for _ in range(ROUNDS))
        tell(f"scrape_at_{min(pending, MOST_PENDING)}_pending", seconds * 1000, "ms", 50)


# --- how -----------------------------------------------------------------------------------------


def cost(organizations: list[UUID], slots: dict[str, int]) -> float:
    """CPU seconds a unit, from `add` to its end."""
    spent = [one_round(organizations, slots) for _ in range(ROUNDS + 1)]
    return statistics.median(spent[1:])


def one_round(organizations: list[UUID], slots: dict[str, int]) -> float:
    from apps.queue.actors import drain
    from apps.queue.work import stopping
    from bench.actors import QUEUE, left

    before = Spent.now()
    add_all(organizations, slots, UNITS)
    left[:] = [UNITS]
    done = drain(QUEUE)
    left.clear()
    stopping.clear()
    spent = Spent.now().since(before)["total"]
    if done != UNITS:
        sys.exit(f"{done} units were run, not {UNITS}")
    return spent / UNITS


def add_all(organizations: list[UUID], slots: dict[str, int], count: int) -> None:
    from apps.queue.services import add
    from bench.actors import NOTHING

    for number in range(count):
        add(NOTHING, organizations[number % len(organizations)], ids={"n": number}, slots=slots)


def wait_until_idle() -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if not one("select count(*) from queue_workunit where state in ('pending', 'running')"):
            return
        time.sleep(0.2)
    sys.exit("The worker did not finish in five minutes.")


def forget() -> None:
    execute(f"truncate {QUEUE_TABLES} restart identity")
    execute("delete from orgs_organization")


def populate(
    count: int, pending: int, slots: dict[str, int], queues: tuple[str, ...] = ("sync",)
) -> list[UUID]:
    """So many organisations (rows, no schemas: the search path does not mind) with `pending` units
    due together, spread over the queues. Statistics stay as they were: nobody analyses a burst."""
    from apps.orgs.models import Organization, schema_name

    organizations = [uuid5(NAMES, str(number)) for number in range(count)]
    Organization.objects.bulk_create(
        [
            Organization(
                id=each,
                slug=f"bench-{n}",
                name="Bench",
                schema_name=schema_name(each),
                ready_at=datetime.now(UTC),
            )
            for n, each in enumerate(organizations)
        ],
        ignore_conflicts=True,
    )
    known = {"organizations": organizations, "queues": list(queues), "slots": list(slots)}
    execute(_SHARES, known)
    execute(_SLOTS, known)
    missing = pending - one("select count(*) from queue_workunit where state = 'pending'")
    execute(_FILL, known | {"missing": max(0, missing)})
    execute(_NOTICE)
    return organizations


def disturb(organizations: list[UUID]) -> None:
    """What a bad quarter of a minute leaves: lost leases, waiters at free slots, lost notices."""
    execute("update queue_queueshare set next_at = null where organization_id = any (%s)"
            " and queue = 'sync'", [organizations[::20]])  # fmt: skip
    execute(_PLAN, {"organizations": organizations})
    execute(_LOSE, {"organizations": organizations[::25]})
    execute(_WAIT, {"organizations": organizations[::10]})


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def execute(statement: str, values: Any = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def one(statement: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def flat(name: str, costs: dict[int, float]) -> None:
    first, *_, last = costs.values()
    tell(name, last / first, "CPU at the most ÷ at the least", 1.5)


def tell(name: str, value: float, unit: str, target: float) -> None:
    line = {"name": name, "value": round(value, 2), "unit": unit, "target": target}
    print(json.dumps(line | {"ok": value <= target}, ensure_ascii=False), flush=True)


_SHARES = """
insert into queue_queueshare
    (organization_id, queue, running, "limit", tier, expiries, redeliveries)
select organization, queue, 0, 2 + 2 * (random() * 3)::int, 'team', 0, 0
from unnest(%(organizations)s::uuid[]) organization, unnest(%(queues)s::text[]) queue
on conflict do nothing
"""
_SLOTS = """
insert into queue_slot (organization_id, name, running, "limit")
select organization, name, 0, 10000
from unnest(%(organizations)s::uuid[]) organization, unnest(%(slots)s::text[]) name
on conflict do nothing
"""
_COLUMNS = """
insert into queue_workunit
    (organization_id, queue, actor, ids, state, dedupe_key, slots, request_id, not_before,
     starts, delays, fence, worker, stop_requested, error, waits_for)
"""
_FILL = f"""{_COLUMNS}
select (%(organizations)s::uuid[])[1 + n %% cardinality(%(organizations)s::uuid[])],
       (%(queues)s::text[])[1 + n %% cardinality(%(queues)s::text[])],
       'bench.nothing', '{{}}', 'pending', '', %(slots)s::text[], '-',
       clock_timestamp() - interval '1 hour', 0, 0, 0, '', false, '', null
from generate_series(1, %(missing)s) n
"""
_NOTICE = """
update queue_queueshare s set next_at = (
    select min(not_before) from queue_workunit u
    where u.organization_id = s.organization_id and u.queue = s.queue and u.state = 'pending'
)
"""
_PLAN = f"""{_COLUMNS}
select organization, 'sync', 'bench.nothing', '{{}}', 'pending', '', '{{}}', '-',
       clock_timestamp() + interval '1 day', 0, 0, 0, '', false, '', null
from unnest(%(organizations)s::uuid[]) organization
"""
_LOSE = """
with lost as (
    update queue_workunit set state = 'running', lease_until = now() - interval '1 s' where id in (
        select distinct on (organization_id) id from queue_workunit
        where organization_id = any (%(organizations)s) and queue = 'sync' and state = 'pending'
          and waits_for is null
    ) returning organization_id
)
update queue_queueshare set running = running + 1
where queue = 'sync' and organization_id in (select organization_id from lost)
"""
_WAIT = """
with slot as (
    insert into queue_slot (organization_id, name, running, "limit")
    select organization, 'source:bench', 0, 1 from unnest(%(organizations)s::uuid[]) organization
    on conflict do nothing
)
update queue_workunit set waits_for = 'source:bench' where id in (
    select distinct on (organization_id) id from queue_workunit
    where organization_id = any (%(organizations)s) and state = 'pending' and waits_for is null
)
"""


if __name__ == "__main__":
    main()
